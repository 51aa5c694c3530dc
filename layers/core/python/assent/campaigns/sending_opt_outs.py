"""A carrier's refusal for an opt-out of its own is an opt-out for us too.

It is committed like a STOP that the person texted, so no later campaign claims that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.consent.events import Source

if TYPE_CHECKING:
    from assent.clock import Clock
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber
    from assent.provider_opt_outs.outbox import Outbox


@dataclass(frozen=True, slots=True)
class ProviderOptOuts:
    """Turns the provider's opted-out refusals into consent events, once each."""

    consent: ConsentService
    clock: Clock
    outbox: Outbox

    def record(
        self, subscriber_key: SubscriberKey, phone: PhoneNumber | None, sent_id: str
    ) -> None:
        """Withdraw the whole brand, unless the provider is only late to follow the person's START.
        `sent_id` names the refused text, so that telling twice is telling once. Raises
        TryAgainError when the standing never stands still."""
        if self.outbox.notice(subscriber_key) is not None:
            return
        self.consent.stop(
            subscriber_key,
            phone,
            at=self.clock.now(),
            evidence={"refused_text": sent_id},
            dedupe_key=f"provider#{subscriber_key}#{sent_id}",
            source=Source.PROVIDER,
            reason="provider_opted_out",
        )
