"""The product made worse on purpose: each mutant drops one thing that a promise rests on.

A simulation that cannot tell them from the shipped code proves nothing. A patch that finds nothing
to change fails, so that no mutant quietly becomes the product again.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assent.aws import subscriber_item as packed
from assent.errors import TryAgainError
from assent.messages.ledger import OutboundText, Outcome
from assent.messages.pace import spacing
from tests.simulation.faults import Fault, Faults, Trouble

if TYPE_CHECKING:
    from random import Random

Mutant = Callable[[], AbstractContextManager[None]]


@contextmanager
def swapped(module: str, path: str, made: Callable[[Any], Any]) -> Iterator[None]:
    """Put `made(shipped)` in the place of `module.path` for a while."""
    target: Any = importlib.import_module(f"assent.{module}")
    *owners, name = path.split(".")
    for owner in owners:
        target = getattr(target, owner)
    shipped = target.__dict__[name]
    changed = made(shipped)
    assert changed is not shipped, f"{path} is as it ships"
    setattr(target, name, changed)
    try:
        yield
    finally:
        setattr(target, name, shipped)


def _without(*parts: str) -> Callable[[str], str]:
    def made(text: str) -> str:
        for part in parts:
            assert part in text, f"{part} is no part of {text}"
            text = text.replace(part, "")
        return text

    return made


def _no_consent_in_claim() -> AbstractContextManager[None]:
    return swapped(
        "aws.claim_store",
        "_CONDITIONS",
        _without(
            f" AND begins_with({packed.CONSENTS}.#p, :confirmed)",
            f" AND attribute_not_exists({packed.STOPPED_AT})",
        ),
    )


def _no_version_in_claim() -> AbstractContextManager[None]:
    version = f"{packed.CLAIMS_VERSION} = :read"
    own = f"attribute_not_exists({packed.CLAIMS}.#p.#c)"
    return swapped(
        "aws.claim_store",
        "_CONDITIONS",
        _without(f"{version} AND ", f" AND {own}"),
    )


def _no_cap_in_claim() -> AbstractContextManager[None]:
    """Only the version guards the caps; without it a second campaign claims on an old count."""
    return swapped(
        "aws.claim_store",
        "_CONDITIONS",
        _without(f"{packed.CLAIMS_VERSION} = :read AND "),
    )


def _publish_first() -> AbstractContextManager[None]:
    def made(shipped: Any) -> Any:
        def text(self: Any, ready: Any, slots: Any) -> Any:
            early = OutboundText(ready.phone, ready.rendered.body, "early", is_marketing=True)
            self.sender.send(early)
            return shipped(self, ready, slots)

        return text

    return swapped("campaigns.sending_one", "Texting.text", made)


def _send_again_when_in_doubt() -> AbstractContextManager[None]:
    def made(shipped: Any) -> Any:
        def send(self: Any, text: Any, *more: Any) -> Any:
            result = shipped(self, text, *more)
            return shipped(self, text, *more) if result.outcome is Outcome.IN_DOUBT else result

        return send

    return swapped("aws.sns_sender", "SnsSmsSender.send", made)


def _reap_at_once() -> AbstractContextManager[None]:
    return swapped("campaigns.sending_claims", "REAP_AFTER", lambda _: timedelta())


def _refund() -> AbstractContextManager[None]:
    """A slot that was not used is given back to the bucket."""

    def made(shipped: Any) -> Any:
        def pass_on(self: Any) -> None:
            shipped(self)
            pace = self._pace
            by = spacing(self._width, self._width, pace.parts_per_second)
            with suppress(TryAgainError):
                pace.store.rewind(pace.identity, by)

        return pass_on

    return swapped("campaigns.sending_slots", "Slots.pass_on", made)


def _no_deadline() -> AbstractContextManager[None]:
    return swapped("campaigns.sending_one", "PUBLISH_WITHIN_SECONDS", lambda _: 3600.0)


def _answer_before_recording() -> AbstractContextManager[None]:
    from assent.inbound.keywords import Action
    from assent.inbound.service import InboundOutcome
    from assent.messages.ledger import Purpose
    from assent.programmes.texts import SystemText

    def made(shipped: Any) -> Any:
        def stop(self: Any, heard: Any) -> Any:
            self._reply(heard, SystemText.OPTED_OUT, Purpose.OPT_OUT_REPLY)
            quiet = replace(self, messenger=None)
            with suppress(AttributeError):
                shipped(quiet, heard)
            return InboundOutcome(Action.OPT_OUT, "stopped", True)

        return stop

    return swapped("inbound.service", "InboundService._stop", made)


def _release_in_doubt() -> AbstractContextManager[None]:
    def made(shipped: Any) -> Any:
        def record(self: Any, held: Any, result: Any) -> None:
            if result.outcome is Outcome.IN_DOUBT:
                key = held.ready.subscriber.standing.subscriber_key
                self.claims.release(key, held.claim)
            else:
                shipped(self, held, result)

        return record

    return swapped("campaigns.sending_one", "Texting._record", made)


def _state_then_event() -> AbstractContextManager[None]:
    """The standing first and its events after it, in two transactions."""

    def made(shipped: Any) -> Any:
        def commit(self: Any, change: Any) -> None:
            shipped(self, replace(change, events=(), tell_provider=False))
            shipped(self, replace(change, before=change.after, dedupe_key=None))

        return commit

    return swapped("aws.consent_store", "DynamoConsentStore.commit", made)


def _forget_inputs() -> AbstractContextManager[None]:
    def made(shipped: Any) -> Any:
        def once(self: Any, _: Any, repeat: Any, decide: Any) -> Any:
            return shipped(self, None, repeat, decide)

        return once

    return swapped("consent.writing", "Writing.once", made)


def _count_again() -> AbstractContextManager[None]:
    """A batch's result is put without the condition that it is the first."""

    def made(shipped: Any) -> Any:
        def written(self: Any, record: Any, added: Any, *more: Any) -> bool:
            class Careless:
                campaign_id = record.campaign_id

                @staticmethod
                def get_save_kwargs_from_instance(condition: Any) -> Any:
                    return record.get_save_kwargs_from_instance()

            found: bool = shipped(self, Careless(), added, *more)
            return found

        return written

    return swapped("aws.campaign_store", "DynamoCampaignStore._write_once", made)


