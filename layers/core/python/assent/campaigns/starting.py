"""When a campaign begins: an instant, or a time of day at each person's own place.

A time of day begins where it comes first on Earth; who lives elsewhere waits in a window of their
own. Where several zones may be a person's, the last of them to reach the time decides.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from assent.errors import InputError

if TYPE_CHECKING:
    from assent.campaigns.model import LaunchOrder
    from assent.identifiers import CampaignId
    from assent.law.zones import Whereabouts

# Kiritimati: no clock is ahead of it.
_FIRST_ZONE = timezone(timedelta(hours=14))
_LATEST = timedelta(days=90)


class LaunchSchedules(Protocol):
    """One-time starts of campaigns."""

    def put(self, campaign_id: CampaignId, at: datetime) -> None:
        """Have the campaign's workflow started at `at`, in the place of any earlier wish."""
        ...

    def remove(self, campaign_id: CampaignId) -> None:
        """Forget the wish; nothing happens where there is none."""
        ...


def first_instant(local_time: datetime) -> datetime:
    """Return when a wall clock somewhere on Earth first shows `local_time` (naive)."""
    return local_time.replace(tzinfo=_FIRST_ZONE).astimezone(UTC)


def check_start(at: datetime, now: datetime) -> None:
    """Raise InputError for a start that is over or too far away to be meant."""
    if at <= now:
        raise InputError("A start lies in the future.", field="schedule_at")
    if at > now + _LATEST:
        raise InputError("A start lies within 90 days.", field="schedule_at")


def is_early(order: LaunchOrder | None, now: datetime) -> bool:
    """Return whether a campaign is asked to start later than `now`."""
    return order is not None and order.start_at is not None and now < order.start_at


def own_instant(local_time: datetime, where: Whereabouts, now: datetime) -> datetime:
    """Return when the time of day has come in every zone that may be the person's, `now` at the
    earliest. Of an hour that comes twice, the second counts."""
    wall = local_time.replace(fold=1)
    instants = [wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for zone in where.zones]
    return max([now, *instants])
