"""What a launch fixes, and a rehearsal assumes: the rule, the promise, slices and batches.

One function for both, so that a rehearsal works on the very values that the launch will freeze.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.campaigns.model import MAX_CAMPAIGN_LIFE, Frozen

if TYPE_CHECKING:
    from datetime import datetime

    from assent.campaigns.checks import Checked

# One invocation plans a slice well within its 900 s; 40 slices keep the plans below the 256 KB that
# a state may pass on.
_SUBSCRIBERS_PER_SLICE = 1_000_000
_MAX_SLICES = 40
# Each batch costs a child, a transaction and seconds in which two workers overlap; a larger one
# would not be finished in the life of a worker, nor fit the 256 KB of an event.
_BATCH_SECONDS = 50
_MAX_BATCH = 1000


def freeze(checked: Checked, now: datetime, subscribers: int, parts_per_second: int) -> Frozen:
    """Return what a campaign launched at `now` to a list of about `subscribers` would keep."""
    return Frozen(
        rule=checked.segment.rule,
        promised_per_month=checked.programme.max_per_month,
        launched_at=now,
        expires_at=now + MAX_CAMPAIGN_LIFE,
        slices=_clamp(-(-subscribers // _SUBSCRIBERS_PER_SLICE), _MAX_SLICES),
        batch_size=_clamp(parts_per_second * _BATCH_SECONDS, _MAX_BATCH),
    )


def _clamp(value: int, high: int) -> int:
    return max(1, min(high, value))
