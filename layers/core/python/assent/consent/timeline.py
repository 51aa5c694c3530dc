"""A person's acts folded in the order in which they happened, whatever order they arrived in.

The standing is a projection of the history: a late STOP or START is put in its place and all is
counted again, so no order of arrival can lose an opt-out or revive one (fault O5).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.clock import parse_iso
from assent.consent.events import EventType
from assent.consent.model import ConsentStatus
from assent.consent.outcomes import ConsentAt
from assent.identifiers import ProgrammeId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent
    from assent.consent.model import Standing


class ActKind(IntEnum):
    """What was done. At the same instant the higher value counts last: a tie goes to STOP."""

    REQUEST = 0
    ASK_AGAIN = 1
    EXPIRE = 2
    CONFIRM = 3
    OPT_IN = 4
    STOP = 5
    ERASE = 6


@dataclass(frozen=True, slots=True)
class Act:
    """One act at the time it was done. An OPT_IN (START or YES) without a programme answers the
    newest open request; a STOP without one is for the whole brand."""

    kind: ActKind
    at: datetime
    programme_id: ProgrammeId | None = None
    expires_at: datetime | None = None

    @property
    def order(self) -> tuple[datetime, int, bool, str]:
        return (self.at, self.kind, self.programme_id is None, self.programme_id or "")


@dataclass(frozen=True, slots=True)
class Line:
    """Where one programme stands. `requested_at` and `expires_at` are set while a request is open,
    or, with a consent, once the person was asked to confirm it anew; `is_restorable` marks a
    consent that a brand-wide stop ended, so that START brings it back.
    """

    status: ConsentStatus
    at: datetime
    requested_at: datetime | None = None
    expires_at: datetime | None = None
    is_restorable: bool = False

    def is_open(self, at: datetime) -> bool:
        """Return whether a request waits for an answer at this instant."""
        return self.requested_at is not None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class Projection:
    """Where a person stands after some acts."""

    lines: Mapping[ProgrammeId, Line] = field(default_factory=lambda: MappingProxyType({}))
    stopped_at: datetime | None = None

    def confirmed(self) -> tuple[ProgrammeId, ...]:
        """Return the programmes with consent, sorted."""
        return tuple(
            sorted(p for p, line in self.lines.items() if line.status is ConsentStatus.CONFIRMED)
        )

    def gained(self, before: Projection) -> tuple[ProgrammeId, ...]:
        """Return the programmes confirmed since `before`, or confirmed anew when asked."""

        def is_news(name: ProgrammeId) -> bool:
            old = before.lines.get(name)
            if old is None or old.status is not ConsentStatus.CONFIRMED:
                return True
            return old.requested_at is not None and self.lines[name].requested_at is None

        return tuple(name for name in self.confirmed() if is_news(name))

    def open_programme(self, at: datetime) -> ProgrammeId | None:
        """Return the programme whose request, open at this instant, is the newest."""
        waiting = [(line.requested_at, p) for p, line in self.lines.items() if line.is_open(at)]
        return max(waiting)[1] if waiting else None


def project(acts: Iterable[Act], start: Projection | None = None) -> Projection:
    """Return where these acts lead from `start`, taken in the order of their own times."""
    projection = start or Projection()
    for act in sorted(acts, key=lambda each: each.order):
        projection = _EFFECTS[act.kind](projection, act)
    return projection


def acts_of(events: Iterable[ConsentEvent]) -> list[Act]:
    """Return the acts that a history records; events that only spell out an act's result and
    events that are no act of consent are left out."""
    return [act for event in events if (act := _act_of(event)) is not None]


def replay(standing: Standing | None, events: Sequence[ConsentEvent], *more: Act) -> Projection:
    """Return where a history leads, with `more` acts each at its own place in time.

    What came without events of its own (loaded from elsewhere) is taken from the standing, or from
    what a later stop says it ended.
    """
    acts = [*acts_of(events), *more]
    if standing is None:
        return project(acts)
    told = {event.programme_id for event in events if _begins_a_line(event)}
    ended = {name for event in events for name in _names(event.facts.get("confirmed"))}
    lines = {
        programme_id: Line(
            ConsentStatus.CONFIRMED if programme_id in ended else consent.status, consent.at
        )
        for programme_id, consent in standing.consents.items()
        if programme_id not in told
    }
    has_stop = any(e.type is EventType.WITHDRAWN and e.programme_id is None for e in events)
    if standing.stopped_at is not None and not has_stop:
        acts.append(Act(ActKind.STOP, standing.stopped_at))
    return project(acts, Projection(MappingProxyType(lines)))


def _begins_a_line(event: ConsentEvent) -> bool:
    act = _act_of(event)
    return act is not None and act.kind in (ActKind.REQUEST, ActKind.CONFIRM, ActKind.EXPIRE)


def standing_at(
    standing: Standing | None,
    events: Sequence[ConsentEvent],
    programme_id: ProgrammeId,
    instant: datetime,
) -> ConsentAt:
    """Return where a number stood with a programme at `instant`."""
    until = [event for event in events if known_at(event) <= instant]
    kept = _as_of(standing, instant) if standing else None
    projection = replay(kept, until)
    line = projection.lines.get(programme_id)
    status = line.status if line else ConsentStatus.NONE
    if line and status is ConsentStatus.PENDING and not line.is_open(instant):
        status = ConsentStatus.EXPIRED
    return ConsentAt(
        status=status,
        since=line.at if line else None,
        is_stopped=projection.stopped_at is not None,
        seqs=tuple(e.seq for e in until if e.programme_id in (None, programme_id)),
    )


def _as_of(standing: Standing, instant: datetime) -> Standing:
    """Return the standing less what came after `instant`."""
    consents = {p: c for p, c in standing.consents.items() if c.at <= instant}
    is_stopped = standing.stopped_at is not None and standing.stopped_at <= instant
    return replace(
        standing,
        consents=MappingProxyType(consents),
        stopped_at=standing.stopped_at if is_stopped else None,
    )


def happened_at(event: ConsentEvent) -> datetime:
    """Return when the act was done: the carrier's time where there is one, else the server's."""
    return event.provider_at or event.at


def known_at(event: ConsentEvent) -> datetime:
    """Return when the act was done, or when it was heard where the carrier's clock ran ahead."""
    return min(happened_at(event), event.at)


