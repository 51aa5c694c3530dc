"""What became of the small campaigns that were held, ended, split or kept for the morning, and what
must be true of each: pure functions over observations.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from infra.demo.desk import adds_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from infra.demo.phones import Text

Promise = tuple[str, bool]
Line = tuple[str, object]
# The age at which a worker's reading of the status is too old to send on (docs/campaigns.md).
_READING = timedelta(seconds=1)
_LEAST_UNEVEN = timedelta(milliseconds=250)
# Draws fall outside so many deviations once in two million demos.
_DEVIATIONS = 5
_NIGHT_BEGINS, _NIGHT_ENDS = 21, 8


@dataclass(frozen=True, slots=True)
class Episode:
    """One campaign at its end, as the API shows it, and its texts. `uneven`: by how much this
    machine delayed a thread meanwhile."""

    title: str
    campaign: Mapping[str, Any]
    texts: Sequence[Text]
    uneven: timedelta

    def count(self, fate: str) -> int:
        """Return how many people ended so."""
        return int(self.campaign["progress"][fate])

    def lines(self) -> Iterable[Line]:
        """Yield what the table shows."""
        yield "  planned", self.count("planned")
        yield "  sent", self.count("sent")
        for fate in ("held_out", "cancelled", "suppressed", "in_doubt"):
            if self.count(fate):
                yield f"  {fate.replace('_', ' ')}", self.count(fate)

    def promises(self) -> Iterable[Promise]:
        """Yield what must hold of any campaign, each as a sentence and whether it does."""
        per_phone = Counter(text.to for text in self.texts)
        sent, most = self.count("sent"), self.count("sent") + self.count("in_doubt")
        yield "planned is the sum of all fates", adds_up(self.campaign)
        yield "every text that is counted reached a phone", sent <= len(self.texts) <= most
        yield "nobody is texted twice", all(count == 1 for count in per_phone.values())


@dataclass(frozen=True, slots=True)
class Halted(Episode):
    """A campaign that was stopped midway: `halted_at` the answer came, `on_at` it was let go on
    (None: never). `was_refused` are launches and resumptions tried while all was stopped."""

    halted_at: datetime | None = None
    on_at: datetime | None = None
    refusals: Mapping[str, bool] = field(default_factory=dict)
    wants: str = "completed"

    @property
    def _silent_from(self) -> datetime | None:
        allowed = _READING + max(self.uneven, _LEAST_UNEVEN)
        return self.halted_at + allowed if self.halted_at else None

    @property
    def before(self) -> int:
        """Texts that went out before the halt took effect."""
        start = self._silent_from
        return sum(1 for text in self.texts if start is None or text.published_at <= start)

    @property
    def during(self) -> int:
        """Texts that went out while all should have been silent."""
        after = len(self.texts) - self.before
        return after - sum(1 for t in self.texts if self.on_at and t.published_at >= self.on_at)

    def lines(self) -> Iterable[Line]:
        yield "  texts before it took effect", self.before
        yield "  texts while it lasted", self.during
        if self.on_at:
            yield "  texts after it was let go on", len(self.texts) - self.before - self.during
        for what, refused in self.refusals.items():
            yield f"  {what} meanwhile", "refused" if refused else "done"
        yield from Episode.lines(self)

    def promises(self) -> Iterable[Promise]:
        yield from Episode.promises(self)
        yield "it is silent while it is stopped", self.during == 0
        yield f"it ends as {self.wants}", self.campaign["status"] == self.wants
        for what, refused in self.refusals.items():
            yield f"{what} is refused while everything is stopped", refused


@dataclass(frozen=True, slots=True)
class Split(Episode):
    """A campaign of variants with a hold-out. `marks` are the words by which each is known,
    `weights` their shares."""

    marks: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    hold_out_percent: int = 0

    def _phones(self, name: str) -> set[str]:
        return {text.to for text in self.texts if self.marks[name] in text.body}

    def _counted(self, name: str) -> int:
        return int(self.campaign["progress"]["variants"].get(f"{name}:sent", 0))

    def lines(self) -> Iterable[Line]:
        yield from Episode.lines(self)
        sent = len(self.texts)
        for name, weight in self.weights.items():
            share = 100 * weight / sum(self.weights.values())
            got = len(self._phones(name))
            yield f"  variant {name} ({share:.0f} %)", f"{got} ({_percent(got, sent)})"
        wanted = f"  held out ({self.hold_out_percent} %)"
        yield wanted, _percent(self.count("held_out"), self.count("planned"))

    def promises(self) -> Iterable[Promise]:
        yield from Episode.promises(self)
        phones = [self._phones(name) for name in self.marks]
        everybody = set[str]().union(*phones)
        yield "nobody is in two variants", sum(map(len, phones)) == len(everybody)
        yield "everybody who is texted is in one", everybody == {text.to for text in self.texts}
        yield (
            "each variant counts those whom it reached",
            all(self._counted(name) == len(self._phones(name)) for name in self.marks),
        )
        share, among = self.hold_out_percent / 100, self.count("planned")
        yield "the hold-out is of its size", _is_near(self.count("held_out"), among, share)
        whole, sent = sum(self.weights.values()), len(self.texts)
        yield (
            "the variants have their shares",
            all(
                _is_near(len(self._phones(name)), sent, weight / whole)
                for name, weight in self.weights.items()
            ),
        )


@dataclass(frozen=True, slots=True)
class Night(Episode):
    """A campaign in the hours that the law leaves it. `zones` are the one clock of each person it
    may have reached; `windows` the instants at which people were planned to be texted, with how
    many; `left_out` are those who were foreseen to get nothing, in whichever window."""

    zones: Mapping[str, str] = field(default_factory=dict)
    windows: Sequence[tuple[datetime, int]] = ()
    launched_at: datetime | None = None
    left_out: int = 0

    def _asleep(self, number: str, at: datetime) -> bool:
        zone = self.zones.get(number)
        return zone is not None and is_night(zone, at)

    @property
    def at_night(self) -> int:
        """Texts to people whose clocks showed night."""
        return sum(self._asleep(text.to, text.published_at) for text in self.texts)

    @property
    def held(self) -> int:
        """People whose window had not opened when the campaign was launched."""
        at = self.launched_at
        return sum(people for opens, people in self.windows if at is not None and opens > at)

    def lines(self) -> Iterable[Line]:
        at = self.launched_at
        reached = Counter(self.zones.get(text.to, "") for text in self.texts)
        people = Counter(self.zones.values())
        for zone in sorted(people):
            clock = f"{at.astimezone(ZoneInfo(zone)):%H:%M}" if at else "-"
            yield f"  {zone}, {clock} there", f"{reached[zone]} of {people[zone]}"
        for opens, count in self.windows:
            now = at is not None and opens <= at
            yield f"  window {'open now' if now else f'from {opens:%a %H:%M} UTC'}", count
        yield "  texts at night", self.at_night
        yield from Episode.lines(self)

    def promises(self) -> Iterable[Promise]:
        yield from Episode.promises(self)
        yield "nobody is texted at night", self.at_night == 0
        # Whoever is left out of a window to come is known only when it opens, or cancelled before.
        most = self.held + self.left_out
        yield "whoever was held is cancelled with it", self.held <= self.count("cancelled") <= most
        foreseen = sum(people for _, people in self.windows) + self.left_out
        yield "the rehearsal foresaw everybody", foreseen == self.count("planned")


def is_night(zone: str, at: datetime) -> bool:
    """Whether a clock of the zone shows an hour at which no law texts are known of permits one."""
    return not _NIGHT_ENDS <= at.astimezone(ZoneInfo(zone)).hour < _NIGHT_BEGINS


def _is_near(count: int, among: int, share: float) -> bool:
    """Whether so many of a draw with this share are what chance brings."""
    return abs(count - among * share) <= _DEVIATIONS * sqrt(among * share * (1 - share)) + 1


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def promises(episodes: Sequence[Episode]) -> Iterable[Promise]:
    """Yield what must hold of all of them, each sentence with its campaign."""
    for episode in episodes:
        for sentence, holds in episode.promises():
            yield f"{episode.title.lower()}: {sentence}", holds


def lines(episodes: Sequence[Episode]) -> Iterable[Line]:
    """Yield a section of the table for each."""
    for episode in episodes:
        yield "", ""
        yield episode.title, episode.campaign["status"]
        yield from episode.lines()
