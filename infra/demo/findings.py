"""What the demo saw, and the promises it must bear out: pure functions over observations.

Each check reads only what an outsider can see: texts on phones, the staff API and the export.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from infra.demo import episodes
from infra.demo.proof import checks
from infra.demo.ways import Ways, promises

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from infra.demo.episodes import Episode
    from infra.demo.phones import Text
    from infra.demo.proof import Proof
    from infra.demo.signups import SignUp

_SECOND = timedelta(seconds=1)
# How unevenly at least a busy laptop runs threads between a text's leave to go and the endpoint a
# few lines of code on; where more is measured meanwhile, that counts. `make bench` measures the
# same promise where nothing needs to be allowed for.
_UNEVEN = timedelta(milliseconds=20)
_LEAST_WINDOW = timedelta(milliseconds=1)
_TOO_UNEVEN = timedelta(milliseconds=200)
_LEAST_HELD = 0.98


@dataclass(frozen=True, slots=True)
class Stop:
    """One person's STOP: when the phone company took it, and which campaigns its event names as
    claimed before it (None: the log has no such event)."""

    number: str
    taken_at: datetime
    in_flight: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Rate:
    """Message parts a second, as they came to the endpoint. `held` is over the campaign's span,
    `worst` its fullest second. `surely` counts only what must have left within one second, however
    unevenly the machine delayed it."""

    asked: int
    held: float
    worst: int
    surely: int


@dataclass(slots=True)
class Findings:
    """Everything that was observed, filled in act by act."""

    rows: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    untextable: set[str] = field(default_factory=set)
    unsent: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    people: dict[str, list[SignUp]] = field(default_factory=lambda: defaultdict(list))
    agreed: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    campaign_id: str = ""
    campaign_status: str = ""
    planned: int = 0
    fates: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    excluded: Mapping[str, int] = field(default_factory=dict)
    texts: Sequence[Text] = ()
    campaign_texts: Sequence[Text] = ()
    stops: Sequence[Stop] = ()
    episodes: Sequence[Episode] = ()
    asked_rate: int = 0
    uneven: timedelta = timedelta()
    log_rows: int = 0
    log_formulas: int = 0
    proof: Proof | None = None
    ways: Ways = field(default_factory=Ways)

    def fate(self, name: str) -> int:
        """Return how many candidates ended so."""
        return self.fates.get(name, 0)

    @property
    def duplicates(self) -> int:
        """Campaign texts beyond the first to the same phone."""
        return sum(n - 1 for n in Counter(text.to for text in self.campaign_texts).values())

    @property
    def late(self) -> tuple[int, int]:
        """Campaign texts after their phone's STOP: (unexplained, in flight and named by it)."""
        stops = {stop.number: stop for stop in self.stops}
        late = [
            stops[text.to]
            for text in self.campaign_texts
            if text.to in stops and text.at > stops[text.to].taken_at
        ]
        explained = sum(1 for stop in late if self.campaign_id in (stop.in_flight or ()))
        return len(late) - explained, explained

    @property
    def rate(self) -> Rate:
        """The rate over the campaign's span, of all texts: they share one origination number."""
        if not self.campaign_texts:
            return Rate(self.asked_rate, 0.0, 0, 0)
        instants = [text.published_at for text in self.campaign_texts]
        first, last = min(instants), max(instants)
        during = sorted(
            (text for text in self.texts if first <= text.published_at <= last),
            key=lambda text: text.published_at,
        )
        surely = worst_second(during, max(_SECOND - max(_UNEVEN, self.uneven), _LEAST_WINDOW))
        return Rate(self.asked_rate, held_rate(during), worst_second(during), surely)


def held_rate(texts: Sequence[Text]) -> float:
    """Return parts a second between the first and the last text; the last one's own parts belong
    to the time after it."""
    if len(texts) < 2:  # noqa: PLR2004 - one text has no rate
        return 0.0
    seconds = (texts[-1].published_at - texts[0].published_at).total_seconds()
    return sum(text.parts for text in texts[:-1]) / seconds if seconds else 0.0


def worst_second(texts: Sequence[Text], window: timedelta = _SECOND) -> int:
    """Return the most parts in any window of this length, its end not included."""
    worst, inside, start = 0, 0, 0
    for text in texts:
        inside += text.parts
        while text.published_at - texts[start].published_at >= window:
            inside -= texts[start].parts
            start += 1
        worst = max(worst, inside)
    return worst


def broken(findings: Findings) -> list[str]:
    """Return the promises that did not hold, each in a sentence; none is what one hopes for."""
    return [sentence for sentence, holds in _promises(findings) if not holds]


def _promises(f: Findings) -> Iterable[tuple[str, bool]]:
    texted = {text.to for text in f.texts}
    unexplained, _ = f.late
    campaign_phones = {text.to for text in f.campaign_texts}
    yield "every row is accepted or refused", f.rows == f.accepted + sum(f.refused.values())
    yield "a refused or hidden-field sign-up costs no text", not texted & f.untextable
    yield f"confirmed are exactly those who said yes to a text{_differing(f)}", _agree(f)
    yield "the campaign is completed", f.campaign_status == "completed"
    yield "somebody was planned for", f.planned > 0
    yield "planned is the sum of all fates", f.planned == sum(f.fates.values())
    yield "every text that the service counts reached a phone", _counted(f)
    yield "nobody is texted twice by one campaign", f.duplicates == 0
    yield "only the confirmed are texted", campaign_phones <= f.confirmed
    yield "no text after STOP", unexplained == 0
    yield "every STOP is in the log", all(stop.in_flight is not None for stop in f.stops)
    yield "the rate is not exceeded in any second", f.rate.surely <= f.asked_rate
    yield "no cell of the export is a formula", f.log_formulas == 0
    if f.proof is not None:
        yield from checks(f.proof)
    yield from promises(f.ways, f.rows, f.texts, f.campaign_texts)
    yield from episodes.promises(f.episodes)
    later = {text.to for episode in f.episodes for text in episode.texts}
    stopped = {stop.number for stop in f.stops}
    yield "nobody who stopped is texted by a later campaign", not later & stopped
    yield "only the confirmed are texted by any campaign", later <= f.confirmed


def _agree(f: Findings) -> bool:
    return f.confirmed == f.agreed


def _differing(f: Findings) -> str:
    """Name the sign-ups at fault by their lines in the file, never by number."""
    lines = sorted(f.lines.get(number, 0) for number in f.confirmed ^ f.agreed)
    return f" (line {', '.join(map(str, lines[:10]))})" if lines else ""


def _counted(f: Findings) -> bool:
    """What is in doubt may have arrived or not; nothing else may differ."""
    return f.fate("sent") <= len(f.campaign_texts) <= f.fate("sent") + f.fate("in_doubt")


def warnings(findings: Findings) -> list[str]:
    """Return what fell short of its target without breaking a promise."""
    rate = findings.rate
    notes: list[str] = []
    if findings.campaign_texts and rate.held < _LEAST_HELD * rate.asked:
        notes.append(
            f"held {rate.held:.1f} of {rate.asked} parts/s: this machine is the bottleneck"
        )
    if findings.uneven > _TOO_UNEVEN:
        stood = findings.uneven.total_seconds()
        notes.append(f"this machine stood still for {stood:.2f} s: a second's rate says less here")
    if findings.unsent:
        notes.append(f"{findings.unsent} confirmation texts found no slot; they must ask again")
    return notes