def _act_of(event: ConsentEvent) -> Act | None:
    kind, at = _KINDS.get(event.type), happened_at(event)
    if event.type in _CONSENTING:
        return _consenting_act(event, at)
    if kind is None:
        return None
    if kind not in _WITH_AN_END:
        return Act(kind, at, event.programme_id)
    ends_at = parse_iso(str(event.facts["expires_at"]))
    if kind is ActKind.EXPIRE:
        return Act(kind, ends_at, event.programme_id)
    return Act(kind, at, event.programme_id, ends_at)


_KINDS = MappingProxyType(
    {
        EventType.REQUESTED: ActKind.REQUEST,
        EventType.RECONFIRMATION_ASKED: ActKind.ASK_AGAIN,
        EventType.EXPIRED: ActKind.EXPIRE,
        EventType.WITHDRAWN: ActKind.STOP,
        EventType.ERASED: ActKind.ERASE,
    }
)
_WITH_AN_END = (ActKind.REQUEST, ActKind.ASK_AGAIN, ActKind.EXPIRE)
_CONSENTING = frozenset(
    {
        EventType.STARTED,
        EventType.START_REFUSED,
        EventType.CONFIRMED,
        EventType.RECONFIRMED,
    }
)


def _consenting_act(event: ConsentEvent, at: datetime) -> Act | None:
    if "result_of" in event.facts:
        return None
    if "keyword" not in event.facts:
        return Act(ActKind.CONFIRM, at, event.programme_id)
    answers = event.facts.get("answers")
    return Act(ActKind.OPT_IN, at, ProgrammeId(str(answers)) if answers else None)


def _names(value: object) -> list[ProgrammeId]:
    return [ProgrammeId(str(name)) for name in value] if isinstance(value, (list, tuple)) else []


def _with(
    projection: Projection, changed: Mapping[ProgrammeId, Line], stopped_at: datetime | None
) -> Projection:
    return Projection(MappingProxyType({**projection.lines, **changed}), stopped_at)


