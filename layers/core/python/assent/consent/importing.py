"""A consent that was given elsewhere and brings its proof: the one way in without a text of ours.

It is refused wherever the person ever said no here. What they said elsewhere is older than that, or
unproved to be younger, and only their own phone undoes an opt-out (fault O7).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.chain import Entry
from assent.consent.events import EventType, Source
from assent.consent.model import Consent, ConsentStatus, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.model import ConsentChange
    from assent.consent.writing import Writing
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.phone import PhoneNumber


@dataclass(frozen=True, slots=True, repr=False)
class GivenElsewhere:
    """A consent with its proof. `facts` are impersonal, `evidence` is personal; `profile` is merged
    into the person's; `dedupe_key` names the row that told of it."""

    subscriber_key: SubscriberKey
    phone: PhoneNumber
    programme_id: ProgrammeId
    dedupe_key: str
    facts: Mapping[str, str | int]
    evidence: Mapping[str, str | int | bool | None]
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def import_objection(standing: Standing | None, programme_id: ProgrammeId) -> str | None:
    """Return why no import may touch this person's consent; None if it may."""
    if standing is None:
        return None
    if standing.stopped_at is not None:
        return "opted_out"
    if standing.status_of(programme_id) is ConsentStatus.WITHDRAWN:
        return "withdrawn"
    if standing.restricted_at is not None:
        return "restricted"
    if standing.phone is None:
        return "erased"
    return "held" if standing.hold is not None else None


def import_given(writing: Writing, given: GivenElsewhere) -> str | None:
    """Record the consent as confirmed; return the objection if there is one. A consent that stands
    stays as it is. Raises TryAgainError."""

    def decide() -> tuple[ConsentChange | None, str | None]:
        before = writing.store.standing(given.subscriber_key)
        objection = import_objection(before, given.programme_id)
        if objection is not None:
            return None, objection
        standing = before or Standing(given.subscriber_key, given.phone)
        consent = standing.consent_to(given.programme_id)
        if consent is not None and consent.status is ConsentStatus.CONFIRMED:
            return None, None
        now = writing.now()
        epoch = (consent.epoch if consent else 0) + 1
        entry = Entry(
            EventType.CONFIRMED,
            Source.IMPORT,
            given.programme_id,
            epoch=epoch,
            facts={**given.facts, "via": Source.IMPORT.value},
            evidence=given.evidence,
        )
        confirmed = {given.programme_id: Consent(ConsentStatus.CONFIRMED, epoch, now)}
        after = replace(standing, consents=MappingProxyType({**standing.consents, **confirmed}))
        change = writing.change(before, after, [entry], now)
        return replace(change, profile=given.profile), None

    return writing.once(given.dedupe_key, None, decide)
