"""Staff routes that stop everything, and the one that shows how a campaign gets on."""

from collections.abc import Callable
from datetime import datetime, timedelta

from assent.campaigns.model import Progress
from assent.campaigns.service import CampaignService
from assent.campaigns.stopping import Stopped, Stopping
from assent.clock import iso
from assent.http.parameters import CampaignInPath
from assent.http.resolver import Api
from assent.http.shapes_control import GettingOn, StopShown
from assent.identifiers import CampaignId
from assent.telemetry import count, record


def add_control(
    api: Api, stopping: Callable[[], Stopping], campaigns: Callable[[], CampaignService]
) -> None:
    """Register the routes."""

    @api.post("/v1/campaigns/stop-all", tags=["Campaigns"])
    def stop_all_campaigns() -> StopShown:
        """Pause every campaign within seconds; nothing starts before that is released."""
        return _did("stopped", stopping().stop_all(api.staff.subject))

    @api.post("/v1/campaigns/stop-all/release", tags=["Campaigns"])
    def release_all_campaigns() -> StopShown:
        """Permit launching and resuming again. What was paused stays paused."""
        return _did("released", stopping().release(api.staff.subject))

    @api.get("/v1/campaigns/<campaign_id>/progress", tags=["Campaigns"])
    def read_progress(campaign_id: CampaignInPath) -> GettingOn:
        """How far it is, how fast it goes, and when it will be over at that rate."""
        service = campaigns()
        campaign = service.campaign(CampaignId(campaign_id))
        progress, now = service.progress(campaign.campaign_id), service.clock.now()
        return shown(campaign.status.value, progress, now)

    def _did(what: str, stopped: Stopped) -> StopShown:
        count(f"All{what.capitalize()}")
        facts = {"by": api.staff.subject, "paused": len(stopped.paused), "reason": "staff"}
        record(f"all_{what}", facts)
        return StopShown(
            is_stopped=stopped.brake is not None,
            since=iso(stopped.brake.at) if stopped.brake else None,
            by=stopped.brake.by if stopped.brake else None,
            paused=list(stopped.paused),
        )


def shown(status: str, progress: Progress, now: datetime) -> GettingOn:
    """Return how a campaign gets on at `now`."""
    rate = progress.rate(now)
    return GettingOn(
        status=status,
        planned=progress.planned,
        sent=progress.sent,
        left=progress.left,
        parts_sent=progress.parts_sent,
        rate_per_second=round(rate, 2),
        done_at=_done_at(progress, rate, now),
        fates={fate.value: people for fate, people in progress.fates.items()},
        reasons=dict(progress.reasons),
        excluded=dict(progress.excluded),
    )


def _done_at(progress: Progress, rate: float, now: datetime) -> str | None:
    if not progress.sent or rate <= 0 or not progress.left:
        return None
    parts_left = progress.left * progress.parts_sent / progress.sent
    return iso(now + timedelta(seconds=parts_left / rate))