def _release_any() -> AbstractContextManager[None]:
    return swapped("aws.claim_store", "_OURS", lambda _: f"attribute_exists({packed.CLAIMS}.#p.#c)")


@contextmanager
def _close_early() -> Iterator[None]:
    with (
        swapped("campaigns.model", "Progress.is_counted", lambda _: lambda *_: True),
        swapped("campaigns.model", "Progress.adds_up", lambda _: True),
    ):
        yield


def _any_claim_is_mine() -> AbstractContextManager[None]:
    """A refusal by a claim of this campaign is taken for a lost answer of one's own."""
    return swapped("aws.claim_store", "_marked", _Matching)


class _Matching:
    """A mark that equals any other, if there is one."""

    def __init__(self, shipped: Any) -> None:
        self._shipped = shipped

    def __call__(self, item: Any, claim: Any) -> Any:
        return _Any() if self._shipped(item, claim) is not None else None


class _Any:
    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def _no_bucket_condition() -> AbstractContextManager[None]:
    def made(shipped: Any) -> Any:
        def swap(self: Any, identity: Any, _: Any, wanted: Any) -> Any:
            found = shipped(self, identity, _, wanted)
            return None if found is not None else found

        return swap

    return swapped("aws.rate_store", "DynamoRateStore._swap", made)


def _never_look_at_status() -> AbstractContextManager[None]:
    return swapped("campaigns.sending_status", "MAX_AGE_SECONDS", lambda _: 3600.0)


def _late_is_fine() -> AbstractContextManager[None]:
    """A text that missed its slot goes out all the same."""
    return swapped(
        "campaigns.sending_lateness",
        "Lateness.publish_at",
        lambda _: lambda self, slot, parts, now: now,
    )


def _doubt_overwrites() -> AbstractContextManager[None]:
    def made(_: Any) -> Any:
        def record_in_doubt(self: Any, row: Any) -> bool:
            self._item(row).save()
            return True

        return record_in_doubt

    return swapped("aws.ledger", "DynamoMessageLedger.record_in_doubt", made)


