"""One text: claim, look at the deadline, publish once, write down what became of it.

Publishing takes a `HeldClaim`, and the only place that makes one is the branch in which the store
has just said that this very attempt's claim was written. Everything that waits for long (rate,
window, status) has happened before. A text that certainly did not leave gives its claim back, so
that the person is not lost to the campaign.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from assent.campaigns.may_send import Verdict, forgettable, may_send
from assent.campaigns.model import Claimed, Fate
from assent.campaigns.sending_claims import OPTED_OUT
from assent.campaigns.trace import packed
from assent.consent.model import Claim
from assent.errors import TryAgainError
from assent.messages.ledger import LedgerRow, OutboundText, Outcome, Purpose, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import Campaign, ClaimStore
    from assent.campaigns.sending_opt_outs import ProviderOptOuts
    from assent.campaigns.sending_slots import Slots
    from assent.campaigns.sending_tally import Tally
    from assent.clock import Clock
    from assent.identifiers import Ids
    from assent.law.zones import Whereabouts
    from assent.messages.ledger import SmsSender
    from assent.messages.template import Rendered
    from assent.phone import PhoneNumber

# δ of the send protocol: a STOP that comes after the claim can be overtaken by this much at most.
PUBLISH_WITHIN_SECONDS = 2.0
CLAIM_TRIES = 3
PUBLISH_TRIES = 4
_BACK_OFF_SECONDS = 0.1
_THROTTLED_RESULT = SendResult(Outcome.THROTTLED, reason="throttled")
_CERTAINLY_NOT_SENT = frozenset({Outcome.THROTTLED, Outcome.ABORTED})


@dataclass(frozen=True, slots=True)
class Ready:
    """A person whom the campaign may text, with the words to send; not claimed yet."""

    subscriber: Subscriber
    phone: PhoneNumber
    whereabouts: Whereabouts
    rendered: Rendered
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """The right to publish once before `publish_before` (monotonic seconds). `decision` is the
    packed trace of the decision that the claim rests on."""

    ready: Ready
    claim: Claim
    attempt_id: str
    publish_before: float
    decision: str | None = None


class Ended(StrEnum):
    """How a person's turn ended, as far as others are concerned. `unsettled`: still without a fate,
    and worth another attempt soon; `throttled`: as well, and the carrier wants a rest;
    `barred`: the carrier takes nothing of this account."""

    SETTLED = "settled"
    LATER = "later"
    UNSETTLED = "unsettled"
    THROTTLED = "throttled"
    BARRED = "barred"


@dataclass(slots=True)
class _Door:
    """Asks `may_leave`; a text that fails before it is asked has not taken its slot."""

    may_leave: Callable[[], bool]
    was_asked: bool = False

    def __call__(self) -> bool:
        self.was_asked = True
        return self.may_leave()


@dataclass(frozen=True, slots=True)
class Texting:
    """Texts one person at a time for one campaign. Safe to share between threads."""

    campaign: Campaign
    claims: ClaimStore
    sender: SmsSender
    opt_outs: ProviderOptOuts
    tally: Tally
    clock: Clock
    ids: Ids

    def text(self, ready: Ready, slots: Slots) -> Ended:
        """Text the person if that is still right, in one of `slots`, which counts on this turn."""
        held = self._claim(ready)
        if isinstance(held, Ended):
            slots.pass_on()
            return held
        result = self._publish(held, slots)
        if result.outcome in _CERTAINLY_NOT_SENT:
            ended = self._release(held, result.outcome)
            if result.is_account_wide:
                self.tally.barred(result.reason or result.outcome.value)
                return Ended.BARRED
            return ended
        self._record(held, result)
        return Ended.SETTLED

    def _claim(self, ready: Ready) -> HeldClaim | Ended:
        """Decide and claim; when the item has changed meanwhile, decide again on what it is now."""
        person = ready.subscriber
        for _ in range(CLAIM_TRIES):
            began = self.clock.monotonic()
            now = self.clock.now()
            decision = may_send(person, self.campaign, now, ready.whereabouts)
            if decision.verdict is Verdict.LATER:
                return Ended.LATER
            if decision.verdict is Verdict.NO:
                return self._suppress(ready, decision.reason)
            definition = self.campaign.definition
            claim = Claim(self.campaign.campaign_id, definition.programme_id, now)
            answer = self.claims.claim(person, claim, forgettable(person.standing, now))
            if isinstance(answer, Claimed):
                deadline = began + PUBLISH_WITHIN_SECONDS
                attempt_id = self.ids.new("a")
                return HeldClaim(ready, claim, attempt_id, deadline, packed(decision.trace))
            if answer.current is None:
                return self._suppress(ready, "gone")
            person = answer.current
        return Ended.UNSETTLED

    def _suppress(self, ready: Ready, reason: str) -> Ended:
        if reason == "already_claimed":
            # Another worker has this batch too, or our own answer was lost: the ledger will tell.
            return Ended.UNSETTLED
        self.tally.settle(ready.subscriber.standing.subscriber_key, Fate.SUPPRESSED, reason)
        return Ended.SETTLED

    def _publish(self, held: HeldClaim, slots: Slots) -> SendResult:
        """Hand the text to the carrier. A throttled publish was certainly not sent: only then, and
        only while this claim's deadline lasts, is there another one."""
        text = OutboundText(
            held.ready.phone, held.ready.rendered.body, held.attempt_id, is_marketing=True
        )
        for tries in range(PUBLISH_TRIES):
            if tries:
                self._back_off(held, tries)
                slots.want()
            door = _Door(partial(self._reach_slot, held, slots))
            result = self.sender.send(text, door)
            if not door.was_asked:
                slots.pass_on()
            if result.outcome is Outcome.ABORTED:
                return _THROTTLED_RESULT if tries else result
            if result.outcome is not Outcome.THROTTLED or result.is_account_wide:
                return result
        return _THROTTLED_RESULT

    def _reach_slot(self, held: HeldClaim, slots: Slots) -> bool:
        """Wait for a slot, and for another when that was missed; the last thing asked is whether
        the claim's deadline has passed. False: nothing may be published any more."""
        while True:
            left = timedelta(seconds=held.publish_before - self.clock.monotonic())
            slot = slots.take(self.clock.now() + left)
            if slot is None:
                return False
            if slots.reach(slot):
                return self.clock.monotonic() <= held.publish_before
            slots.want()

    def _release(self, held: HeldClaim, outcome: Outcome) -> Ended:
        """Give the claim back. When that fails, the claim may stand and ends in doubt."""
        with suppress(TryAgainError):
            self.claims.release(held.ready.subscriber.standing.subscriber_key, held.claim)
        return Ended.THROTTLED if outcome is Outcome.THROTTLED else Ended.UNSETTLED

    def _back_off(self, held: HeldClaim, tries: int) -> None:
        """Rest, longer each time and not in step with the other workers."""
        spread = zlib.crc32(f"{held.attempt_id}{tries}".encode()) / 2**32
        self.clock.sleep(_BACK_OFF_SECONDS * 2**tries * (0.5 + spread))

    def _record(self, held: HeldClaim, result: SendResult) -> None:
        row = LedgerRow(
            subscriber_key=held.ready.subscriber.standing.subscriber_key,
            claimed_at=held.claim.at,
            purpose=Purpose.CAMPAIGN,
            outcome=result.outcome,
            body=held.ready.rendered.kept,
            parts=held.ready.rendered.parts,
            campaign_id=held.claim.campaign_id,
            programme_id=held.claim.programme_id,
            provider_message_id=result.provider_message_id,
            reason=OPTED_OUT if result.opted_out else result.reason,
            variant=held.ready.variant,
            decision=held.decision,
        )
        self.tally.texted(row)
        if result.opted_out:
            self.opt_outs.record(row.subscriber_key, held.ready.phone, row.sent_id)
