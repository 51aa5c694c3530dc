"""What goes wrong, and how often: each seed draws its own mix, and all of it ends at one instant.

A run with every fault at once hides what two of them do together, so each run leaves most kinds
out (swarm testing). What was injected where is counted, to prove that each kind met each state.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


class Fault(StrEnum):
    """What may happen to one call. `late`: it takes effect long after the caller has given up."""

    NONE = "none"
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    LOST_REQUEST = "lost_request"
    LOST_RESPONSE = "lost_response"
    LATE = "late"
    NO_CONNECTION = "no_connection"
    RESET = "reset"
    THROTTLED = "throttled"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    SLOW = "slow"
    PAUSE = "pause"
    CLOCK_STEP = "clock_step"


class Trouble(StrEnum):
    """What may happen between calls."""

    DUPLICATE_DELIVERY = "duplicate_delivery"
    REORDER = "reorder"
    DUPLICATE_CHILD = "duplicate_child"
    SECOND_EXECUTION = "second_execution"
    STOPPED_EXECUTION = "stopped_execution"
    REFUSED_START = "refused_start"
    AMBIGUOUS_TASK = "ambiguous_task"
    STALE_INDEX = "stale_index"
    STALL = "stall"
    PROVIDER_BLOCKS = "provider_blocks"


_CALL_KINDS = tuple(kind for kind in Fault if kind is not Fault.NONE)
_RATES = (0.01, 0.03, 0.08, 0.2)
# Half of the runs aim a few faults at a few calls, and hit them hard.
_AIMED_RATES = (0.1, 0.3, 0.6)
_AIMED_AT = (
    "dynamodb.BatchGetItem",
    "dynamodb.BatchWriteItem",
    "dynamodb.GetItem",
    "dynamodb.PutItem",
    "dynamodb.Query",
    "dynamodb.Scan",
    "dynamodb.TransactWriteItems",
    "dynamodb.UpdateItem",
    "dynamodb.UpdateItem",
    "kms.GenerateMac",
    "s3.PutObject",
    "sns.Publish",
    "sns.Publish",
    "sqs.SendMessage",
    "stepfunctions.DescribeExecution",
    "stepfunctions.StartExecution",
)


@dataclass
class Faults:
    """The faults of one run. None of any kind while `is_calm`."""

    chance: random.Random
    kinds: tuple[Fault, ...]
    rate: float
    troubles: frozenset[Trouble]
    is_calm: bool = False
    aims: tuple[tuple[Fault, str, float], ...] = ()
    met: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    @classmethod
    def drawn(cls, chance: random.Random) -> Faults:
        """Return a mix for one run; one run in twelve has no fault at all."""
        if chance.random() < 1 / 12:
            return cls(chance, (), 0.0, frozenset())
        kinds = tuple(chance.sample(_CALL_KINDS, chance.randint(1, 5)))
        troubles = frozenset(t for t in Trouble if chance.random() < 0.4)
        if chance.random() < 0.5:
            return cls(chance, kinds, chance.choice(_RATES), troubles)
        aims = tuple(
            (chance.choice(_CALL_KINDS), chance.choice(_AIMED_AT), chance.choice(_AIMED_RATES))
            for _ in range(chance.randint(2, 4))
        )
        return cls(chance, (), 0.0, troubles, aims=aims)

    @classmethod
    def none(cls, chance: random.Random) -> Faults:
        return cls(chance, (), 0.0, frozenset(), is_calm=True)

    def of_call(self, name: str) -> Fault:
        """Draw what happens to a call such as `dynamodb.UpdateItem`."""
        self.calls[name] += 1
        if self.is_calm:
            return Fault.NONE
        for kind, aim, share in self.aims:
            if aim == name and self.chance.random() < share:
                self.met[f"{kind} {name}"] += 1
                return kind
        if not self.kinds or self.chance.random() >= self.rate:
            return Fault.NONE
        kind = self.chance.choice(self.kinds)
        self.met[f"{kind} {name}"] += 1
        return kind

    def __str__(self) -> str:
        told = [f"{share:.0%} {kind} of {aim}" for kind, aim, share in self.aims]
        if self.kinds:
            told.append(f"{self.rate:.0%} of all calls: {', '.join(self.kinds)}")
        return "; ".join([*told, ", ".join(sorted(self.troubles))]) or "none"

    def strikes(self, trouble: Trouble, share: float) -> bool:
        """Draw whether a trouble of this run happens now."""
        if self.is_calm or trouble not in self.troubles or self.chance.random() >= share:
            return False
        self.met[str(trouble)] += 1
        return True
