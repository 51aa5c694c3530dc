"""What the demo must bear out of codes, links, choices and departures, broken one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from infra.demo.choosing import link_in
from infra.demo.phones import Text
from infra.demo.ways import Ways, lines, promises

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADA, BEN, CAT, DAN, EVE = (f"+1415555010{n}" for n in range(5))


def text(to: str, *, minutes: float = 0, body: str = "20% off") -> Text:
    at = NOON + timedelta(minutes=minutes)
    return Text("t", to, "+12065550199", body, 1, at, at)


def morning() -> tuple[Ways, list[Text], list[Text]]:
    """A morning in which everything held: Cat leaves after the early text, Dan rests."""
    ways = Ways(
        by_code={ADA},
        by_link={BEN},
        scanned=3,
        own_maximum={EVE: 1},
        paused={DAN},
        topics={ADA},
        left_at={CAT: NOON + timedelta(minutes=5)},
        early_texts=[text(CAT), text(EVE)],
        logged={
            ("confirmed", "code"): {ADA},
            ("confirmed", "link"): {BEN},
            ("confirmed", "inbound_sms"): {CAT, DAN, EVE},
            ("withdrawn", "link"): {CAT},
            ("preferences_changed", "link"): {ADA, DAN, EVE},
        },
    )
    main = [text(ADA, minutes=9), text(BEN, minutes=9)]
    return ways, [*ways.early_texts, *main], main


def broken(ways: Ways, texts: list[Text], main: list[Text]) -> list[str]:
    return [said for said, holds in promises(ways, 578, texts, main) if not holds]


def test_a_good_morning_breaks_nothing() -> None:
    assert broken(*morning()) == []


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda w, t, m: setattr(w, "touched", 1), "a link that is only opened changes nothing"),
        (lambda w, t, m: w.by_code.add(CAT), "each yes by code is logged as one"),
        (lambda w, t, m: w.by_link.add(CAT), "each yes by link is logged as one"),
        (
            lambda w, t, m: t.append(text(CAT, minutes=6)),
            "nobody who unsubscribed by a link is texted again",
        ),
        (
            lambda w, t, m: w.logged.pop(("withdrawn", "link")),
            "every unsubscribe by a link is in the log",
        ),
        (lambda w, t, m: m.append(text(DAN)), "nobody is texted during their pause"),
        (lambda w, t, m: m.append(text(EVE)), "nobody is texted more often than they chose"),
        (
            lambda w, t, m: w.logged.pop(("preferences_changed", "link")),
            "every choice is in the log",
        ),
    ],
)
def test_each_promise_is_broken_by_what_breaks_it(
    spoil: Callable[[Ways, list[Text], list[Text]], None], named: str
) -> None:
    ways, texts, main = morning()
    spoil(ways, texts, main)
    assert broken(ways, texts, main) == [named]


def test_a_way_that_nobody_took_is_told_in_a_full_morning_only() -> None:
    ways, texts, main = morning()
    ways.topics.clear()
    ways.logged["preferences_changed", "link"] = {DAN, EVE}
    assert broken(ways, texts, main) == ["every way in and out was taken"]
    assert all(holds for _, holds in promises(ways, 50, texts, main))


def test_the_lines_count_each_way() -> None:
    counted = {label.strip(): count for label, count in lines(morning()[0])}
    assert counted["by reply"] == 3
    assert (counted["by 6-digit code"], counted["by link and button"]) == (1, 1)
    assert counted["Preferences set by link"] == 3
    assert counted["Unsubscribed by link, one click"] == 1


def test_six_digits_in_a_link_are_no_code() -> None:
    welcome = text(ADA, body="You are in. https://sms.example/p/ab123456cdef")
    assert not welcome.asks_to_confirm
    assert text(ADA, body="YES or 123456 or https://sms.example/c/ab12").asks_to_confirm


def test_a_link_is_found_by_its_page() -> None:
    body = "Hi. https://sms.example/p/abc or https://sms.example/u/def . STOP"
    assert link_in(text(ADA, body=body), "u") == "https://sms.example/u/def"
    assert link_in(text(ADA, body=body), "c") is None
