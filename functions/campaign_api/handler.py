"""Lets staff write programmes and segments, and run campaigns."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.audience.service import SegmentService
from assent.aws import clients
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.flow_store import DynamoFlowStore
from assent.aws.idempotency_store import DynamoIdempotencyStore
from assent.aws.inbox_store import DynamoInboxStore
from assent.aws.launch_schedules import EventBridgeLaunchSchedules
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rehearsal_store import DynamoRehearsalStore
from assent.aws.segment_store import DynamoSegmentStore
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.aws.template_store import DynamoTemplateStore
from assent.aws.workflow import StepFunctionsWorkflow
from assent.campaigns.personal_links import SampleLinks
from assent.campaigns.prices import price_list
from assent.campaigns.rehearsals import Rehearsals
from assent.campaigns.service import CampaignService
from assent.campaigns.stopping import Stopping
from assent.clock import SystemClock
from assent.evidence.staff_audit import StaffAudit
from assent.flows.checks import FlowChecks
from assent.flows.service import FlowService
from assent.http.cursors import checksum
from assent.http.idempotency import Once
from assent.http.marketing import MarketingServices, marketing_api
from assent.http.registration import RegistrationDesk
from assent.http.rehearsals import RehearsalDesk
from assent.identifiers import RandomIds
from assent.inbound.keywords import classify
from assent.inbound.normalise import normalise
from assent.messages.alphabet import count_parts
from assent.messages.stored import Templates
from assent.papers.registration import Registration
from assent.programmes.service import ProgrammeService
from assent.programmes.wording import Reader
from assent.settings import CampaignApiSettings
from assent.telemetry import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.http.resolver import Api
    from assent.papers.registration import Pack


@functools.cache
def wiring() -> MarketingServices:
    """Read the environment once and put the parts together."""
    settings = CampaignApiSettings.from_env()
    dynamodb, clock, ids = clients.dynamodb(), SystemClock(), RandomIds()
    programmes = DynamoProgrammeStore(dynamodb, settings.programmes_table)
    segments = DynamoSegmentStore(dynamodb, settings.segments_table)
    subscribers = DynamoSubscriberScan(dynamodb, settings.subscribers_table, clock)
    campaigns = CampaignService(
        store=DynamoCampaignStore(dynamodb, settings.campaigns_table, clock),
        segments=segments,
        programmes=programmes,
        workflow=StepFunctionsWorkflow(
            clients.stepfunctions(), settings.campaign_state_machine_arn
        ),
        clock=clock,
        ids=ids,
        schedules=EventBridgeLaunchSchedules(
            clients.scheduler(),
            settings.launch_schedules,
            settings.campaign_state_machine_arn,
            settings.launch_role,
        ),
        approval_above=settings.approval_above,
    )
    rehearsals = Rehearsals(
        campaigns=campaigns.store,
        store=DynamoRehearsalStore(dynamodb, settings.campaigns_table),
        segments=segments,
        programmes=programmes,
        subscribers=subscribers,
        workflow=StepFunctionsWorkflow(
            clients.stepfunctions(), settings.rehearsal_state_machine_arn
        ),
        clock=clock,
        ids=ids,
        parts_per_second=settings.parts_per_second,
    )
    flows = FlowService(
        DynamoFlowStore(dynamodb, settings.campaigns_table),
        campaigns.store,
        FlowChecks(programmes, SampleLinks(settings.public_url)),
        clock,
        ids,
    )
    idempotency = DynamoIdempotencyStore(dynamodb, settings.control_table)
    return MarketingServices(
        programmes=ProgrammeService(
            programmes, clock, settings.allowed_countries, _reader(settings.support_contact)
        ),
        segments=SegmentService(segments, subscribers, programmes, clock, ids),
        templates=Templates(DynamoTemplateStore(dynamodb, settings.templates_table), clock, ids),
        campaigns=campaigns,
        rehearsals=RehearsalDesk(
            rehearsals,
            price_list(settings.prices_per_part),
            settings.parts_per_second,
        ),
        stopping=Stopping(campaigns.store, clock, flows),
        inbox=DynamoInboxStore(dynamodb, settings.inbox_table),
        flows=flows,
        # Bodies here hold no phone number, so a plain hash gives nothing away.
        once=Once(idempotency, clock, checksum),
        brand=settings.brand,
        registration=RegistrationDesk(
            Registration(
                programmes,
                campaigns.store,
                DynamoTemplateStore(dynamodb, settings.templates_table),
                subscribers,
                settings.public_url,
                settings.support_contact,
            ),
            _page,
        ),
        audit=StaffAudit(DynamoStaffAuditStore(dynamodb, settings.staff_audit_table), clock),
    )


def _page(pack: Pack) -> str:
    """Only a pack pays for the pages."""
    from assent.web.registration import registration_page

    return registration_page(pack)


def _reader(support_contact: str) -> Reader:
    def is_one_part(text: str) -> bool:
        counted = count_parts(text)
        return (counted.parts, counted.encoding) == (1, "GSM-7")

    return Reader(
        is_one_part=is_one_part,
        fold=normalise,
        reads_as=lambda text, country: classify(text, country).action.value,
        support_contact=support_contact,
    )


@functools.cache
def api() -> Api:
    """Return the routes, built at the first request."""
    return marketing_api(wiring)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    with invocation(event["requestContext"]["requestId"]):
        return api().resolve(event, context)
