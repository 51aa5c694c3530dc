"""By which ways people said yes, chose and left, and what must follow: pure functions.

Everything here was seen from outside: pages that answered, texts on phones, rows of the log.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from infra.demo.phones import Text

# In fewer rows than this not every way need have been taken by somebody.
_ENOUGH_ROWS = 300


@dataclass(slots=True)
class Ways:
    """Numbers, by what their owners did. `scanned` links were opened before their owners did
    anything, `touched` are those after which something had changed; `logged` are the numbers of
    the log's events by type and source."""

    by_code: set[str] = field(default_factory=set)
    by_link: set[str] = field(default_factory=set)
    scanned: int = 0
    touched: int = 0
    own_maximum: dict[str, int] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    left_at: dict[str, datetime] = field(default_factory=dict)
    early_texts: Sequence[Text] = ()
    logged: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    @property
    def chose(self) -> set[str]:
        """Everybody who set something on their own page."""
        return {*self.own_maximum, *self.paused, *self.topics}

    def confirmed(self, source: str) -> set[str]:
        """Return who is logged to have confirmed by this source."""
        return set(self.logged.get(("confirmed", source), ()))


def promises(
    ways: Ways, rows: int, texts: Sequence[Text], campaign_texts: Sequence[Text]
) -> Iterable[tuple[str, bool]]:
    """Yield what must hold, each as a sentence and whether it does. `texts` are all texts of the
    morning, `campaign_texts` those of its large campaign."""
    per_phone = Counter(text.to for text in (*ways.early_texts, *campaign_texts))
    after = [t for t in texts if t.to in ways.left_at and t.at > ways.left_at[t.to]]
    yield "a link that is only opened changes nothing", ways.touched == 0
    yield "each yes by code is logged as one", ways.confirmed("code") == ways.by_code
    yield "each yes by link is logged as one", ways.confirmed("link") == ways.by_link
    yield "nobody who unsubscribed by a link is texted again", not after
    gone = set(ways.logged.get(("withdrawn", "link"), ()))
    yield "every unsubscribe by a link is in the log", gone == set(ways.left_at)
    yield "nobody is texted during their pause", not ways.paused & set(per_phone)
    yield (
        "nobody is texted more often than they chose",
        all(per_phone[number] <= most for number, most in ways.own_maximum.items()),
    )
    told = set(ways.logged.get(("preferences_changed", "link"), ()))
    yield "every choice is in the log", told == ways.chose
    walked = (ways.by_code, ways.by_link, ways.own_maximum, ways.paused, ways.topics, ways.left_at)
    yield "every way in and out was taken", rows < _ENOUGH_ROWS or all(walked)


def lines(ways: Ways) -> list[tuple[str, object]]:
    """Return the table's lines of how people said yes, and of what they chose."""
    return [
        ("  by reply", len(ways.confirmed("inbound_sms"))),
        ("  by 6-digit code", len(ways.by_code)),
        ("  by link and button", len(ways.by_link)),
        ("Links opened by a scanner first", ways.scanned),
        ("Preferences set by link", len(ways.chose)),
        ("  own maximum", len(ways.own_maximum)),
        ("  pause until a date", len(ways.paused)),
        ("  topics", len(ways.topics)),
        ("Unsubscribed by link, one click", len(ways.left_at)),
    ]
