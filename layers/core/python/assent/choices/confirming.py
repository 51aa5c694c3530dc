"""Consent given by a link: what was asked in which words, and the one button that says yes.

The link is bound to its request: an opt-out, a newer request and the end of its time each kill it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.consent.policy import ConfirmReason
from assent.consent.reconfirming import is_asked_anew, reconfirm
from assent.errors import DisclosureNotFoundError
from assent.links.model import LinkPurpose

if TYPE_CHECKING:
    from datetime import datetime

    from assent.abuse.guard import Conversions
    from assent.choices.model import Visitor
    from assent.clock import Clock
    from assent.consent.model import Standing
    from assent.consent.service import ConsentService
    from assent.links.model import Link
    from assent.links.service import Links
    from assent.programmes.model import Disclosure, Programme, ProgrammeStore


class Asked(StrEnum):
    """Where a request stands that a link was sent for."""

    OPEN = "open"
    ASKED_ANEW = "asked_anew"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    REPLACED = "replaced"
    LEFT = "left"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Question:
    """What the page shows. `disclosure` is the exact wording that the person saw when they asked,
    None where the request came without one; `locale` is the language of the request."""

    asked: Asked
    link: Link
    programme: Programme
    locale: str
    disclosure: Disclosure | None = None


@dataclass(frozen=True, slots=True)
class Confirming:
    """The page's two acts. Both raise LinkNotFoundError."""

    links: Links
    consent: ConsentService
    programmes: ProgrammeStore
    conversions: Conversions
    clock: Clock

    def look(self, token: str) -> Question:
        """Return where the request stands; changes nothing."""
        link = self.links.find(token, LinkPurpose.CONFIRM)
        store = self.consent.store
        standing = store.standing(link.subscriber_key)
        request = store.open_request(link.subscriber_key, link.programme_id)
        programme = self.programmes.programme(link.programme_id)
        where = asked(standing, link, self.clock.now())
        if where is Asked.CONFIRMED and self._is_asked_anew(link, standing):
            where = Asked.ASKED_ANEW
        return Question(
            asked=where,
            link=link,
            programme=programme,
            locale=request.locale if request else programme.locales[0],
            disclosure=self._disclosure(link),
        )

    def say_yes(self, token: str, visitor: Visitor) -> tuple[Question, bool]:
        """Confirm the request if it is still open, or the consent that was asked for anew; return
        where it stands then, and whether this very press did so. Raises TryAgainError."""
        question = self.look(token)
        if question.asked is Asked.ASKED_ANEW:
            return self._say_yes_anew(token, question, visitor)
        if question.asked is not Asked.OPEN:
            return question, False
        link, wording = question.link, question.disclosure
        proof = visitor.proof(
            pressed="confirm", disclosure_shown=wording.digest if wording else None
        )
        outcome = self.consent.confirm(
            link.subscriber_key,
            link.programme_id,
            Source.LINK,
            proof,
            None,
            self.clock.now(),
            epoch=link.epoch,
        )
        is_new = outcome.reason is ConfirmReason.CONFIRMED
        standing = self.consent.store.standing(link.subscriber_key)
        if is_new and standing is not None and standing.phone is not None:
            self.conversions.confirmed(standing.phone)
        return self.look(token), is_new

    def _is_asked_anew(self, link: Link, standing: Standing | None) -> bool:
        """The link of the sign-up itself is long over by then, so only the question's counts."""
        now = self.clock.now()
        if link.is_expired(now):
            return False
        events = [event for event, _ in self.consent.history(link.subscriber_key)]
        return is_asked_anew(standing, events, link.programme_id, now)

    def _say_yes_anew(
        self, token: str, question: Question, visitor: Visitor
    ) -> tuple[Question, bool]:
        link, wording = question.link, question.disclosure
        proof = visitor.proof(pressed="keep", disclosure_shown=wording.digest if wording else None)
        is_new = reconfirm(self.consent, link.subscriber_key, link.programme_id, proof, link.epoch)
        return self.look(token), is_new

    def _disclosure(self, link: Link) -> Disclosure | None:
        """Return the wording that the request's own event names."""
        for event, _ in reversed(self.consent.history(link.subscriber_key)):
            is_it = event.type is EventType.REQUESTED and event.epoch == link.epoch
            if is_it and event.programme_id == link.programme_id:
                version = event.facts.get("disclosure_version")
                locale = event.facts.get("disclosure_locale")
                if isinstance(version, int) and isinstance(locale, str):
                    return self._published(link, locale, version)
        return None

    def _published(self, link: Link, locale: str, version: int) -> Disclosure | None:
        try:
            return self.programmes.disclosure(link.programme_id, locale, version)
        except DisclosureNotFoundError:
            return None


def asked(standing: Standing | None, link: Link, now: datetime) -> Asked:
    """Return where the link's request stands."""
    consent = standing.consent_to(link.programme_id) if standing else None
    if standing is None or consent is None:
        return Asked.EXPIRED
    if standing.stopped_at is not None:
        return Asked.STOPPED
    if consent.epoch != link.epoch:
        # A withdrawal opens an epoch of its own, right after that of the request.
        is_left = consent.status is ConsentStatus.WITHDRAWN and consent.epoch == link.epoch + 1
        return Asked.LEFT if is_left else Asked.REPLACED
    if consent.status is ConsentStatus.CONFIRMED:
        return Asked.CONFIRMED
    is_open = consent.status is ConsentStatus.PENDING and not link.is_expired(now)
    return Asked.OPEN if is_open else Asked.EXPIRED
