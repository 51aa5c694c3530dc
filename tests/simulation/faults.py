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


@dataclass
class Faults:
    """The faults of one run. None of any kind while `is_calm`."""

    chance: random.Random
    kinds: tuple[Fault, ...]
    rate: float
    troubles: frozenset[Trouble]
    is_calm: bool = False
    met: Counter[str] = field(default_factory=Counter)
    forced: dict[tuple[str, int], Fault] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    @classmethod
    def drawn(cls, chance: random.Random) -> Faults:
        """Return a mix for one run; one run in twelve has no fault at all."""
        if chance.random() < 1 / 12:
            return cls(chance, (), 0.0, frozenset())
        kinds = tuple(chance.sample(_CALL_KINDS, chance.randint(1, 5)))
        troubles = frozenset(t for t in Trouble if chance.random() < 0.4)
        return cls(chance, kinds, chance.choice(_RATES), troubles)

    @classmethod
    def none(cls, chance: random.Random) -> Faults:
        return cls(chance, (), 0.0, frozenset(), is_calm=True)

    def of_call(self, name: str) -> Fault:
        """Draw what happens to a call such as `dynamodb.UpdateItem`."""
        self.calls[name] += 1
        if self.is_calm or not self.kinds or self.chance.random() >= self.rate:
            return Fault.NONE
        kind = self.chance.choice(self.kinds)
        self.met[f"{kind} {name}"] += 1
        return kind

    def strikes(self, trouble: Trouble, share: float) -> bool:
        """Draw whether a trouble of this run happens now."""
        if self.is_calm or trouble not in self.troubles or self.chance.random() >= share:
            return False
        self.met[str(trouble)] += 1
        return True
