from __future__ import annotations

from infra.demo.signups import Shown, read

ROWS = read()
SHOWN = Shown("en", 1)


def by_note(note: str) -> list[str | None]:
    return [row.number for row in ROWS if row.fields["note"] == note]


def test_the_whole_morning_is_read_in_order() -> None:
    times = [row.after_seconds for row in ROWS]
    assert len(ROWS) == 578
    assert times == sorted(times)


def test_spellings_of_one_number_ring_at_one_phone() -> None:
    seen: set[str | None] = set()
    for row in ROWS:
        if row.fields["note"] == "same person again, spelled differently":
            assert row.number in seen
        seen.add(row.number)


def test_what_is_no_number_rings_nowhere() -> None:
    assert by_note("formula") == by_note("empty") == by_note("no such country code") == [None]


def test_only_the_bot_fills_the_hidden_field() -> None:
    filled = [row.line for row in ROWS if "website" in row.form("demo", SHOWN)]
    assert filled == [row.line for row in ROWS if row.is_bot]
    assert len(filled) == 1


def test_a_form_is_as_the_person_typed_it() -> None:
    form = ROWS[2].form("demo", SHOWN)
    assert form["phone"] == ROWS[2].fields["phone"]
    assert form["consent"] is True
    assert form["profile"] == {
        "first_name": "Ava",
        "time_zone": "America/New_York",
        "birth_year": 1962,
        "topics": ["gaming", "running"],
    }
    assert form["max_per_month"] == 8


def test_yes_is_told_from_the_rest() -> None:
    agreed = {row.reply for row in ROWS if row.is_agreed}
    assert agreed == {"YES", "yes", "Y", "Yes please!"}
    assert {row.reply for row in ROWS} - agreed == {"", "who is this?", "STOP", "ok"}
