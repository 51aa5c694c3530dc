"""Staff decide what a text asked for, with one call.

The decision is written beside the item first, carried out, and only then is the item moved: a crash
leaves it in its box with the decision on it, and the same call again completes it. So an opt-out is
never filed as done without having been recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.consent.events import Source
from assent.errors import (
    ChangedMeanwhileError,
    IllegalTransitionError,
    InboxItemNotFoundError,
    TryAgainError,
)
from assent.inbound.inbox import Box, Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.clock import Clock
    from assent.consent.model import ConsentStore
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey
    from assent.inbound.inbox import InboxItem, InboxStore

_NOT_HELD = "Only a text in review holds marketing; this one can be opted out or done."
_HOLDS = "A text in review holds marketing: decide opt_out or release."
_NOBODY = "The sender is no phone: there is nobody to opt out or release."


@dataclass(frozen=True, slots=True)
class Deciding:
    """Carries out decisions about inbox items. Saying the same again changes nothing."""

    inbox: InboxStore
    consent: ConsentService
    store: ConsentStore
    clock: Clock

    def decide(self, item_id: str, verdict: Verdict, by: str, note: str | None) -> InboxItem:
        """Return the item as decided.

        Raises InboxItemNotFoundError, IllegalTransitionError for a decision that the item does not
        admit or that differs from the one taken, and TryAgainError.
        """
        item = self._found(item_id)
        if item.decision is None:
            _check(item, verdict)
            item = self._claimed(item, Decision(verdict, by, self.clock.now(), note))
        decision = item.decision
        if decision is None or decision.verdict is not verdict:
            message = f"This text was decided: {decision.verdict if decision else 'otherwise'}."
            raise IllegalTransitionError(message)
        if item.box is not Box.DONE:
            self._carry_out(item, decision)
            self.inbox.close(item)
            if verdict is Verdict.RELEASE and item.subscriber_key:
                self._hold_again(item, item.subscriber_key)
        return self._found(item_id)

    def _found(self, item_id: str) -> InboxItem:
        item = self.inbox.find(item_id)
        if item is None:
            message = "There is no such text in the inbox."
            raise InboxItemNotFoundError(message)
        return item

    def _claimed(self, item: InboxItem, decision: Decision) -> InboxItem:
        """Return the item with whichever decision stands beside it now."""
        try:
            self.inbox.decide(item, decision)
        except ChangedMeanwhileError:
            taken = self._found(item.item_id)
            if taken.decision is None:
                message = "The text moved while it was decided; try again."
                raise TryAgainError(message) from None
            return taken
        return self._found(item.item_id)

    def _carry_out(self, item: InboxItem, decision: Decision) -> None:
        key = item.subscriber_key
        if key is None or decision.verdict is Verdict.DONE:
            return
        if decision.verdict is Verdict.OPT_OUT:
            self.consent.stop(
                key,
                None,
                decision.at,
                _evidence(item, decision),
                f"inbox#{item.item_id}",
                Source.STAFF,
                reason="inbox_decision",
            )
        elif all(each.item_id == item.item_id for each in self.inbox.waiting(key)):
            self.consent.release(key, decision.by)

    def _hold_again(self, item: InboxItem, key: SubscriberKey) -> None:
        """Rest marketing again if another text came to lie in review while this one was let go."""
        waiting, standing = self.inbox.waiting(key), self.store.standing(key)
        if not waiting or standing is None or standing.hold or standing.phone is None:
            return
        facts = {"waiting": waiting[0].item_id, "after": item.item_id}
        self.consent.hold(key, standing.phone, "ambiguous_reply", facts, None)


def _check(item: InboxItem, verdict: Verdict) -> None:
    """Raises IllegalTransitionError for a decision that leaves a hold behind or lifts none."""
    if item.subscriber_key is None:
        refusal = _NOBODY if verdict is not Verdict.DONE else None
    elif item.box is Box.REVIEW:
        refusal = _HOLDS if verdict is Verdict.DONE else None
    else:
        refusal = _NOT_HELD if verdict is Verdict.RELEASE else None
    if refusal:
        raise IllegalTransitionError(refusal)


def _evidence(item: InboxItem, decision: Decision) -> Mapping[str, str | int | bool | None]:
    return {
        "reply": item.body,
        "inbox_item_id": item.item_id,
        "answers": item.answers,
        "actor": decision.by,
        "note": decision.note,
    }
