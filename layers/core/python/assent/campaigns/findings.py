"""What a rehearsal counts of one slice, and how slices are added up.

Counters and one sample: memory and the stored record stay small whatever the list. Windows are as
many as the calendars have openings, and rare characters beyond the first hundred share an entry.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assent.campaigns.may_send import Verdict, may_send
from assent.campaigns.whereabouts import whereabouts_of
from assent.clock import iso
from assent.messages.alphabet import Encoding, count_parts
from assent.messages.template import NotRenderable, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.sieve import Placed, Sieve

_MAX_CHARACTERS = 100
OTHER = "other"
PROMISES = ("frequency_promise", "frequency_choice")


@dataclass(slots=True)
class Culprit:
    """A character that forces UCS-2: in how many texts, where in the first of them, and whether
    the campaign's own words hold it (`text`) or somebody's data (`data`)."""

    people: int
    position: int
    where: str


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The dearest text, then the longest; letters of personal data are replaced by `x`."""

    parts: int
    characters: int
    text: str


def _pair() -> list[int]:
    return [0, 0]


@dataclass(slots=True)
class Findings:
    """Counts of one slice, or of all. `windows` and `countries` hold people and parts; `suppressed`
    are those whom the sending would leave out as things stand at their release."""

    excluded: Counter[str] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)
    not_renderable: Counter[str] = field(default_factory=Counter)
    held_out: int = 0
    parts: Counter[int] = field(default_factory=Counter)
    windows: dict[str, list[int]] = field(default_factory=lambda: defaultdict(_pair))
    countries: dict[str, list[int]] = field(default_factory=lambda: defaultdict(_pair))
    culprits: dict[str, Culprit] = field(default_factory=dict)
    worst: WorstCase | None = None

    @property
    def recipients(self) -> int:
        return self.parts.total()

    @property
    def over_promise(self) -> int:
        """People who would pass what the programme promises, or what they chose."""
        return sum(self.suppressed[reason] for reason in PROMISES)

    def note(self, subscriber: Subscriber, placed: Placed, sieve: Sieve) -> None:
        """Count one subscriber."""
        if placed.release_at is None:
            self.held_out += placed.is_held_out
            if placed.excluded:
                self.excluded[placed.excluded] += 1
            return
        campaign = sieve.campaign
        where = whereabouts_of(subscriber, campaign.definition.hours)
        decision = may_send(subscriber, campaign, placed.release_at, where)
        if decision.verdict is Verdict.NO:
            self.suppressed[decision.reason] += 1
            return
        rendered = sieve.rendered(subscriber)
        if isinstance(rendered, NotRenderable):
            self.not_renderable[",".join(rendered.missing) or rendered.reason] += 1
            return
        self._count(subscriber, rendered, placed.release_at, sieve)

    def add(self, other: Findings) -> None:
        """Add another slice's counts to these."""
        for mine, more in (
            (self.excluded, other.excluded),
            (self.suppressed, other.suppressed),
            (self.not_renderable, other.not_renderable),
        ):
            mine.update(more)
        self.parts.update(other.parts)
        self.held_out += other.held_out
        _add_pairs(self.windows, other.windows)
        _add_pairs(self.countries, other.countries)
        for character, culprit in other.culprits.items():
            self._blame(character, culprit)
        if other.worst is not None and _is_worse(other.worst, self.worst):
            self.worst = other.worst

    def _count(
        self, subscriber: Subscriber, rendered: Rendered, release_at: datetime, sieve: Sieve
    ) -> None:
        self.parts[rendered.parts] += 1
        _add_pair(self.windows, iso(release_at), 1, rendered.parts)
        _add_pair(self.countries, subscriber.country, 1, rendered.parts)
        self._look_for_culprits(rendered.body, sieve.campaign.definition.body)
        case = WorstCase(rendered.parts, len(rendered.body), "")
        if _is_worse(case, self.worst):
            self.worst = WorstCase(case.parts, case.characters, _masked(subscriber, case, sieve))

    def _look_for_culprits(self, body: str, own_words: str) -> None:
        if body.isascii():
            return
        seen = set()
        for position, character in enumerate(body):
            if character in seen or not forces_ucs2(character):
                continue
            seen.add(character)
            where = "text" if character in own_words else "data"
            self._blame(character, Culprit(1, position, where))

    def _blame(self, character: str, culprit: Culprit) -> None:
        if character not in self.culprits and len(self.culprits) >= _MAX_CHARACTERS:
            character = OTHER
        known = self.culprits.get(character)
        if known is None:
            self.culprits[character] = Culprit(culprit.people, culprit.position, culprit.where)
        else:
            known.people += culprit.people


@functools.lru_cache(maxsize=4096)
def forces_ucs2(character: str) -> bool:
    """Return whether one such character makes a whole text UCS-2."""
    return count_parts(character).encoding is Encoding.UCS_2


def name_of(character: str) -> str:
    """Return the character's Unicode name and code point, for a person who cannot see it."""
    if character == OTHER:
        return "further characters"
    return f"{unicodedata.name(character, 'unnamed')} (U+{ord(character):04X})"


def _is_worse(case: WorstCase, known: WorstCase | None) -> bool:
    return known is None or (case.parts, case.characters) > (known.parts, known.characters)


def _masked(subscriber: Subscriber, case: WorstCase, sieve: Sieve) -> str:
    """The same text with an x for each plain letter or digit of the person's data: as long, as
    many parts, and nobody's name in a report. Empty where that does not come out alike."""
    profile = {name: _mask(value) for name, value in subscriber.profile.items()}
    rendered = sieve.rendered(replace(subscriber, profile=profile))
    is_alike = isinstance(rendered, Rendered) and (
        rendered.parts,
        len(rendered.body),
    ) == (case.parts, case.characters)
    return rendered.body if is_alike and isinstance(rendered, Rendered) else ""


def _mask(value: object) -> object:
    if isinstance(value, str):
        return "".join("x" if c.isalnum() and not forces_ucs2(c) else c for c in value)
    if isinstance(value, list | tuple):
        return tuple(_mask(each) for each in value)
    return value


def _add_pair(pairs: dict[str, list[int]], key: str, people: int, parts: int) -> None:
    pair = pairs[key]
    pair[0] += people
    pair[1] += parts


def _add_pairs(mine: dict[str, list[int]], more: Mapping[str, list[int]]) -> None:
    for key, (people, parts) in more.items():
        _add_pair(mine, key, people, parts)
