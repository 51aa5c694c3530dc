"""What a row of each known export says; whatever is not certain is a fault with its column."""

from __future__ import annotations

from pathlib import Path

import pytest

from assent.errors import InputError
from assent.imports.grading import grade
from assent.imports.layouts import ASSENT, LAYOUTS, layout_named
from assent.imports.reading import Fault, ImportedPerson, PassedOver, read_person
from assent.imports.records import Record, dialect_of, records
from tests.fakes.frozen_clock import NOON

SAMPLES = Path(__file__).parent / "samples"


def people(file: str, layout: str) -> list[ImportedPerson | Fault | PassedOver]:
    body = (SAMPLES / file).read_bytes()
    dialect = dialect_of([body])
    rows = records([body[dialect.data_at :]], dialect, dialect.data_at)
    return [read_person(each, layout_named(layout), "US", NOON) for each in rows]


def said(file: str, layout: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for each in people(file, layout):
        if isinstance(each, Fault):
            found.append(("fault", each.code, each.column))
        elif isinstance(each, PassedOver):
            found.append(("passed over", each.reason))
        else:
            what = "out" if each.is_opt_out else grade(each.claim).value
            found.append((each.phone.e164[-4:], what))
    return found


@pytest.mark.parametrize(
    ("file", "layout", "expected"),
    [
        pytest.param(
            "assent.csv",
            "assent",
            [
                ("0123", "A"),
                ("0124", "B"),
                ("0125", "C"),
                ("0126", "D"),
                ("0127", "E"),
                ("0128", "out"),
            ],
            id="assent",
        ),
        pytest.param(
            "twilio.csv", "twilio", [("0123", "C"), ("0124", "out"), ("0125", "C")], id="twilio"
        ),
        pytest.param(
            "pinpoint.jsonl",
            "pinpoint",
            [("0123", "D"), ("passed over", "other_channel"), ("0124", "out")],
            id="pinpoint",
        ),
        pytest.param(
            "klaviyo.csv",
            "klaviyo",
            [("0123", "C"), ("0124", "out"), ("passed over", "no_claim")],
            id="klaviyo",
        ),
        pytest.param(
            "mautic.csv", "mautic", [("passed over", "no_claim"), ("0124", "out")], id="mautic"
        ),
        pytest.param(
            "listmonk.csv",
            "listmonk",
            [("0123", "D"), ("0124", "out"), ("fault", "invalid_phone:empty", "attributes.phone")],
            id="listmonk",
        ),
    ],
)
def test_each_known_export_is_read(file: str, layout: str, expected: list[tuple[str, ...]]) -> None:
    assert said(file, layout) == expected


def test_every_layout_has_a_sample() -> None:
    assert {each.stem for each in SAMPLES.iterdir()} == set(LAYOUTS)


def test_the_profile_holds_only_what_the_row_fills() -> None:
    first, second, *_ = people("assent.csv", "assent")
    assert isinstance(first, ImportedPerson)
    assert isinstance(second, ImportedPerson)
    assert first.profile == {"first_name": "Zoë", "topics": ["deals", "shoes"]}
    assert second.profile == {}


def one(**cells: str) -> ImportedPerson | Fault | PassedOver:
    given = {"phone": "+12065550123", "consented_at": "2026-01-05T10:00:00Z", **cells}
    return read_person(Record(1, given), ASSENT, "US", NOON)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"phone": ""}, Fault("invalid_phone:empty", "phone")),
        ({"phone": "+18005550199"}, Fault("invalid_phone:not_textable", "phone")),
        ({"phone": "=1+1"}, Fault("invalid_phone:not_a_number", "phone")),
        ({"consented_at": "05/01/2026"}, Fault("not_a_time", "consented_at")),
        ({"consented_at": "2026-01-05 10:00"}, Fault("time_without_zone", "consented_at")),
        ({"confirmed_at": "2999-01-01T00:00:00Z"}, Fault("time_in_the_future", "confirmed_at")),
        ({"birth_year": "MCM"}, Fault("not_a_year", "birth_year")),
        ({"first_name": "x" * 65}, Fault("too_long", "first_name")),
        ({"topics": ",".join("abcdefghijklmnopqrstuvw")}, Fault("too_long", "topics")),
    ],
)
def test_what_is_not_certain_is_a_fault_of_its_column(cells: dict[str, str], fault: Fault) -> None:
    assert one(**cells) == fault


def test_an_opt_out_counts_even_for_a_number_that_cannot_be_texted() -> None:
    found = one(phone="+18005550199", status="stop")
    assert isinstance(found, ImportedPerson)
    assert found.is_opt_out


def test_a_confirmation_older_than_its_consent_proves_nothing() -> None:
    found = one(
        wording="I agree to recurring texts from Example Shop.",
        where="form",
        confirmed_at="2026-01-04T10:00:00Z",
        confirmed_by="YES",
    )
    assert isinstance(found, ImportedPerson)
    assert grade(found.claim).value == "B"


def test_an_own_file_names_its_columns() -> None:
    layout = ASSENT.with_columns({"Mobile  No": "phone", "Signed": "consented_at"})
    given = {"mobile no": "206 555 0123", "signed": "2026-01-05T10:00:00Z", "phone": "ignored"}
    found = read_person(Record(1, given), layout, "US", NOON)
    assert isinstance(found, ImportedPerson)
    assert found.phone.e164 == "+12065550123"


def test_a_meaning_or_layout_that_is_unknown_is_named() -> None:
    with pytest.raises(InputError, match="no meaning 'shoe_size'"):
        ASSENT.with_columns({"size": "shoe_size"})
    with pytest.raises(InputError, match="no layout 'excel'"):
        layout_named("excel")


def test_a_person_masks_themselves() -> None:
    assert "0123" not in repr(one())