def _order_of_arrival() -> AbstractContextManager[None]:
    """Keywords count in the order in which they arrive, not in that of the carrier's times."""

    def made(shipped: Any) -> Any:
        def received(at: Any, now: Any, *more: Any, **named: Any) -> Any:
            return shipped.__func__(_KEYWORD(), now, now, *more, **named)

        return staticmethod(received)

    return swapped("consent.entries", "Keyword.received", made)


def _KEYWORD() -> Any:  # noqa: N802 - a class that is looked up late
    from assent.consent.entries import Keyword

    return Keyword


MUTANTS: Mapping[str, Mutant] = MappingProxyType(
    {
        "claim without consent": _no_consent_in_claim,
        "claim without its own claim": _no_version_in_claim,
        "claim without its version": _no_cap_in_claim,
        "publish before claim": _publish_first,
        "send again when in doubt": _send_again_when_in_doubt,
        "reaper without margin": _reap_at_once,
        "refund of slots": _refund,
        "no deadline": _no_deadline,
        "answer STOP before recording it": _answer_before_recording,
        "release of what is in doubt": _release_in_doubt,
        "state first, event later": _state_then_event,
        "inputs are forgotten": _forget_inputs,
        "a batch counts again": _count_again,
        "release of any claim": _release_any,
        "close before all are done": _close_early,
        "any claim is mine": _any_claim_is_mine,
        "bucket without condition": _no_bucket_condition,
        "status is not looked at": _never_look_at_status,
        "late texts go out": _late_is_fine,
        "doubt overwrites": _doubt_overwrites,
        "keywords by arrival": _order_of_arrival,
    }
)

Aims = tuple[tuple[tuple[Fault, str, float], ...], tuple[Trouble, ...]]

# Where a mutant shows soonest. General runs find them, too, but a commit has no time for hundreds.
AIMS: Mapping[str, Aims] = MappingProxyType(
    {
        "claim without consent": (((Fault.SLOW, "dynamodb.UpdateItem", 0.5),), ()),
        "send again when in doubt": (((Fault.RESET, "sns.Publish", 0.4),), ()),
        "reaper without margin": (
            ((Fault.SLOW, "sns.Publish", 0.4),),
            (Trouble.DUPLICATE_CHILD,),
        ),
        "refund of slots": (
            ((Fault.SLOW, "dynamodb.UpdateItem", 0.3),),
            (Trouble.DUPLICATE_CHILD,),
        ),
        "no deadline": (((Fault.PAUSE, "dynamodb.UpdateItem", 0.4),), ()),
        "release of what is in doubt": (((Fault.RESET, "sns.Publish", 0.4),), ()),
        "inputs are forgotten": ((), (Trouble.DUPLICATE_DELIVERY,)),
        "a batch counts again": (
            ((Fault.SLOW, "dynamodb.TransactWriteItems", 0.4),),
            (Trouble.DUPLICATE_CHILD,),
        ),
        "release of any claim": (
            (
                (Fault.THROTTLED, "sns.Publish", 0.6),
                (Fault.LATE, "dynamodb.UpdateItem", 0.3),
            ),
            (),
        ),
        "close before all are done": (((Fault.CRASH_AFTER, "sns.Publish", 0.2),), ()),
        "any claim is mine": (
            ((Fault.SLOW, "dynamodb.BatchGetItem", 0.3),),
            (Trouble.DUPLICATE_CHILD,),
        ),
        "status is not looked at": (((Fault.SLOW, "sns.Publish", 0.3),), ()),
        "late texts go out": ((), (Trouble.STALL,)),
        "doubt overwrites": (
            (
                (Fault.PAUSE, "sns.Publish", 0.2),
                (Fault.SLOW, "dynamodb.PutItem", 0.6),
                (Fault.SLOW, "dynamodb.BatchWriteItem", 0.6),
            ),
            (Trouble.DUPLICATE_CHILD,),
        ),
        "keywords by arrival": ((), (Trouble.REORDER,)),
    }
)


def aimed_at(name: str) -> Callable[[Random], Faults]:
    """Return the faults that show a mutant soonest."""
    aims, troubles = AIMS.get(name, ((), ()))
    return lambda chance: Faults(chance, (), 0.0, frozenset(troubles), aims=aims)
