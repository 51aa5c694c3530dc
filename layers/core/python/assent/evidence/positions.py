"""Where an event stands in time: the key of the by-day index that exports walk.

A position is text whose order is time order across all shards of a day, so one string is enough to
resume an export, and merging the shards gives one chronological log.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assent.clock import iso

if TYPE_CHECKING:
    from datetime import date

    from assent.consent.events import ConsentEvent

# One partition takes 1,000 writes a second; a day of sign-ups must not queue behind that.
DAY_SHARDS = 8


def position_of(event: ConsentEvent) -> str:
    """Return `<iso time>#<subscriber_key>#<seq, 8 digits>`: unique, and sorted by time."""
    return f"{iso(event.at)}#{event.subscriber_key}#{event.seq:08d}"


def day_shard(day: date, shard: int) -> str:
    """Return the index partition of one UTC day and shard, such as `2026-11-23#3`."""
    return f"{day.isoformat()}#{shard}"


def day_shard_of(event: ConsentEvent) -> str:
    """Return the index partition that `event` belongs to; a person stays in one shard."""
    digest = hashlib.sha256(event.subscriber_key.encode()).digest()
    return f"{iso(event.at)[:10]}#{digest[0] % DAY_SHARDS}"