def _request(projection: Projection, act: Act) -> Projection:
    """A form opens a request; it never lifts a stop, so a stopped status stays as it is."""
    programme_id = _programme_of(act)
    line = projection.lines.get(programme_id)
    if projection.stopped_at is None:
        new = Line(ConsentStatus.PENDING, act.at, act.at, act.expires_at)
    else:
        kept = line or Line(ConsentStatus.NONE, act.at)
        new = Line(kept.status, kept.at, act.at, act.expires_at, kept.is_restorable)
    return _with(projection, {programme_id: new}, projection.stopped_at)


def _ask_again(projection: Projection, act: Act) -> Projection:
    """The consent stands while it waits to be confirmed anew."""
    programme_id = _programme_of(act)
    line = projection.lines.get(programme_id)
    if line is None or line.status is not ConsentStatus.CONFIRMED:
        return projection
    asked = Line(line.status, line.at, act.at, act.expires_at)
    return _with(projection, {programme_id: asked}, projection.stopped_at)


def _expire(projection: Projection, act: Act) -> Projection:
    """A request ends unanswered, and so does a consent that nobody confirmed when asked to."""
    programme_id = _programme_of(act)
    line = projection.lines.get(programme_id)
    if line is None or line.is_open(act.at):
        return projection
    is_silence = line.status is ConsentStatus.CONFIRMED and line.requested_at is not None
    if line.status is ConsentStatus.PENDING or is_silence:
        expired = Line(ConsentStatus.EXPIRED, act.at)
    else:
        expired = Line(line.status, line.at, is_restorable=line.is_restorable)
    return _with(projection, {programme_id: expired}, projection.stopped_at)


def _confirm(projection: Projection, act: Act) -> Projection:
    """A code or a button confirms; only a text from the phone itself lifts a stop."""
    if projection.stopped_at is not None:
        return projection
    confirmed = Line(ConsentStatus.CONFIRMED, act.at)
    return _with(projection, {_programme_of(act): confirmed}, None)


def _opt_in(projection: Projection, act: Act) -> Projection:
    """START or YES lifts a stop with what it ended, and answers the open request."""
    back = {p for p, line in projection.lines.items() if line.is_restorable}
    answered = act.programme_id or projection.open_programme(act.at)
    line = projection.lines.get(answered) if answered else None
    if answered and line and line.is_open(act.at):
        back.add(answered)
    confirmed = {p: Line(ConsentStatus.CONFIRMED, act.at) for p in back}
    return _with(projection, confirmed, None)


def _stop(projection: Projection, act: Act) -> Projection:
    if act.programme_id is not None:
        left = {act.programme_id: Line(ConsentStatus.WITHDRAWN, act.at)}
        return _with(projection, left, projection.stopped_at)
    ended = {p: _stopped_line(line, act.at) for p, line in projection.lines.items()}
    return _with(projection, ended, act.at)


def _stopped_line(line: Line, at: datetime) -> Line:
    if not _has_something_to_end(line):
        return Line(line.status, line.at, is_restorable=line.is_restorable)
    was_confirmed = line.status is ConsentStatus.CONFIRMED
    return Line(ConsentStatus.WITHDRAWN, at, is_restorable=was_confirmed or line.is_restorable)


def _has_something_to_end(line: Line) -> bool:
    """Return whether something was agreed to or asked for; also a request that an older opt-out,
    heard of later, kept from opening: what was once withdrawn stays so."""
    was_asked = line.status is not ConsentStatus.WITHDRAWN and line.requested_at is not None
    return was_asked or line.status in (ConsentStatus.CONFIRMED, ConsentStatus.PENDING)


def _erase(projection: Projection, act: Act) -> Projection:
    """What was agreed to is over and no START brings it back; an opt-out stays."""
    over = {
        p: Line(ConsentStatus.WITHDRAWN, act.at)
        if _has_something_to_end(line)
        else Line(line.status, line.at)
        for p, line in projection.lines.items()
    }
    return _with(projection, over, projection.stopped_at)


def _programme_of(act: Act) -> ProgrammeId:
    if act.programme_id is None:
        message = f"{act.kind.name} needs a programme"
        raise ValueError(message)
    return act.programme_id


_EFFECTS = MappingProxyType(
    {
        ActKind.REQUEST: _request,
        ActKind.ASK_AGAIN: _ask_again,
        ActKind.EXPIRE: _expire,
        ActKind.CONFIRM: _confirm,
        ActKind.OPT_IN: _opt_in,
        ActKind.STOP: _stop,
        ActKind.ERASE: _erase,
    }
)
