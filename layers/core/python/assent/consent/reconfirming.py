"""A consent confirmed anew by a pressed button, as YES does it by text.

The press counts only while the question of the schedule is open: a consent is not made younger by
an old link, and none is made out of nothing.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.chain import Entry
from assent.consent.events import EventType, Source
from assent.consent.model import Consent, ConsentStatus
from assent.consent.timeline import replay
from assent.consent.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.consent.events import ConsentEvent
    from assent.consent.model import ConsentChange, Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import ProgrammeId, SubscriberKey


def is_asked_anew(
    standing: Standing | None,
    events: Sequence[ConsentEvent],
    programme_id: ProgrammeId,
    now: datetime,
) -> bool:
    """Return whether a consent stands that its owner was asked to confirm anew, and still may."""
    if standing is None or standing.stopped_at is not None:
        return False
    line = replay(standing, events).lines.get(programme_id)
    return (
        standing.status_of(programme_id) is ConsentStatus.CONFIRMED
        and line is not None
        and line.status is ConsentStatus.CONFIRMED
        and line.is_open(now)
    )


def reconfirm(
    consent: ConsentService,
    subscriber_key: SubscriberKey,
    programme_id: ProgrammeId,
    evidence: Mapping[str, str | int | bool | None],
    epoch: int,
) -> bool:
    """Confirm the consent of this epoch anew by a link; False: it is gone, of another epoch, or
    nothing was asked (any more). Raises TryAgainError."""
    writing = Writing(consent.store, consent.clock, consent.ids)

    def decide() -> tuple[ConsentChange | None, bool]:
        before, events = writing.read(subscriber_key)
        now = writing.now()
        if before is None or not is_asked_anew(before, events, programme_id, now):
            return None, False
        if before.consents[programme_id].epoch != epoch:
            return None, False
        entry = Entry(
            EventType.RECONFIRMED,
            Source.LINK,
            programme_id,
            epoch=epoch,
            facts={"via": Source.LINK.value},
            evidence=evidence,
        )
        given = {programme_id: Consent(ConsentStatus.CONFIRMED, epoch, now)}
        consents = MappingProxyType({**before.consents, **given})
        after = replace(before, consents=consents, hold=None)
        return writing.change(before, after, [entry], now), True

    return writing.once(None, False, decide)
