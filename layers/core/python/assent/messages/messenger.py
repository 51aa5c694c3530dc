"""Sends one text that a person waits for: a confirmation, a reply.

It takes its place in the same bucket as the campaigns, and publishes once; the caller has recorded
the consent event before, so a text that fails changes nothing about who agreed to what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from assent.errors import TryAgainError
from assent.messages.alphabet import count_parts
from assent.messages.blotting import blotted
from assent.messages.ledger import (
    LedgerRow,
    OutboundText,
    Outcome,
    Purpose,
    SendResult,
    sent_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.clock import Clock
    from assent.identifiers import ProgrammeId, SubscriberKey
    from assent.messages.ledger import MessageLedger, SmsSender
    from assent.messages.pace import Pace
    from assent.phone import PhoneNumber

_PATIENCE = timedelta(seconds=3)
# A missed slot is burnt: enough for a machine that stalls, too few to starve the campaigns.
_MISSED_SLOTS = 20
_RECORDED_AT_MOST = 2
_ANSWERS_THE_STOPPED = frozenset({Purpose.OPT_OUT_REPLY, Purpose.HELP_REPLY})


@dataclass(frozen=True, slots=True)
class OneText:
    """A text to one person; `purpose` is any but `campaign`. `secrets` are parts of the body that
    only this person may read, such as a code."""

    subscriber_key: SubscriberKey
    phone: PhoneNumber
    body: str
    purpose: Purpose
    programme_id: ProgrammeId | None = None
    secrets: tuple[str, ...] = ()

    @property
    def kept(self) -> str:
        """The body as it is kept: with the secrets blotted out, sign for sign."""
        return blotted(self.body, self.secrets)


@dataclass(frozen=True, slots=True)
class Messenger:
    """`pace` is the origination identity's, with REPLY_HORIZON as its horizon. `is_stopped` is
    asked after the wait for a slot, as far ahead of it as a lease's lead (50 ms)."""

    sender: SmsSender
    ledger: MessageLedger
    pace: Pace
    clock: Clock
    is_stopped: Callable[[SubscriberKey], bool]

    def send(self, text: OneText) -> LedgerRow:
        """Publish once in a slot of the shared pace, and return the recorded fate.

        A number that was stopped meanwhile gets only what answers a STOP or a HELP; any other text
        to it is `aborted`. Raises TryAgainError, with nothing sent and nothing recorded, when no
        slot comes free within about 3 s. Once it was published nothing is raised, lest it be sent
        again: a row that the ledger does not take at the second asking is only returned.
        """
        parts = count_parts(text.body).parts
        at, result = self._publish_in_slot(text, parts)
        row = LedgerRow(
            subscriber_key=text.subscriber_key,
            claimed_at=at,
            purpose=text.purpose,
            outcome=result.outcome,
            body=text.kept,
            parts=parts,
            programme_id=text.programme_id,
            provider_message_id=result.provider_message_id,
            reason=result.reason,
        )
        self._record(row)
        return row

    def _publish_in_slot(self, text: OneText, parts: int) -> tuple[datetime, SendResult]:
        """Return the instant of the slot and what came of the text."""
        for _ in range(_MISSED_SLOTS):
            lease = self.pace.lease(1, parts, patience=_PATIENCE)
            slot = lease.slot(0)
            # Asking takes longer than a slot is open, so it comes just before.
            self.clock.sleep((slot - self.pace.lead - self.clock.now()).total_seconds())
            if text.purpose not in _ANSWERS_THE_STOPPED and self.is_stopped(text.subscriber_key):
                return slot, SendResult(Outcome.ABORTED, reason="stopped")
            attempt = f"{text.subscriber_key}#{sent_id(slot, text.purpose.value)}"
            outbound = OutboundText(text.phone, text.body, attempt_id=attempt, is_marketing=False)
            result = self.sender.send(outbound, partial(self.pace.await_slot, lease, 0))
            if result.outcome is not Outcome.ABORTED:
                return slot, result
        raise TryAgainError("this worker is too slow for its slots")

    def _record(self, row: LedgerRow) -> None:
        for _ in range(_RECORDED_AT_MOST):
            try:
                self.ledger.record([row])
            except TryAgainError:
                continue
            return
