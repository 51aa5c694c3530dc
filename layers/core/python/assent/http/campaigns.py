"""Staff routes over campaigns: draft, edit, look, and the four acts that change one under way."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.campaigns.model import (
    Approval,
    Campaign,
    CampaignStatus,
    Definition,
    Fate,
    Progress,
    QuietHours,
    Variant,
)
from assent.campaigns.service import CampaignService, Launch
from assent.clock import iso
from assent.errors import InputError
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.idempotency import Once
from assent.http.parameters import CampaignInPath, CursorInQuery, IdempotencyKey, LimitInQuery
from assent.http.resolver import Api
from assent.http.shapes_campaigns import (
    ApprovalShown,
    CampaignPage,
    CampaignShown,
    ChangedCampaign,
    Launching,
    NewCampaign,
    ProgressShown,
    Status,
    VariantWritten,
)
from assent.identifiers import CampaignId, ProgrammeId, SegmentId, TemplateId
from assent.messages.stored import TemplateStore
from assent.telemetry import count, record


def add_campaigns(
    api: Api,
    service: Callable[[], CampaignService],
    templates: Callable[[], TemplateStore],
    once: Callable[[], Once],
    cursors: Cursors,
) -> None:
    """Register the routes."""
    _add_definitions(api, service, templates, once, cursors)
    _add_acts(api, service)


def _add_definitions(
    api: Api,
    service: Callable[[], CampaignService],
    templates: Callable[[], TemplateStore],
    once: Callable[[], Once],
    cursors: Cursors,
) -> None:
    @api.get("/v1/campaigns", tags=["Campaigns"])
    def list_campaigns(
        status: Annotated[Status | None, Query()] = None,
        limit: LimitInQuery = PAGE,
        cursor: CursorInQuery = None,
    ) -> CampaignPage:
        """Campaigns, newest first; of one status or all."""
        query = f"campaigns {status}"
        after = cursors.read(query, cursor)
        found = service().campaigns(CampaignStatus(status) if status else None)
        page, more = page_of(found, lambda c: c.campaign_id, after, limit)
        return CampaignPage(
            items=[shown(each) for each in page], next_cursor=cursors.issue(query, more)
        )

    @api.post("/v1/campaigns", status_code=201, tags=["Campaigns"])
    def create_campaign(body: NewCampaign, idempotency_key: IdempotencyKey = None) -> CampaignShown:
        """Draft a campaign. Nothing is sent before it is launched."""
        actor = api.staff.subject

        def work() -> str:
            made = service().draft(_definition(body, templates), actor)
            record("campaign_drafted", {"campaign_id": made.campaign_id, "by": actor})
            return shown(made).model_dump_json()

        scope = f"campaigns {actor}"
        answer = once().run(scope, idempotency_key, body.model_dump_json(), work)
        made = CampaignShown.model_validate_json(answer)
        api.about(made.campaign_id)
        return made

    @api.get("/v1/campaigns/<campaign_id>", tags=["Campaigns"])
    def read_campaign(campaign_id: CampaignInPath) -> CampaignShown:
        """One campaign with its progress."""
        return _with_progress(service(), service().campaign(CampaignId(campaign_id)))

    @api.put("/v1/campaigns/<campaign_id>", tags=["Campaigns"])
    def change_campaign(campaign_id: CampaignInPath, body: ChangedCampaign) -> CampaignShown:
        """Replace a draft. A launched campaign is frozen: draft another."""
        actor = api.staff.subject
        wanted = _definition(body, templates)
        made = service().edit(CampaignId(campaign_id), wanted, body.version, actor)
        record("campaign_edited", {"campaign_id": campaign_id, "by": actor})
        return shown(made)


def _add_acts(api: Api, service: Callable[[], CampaignService]) -> None:
    @api.post("/v1/campaigns/<campaign_id>/launch", tags=["Campaigns"])
    def launch_campaign(
        campaign_id: CampaignInPath, body: Launching | None = None
    ) -> CampaignShown:
        """Start what was rehearsed. It sends from the next permitted hour of each person on."""
        wanted = _launch(body) if body else Launch()
        actor = api.staff.subject
        return _acted("launched", service().launch(CampaignId(campaign_id), actor, wanted))

    @api.post("/v1/campaigns/<campaign_id>/approve", tags=["Campaigns"])
    def approve_campaign(campaign_id: CampaignInPath) -> CampaignShown:
        """Agree, as a second person, to exactly what was rehearsed."""
        return _acted("approved", service().approve(CampaignId(campaign_id), api.staff.subject))

    @api.post("/v1/campaigns/<campaign_id>/pause", tags=["Campaigns"])
    def pause_campaign(campaign_id: CampaignInPath) -> CampaignShown:
        """Stop sending for now; it can be resumed."""
        return _acted("paused", service().pause(CampaignId(campaign_id), api.staff.subject))

    @api.post("/v1/campaigns/<campaign_id>/resume", tags=["Campaigns"])
    def resume_campaign(campaign_id: CampaignInPath) -> CampaignShown:
        """Go on with a paused campaign; nobody who was texted is texted again."""
        return _acted("resumed", service().resume(CampaignId(campaign_id), api.staff.subject))

    @api.post("/v1/campaigns/<campaign_id>/cancel", tags=["Campaigns"])
    def cancel_campaign(campaign_id: CampaignInPath) -> CampaignShown:
        """End it for good; who was not texted yet is counted as cancelled."""
        return _acted("cancelled", service().cancel(CampaignId(campaign_id), api.staff.subject))

    def _acted(did: str, campaign: Campaign) -> CampaignShown:
        count(f"Campaign{did.capitalize()}")
        facts = {"campaign_id": campaign.campaign_id, "by": api.staff.subject, "reason": "staff"}
        record(f"campaign_{did}", facts)
        return _with_progress(service(), campaign)


def _definition(body: NewCampaign, templates: Callable[[], TemplateStore]) -> Definition:
    """Raises InputError unless the words are given in one way, and TemplateNotFoundError."""
    variants = tuple(Variant(v.name, v.weight, v.body, v.others) for v in body.variants)
    if [body.body is not None, body.template_id is not None, bool(variants)].count(True) != 1:
        message = "Give a body, or a template_id, or variants."
        raise InputError(message, field="body")
    words: tuple[str, str | None, dict[str, str], str | None]
    words = (body.body or "", body.locale, body.others, None)
    if body.template_id is not None:
        stored = templates().template(TemplateId(body.template_id), body.template_version)
        named = f"{stored.template_id}@{stored.version}"
        words = (stored.body, stored.locale, dict(stored.others), named)
    elif variants:
        words = (variants[0].body, body.locale, {}, None)
    text, locale, others, template = words
    return Definition(
        locale=locale,
        others=others,
        template=template,
        variants=variants,
        hours=(body.hours[0], body.hours[1]) if body.hours else None,
        name=body.name,
        programme_id=ProgrammeId(body.programme_id),
        segment_id=SegmentId(body.segment_id),
        body=text,
        quiet_hours=QuietHours(body.quiet_hours),
        quiet_hours_reason=body.quiet_hours_reason,
        hold_out_percent=body.hold_out_percent,
    )


def _with_progress(service: CampaignService, campaign: Campaign) -> CampaignShown:
    return shown(campaign, service.progress(campaign.campaign_id))


def shown(campaign: Campaign, progress: Progress | None = None) -> CampaignShown:
    """Return the campaign as the API shows it."""
    definition, frozen, order = campaign.definition, campaign.frozen, campaign.order
    return CampaignShown(
        campaign_id=campaign.campaign_id,
        name=definition.name,
        programme_id=definition.programme_id,
        segment_id=definition.segment_id,
        body=definition.body,
        locale=definition.locale,
        others=dict(definition.others),
        template=definition.template,
        hours=list(definition.hours) if definition.hours else None,
        variants=[
            VariantWritten(name=v.name, weight=v.weight, body=v.body, others=dict(v.others))
            for v in definition.variants
        ],
        quiet_hours=definition.quiet_hours.value,
        quiet_hours_reason=definition.quiet_hours_reason,
        hold_out_percent=definition.hold_out_percent,
        status=campaign.status.value,
        version=campaign.version,
        created_at=iso(campaign.created_at),
        created_by=campaign.created_by,
        launched_at=iso(frozen.launched_at) if frozen else None,
        starts_at=iso(order.start_at) if order and order.start_at else None,
        local_time=order.local_time if order else None,
        rehearsed_at=iso(campaign.rehearsed.at) if campaign.rehearsed else None,
        approval=_approval(campaign.approval),
        progress=_progress(progress) if progress else None,
    )


def _launch(body: Launching) -> Launch:
    """Raises InputError for a time that is none, or that names a place where it may not."""
    if body.schedule_at is None:
        return Launch(body.allow_empty)
    try:
        at = datetime.fromisoformat(body.schedule_at)
    except ValueError:
        raise InputError("There is no such time.", field="schedule_at") from None
    if (at.tzinfo is None) is not body.recipient_local:
        message = "An instant has an offset; a time at each person's own place has none."
        raise InputError(message, field="schedule_at")
    if body.recipient_local:
        return Launch(body.allow_empty, local_time=at)
    return Launch(body.allow_empty, start_at=at.astimezone(UTC))


def _approval(approval: Approval | None) -> ApprovalShown | None:
    return ApprovalShown(by=approval.by, at=iso(approval.at)) if approval else None


def _progress(progress: Progress) -> ProgressShown:
    fates = {fate.value: progress.fates.get(fate, 0) for fate in Fate}
    return ProgressShown(
        planned=progress.planned,
        **fates,
        reasons=dict(progress.reasons),
        excluded=dict(progress.excluded),
        variants=dict(progress.variants),
        clicks=dict(progress.clicks),
        opt_outs=progress.opt_outs,
        parts_sent=progress.parts_sent,
        rate_per_second=_rate(progress),
    )


def _rate(progress: Progress) -> float:
    if progress.first_sent_at is None or progress.last_sent_at is None:
        return 0.0
    seconds = (progress.last_sent_at - progress.first_sent_at).total_seconds()
    return round(progress.parts_sent / max(seconds, 1.0), 2)
