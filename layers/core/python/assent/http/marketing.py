"""All routes of the staff who run campaigns, on one resolver."""

from collections.abc import Callable
from dataclasses import dataclass

from assent.audience.service import SegmentService
from assent.campaigns.service import CampaignService
from assent.campaigns.stopping import Stopping
from assent.evidence.staff_audit import StaffAudit
from assent.flows.service import FlowService
from assent.http.campaigns import add_campaigns
from assent.http.control import add_control
from assent.http.cursors import Cursors, checksum
from assent.http.flows import add_flows
from assent.http.idempotency import Once
from assent.http.inbox import add_inbox
from assent.http.programmes import add_programmes
from assent.http.registration import RegistrationDesk, add_registration
from assent.http.rehearsals import RehearsalDesk, add_rehearsals
from assent.http.resolver import Api
from assent.http.segments import add_segments
from assent.http.templates import add_templates
from assent.inbound.inbox import InboxStore
from assent.messages.stored import Templates
from assent.programmes.service import ProgrammeService


@dataclass(frozen=True, slots=True)
class MarketingServices:
    """What these routes need. `brand` names programmes that do not name their own."""

    programmes: ProgrammeService
    segments: SegmentService
    templates: Templates
    campaigns: CampaignService
    rehearsals: RehearsalDesk
    stopping: Stopping
    inbox: InboxStore
    flows: FlowService
    once: Once
    brand: str
    audit: StaffAudit
    registration: RegistrationDesk


def marketing_api(services: Callable[[], MarketingServices]) -> Api:
    """Return the routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True, audit=lambda: services().audit)
    # This function may not use the phone key, and its lists say nothing about one person.
    cursors = Cursors(checksum)
    add_programmes(api, lambda: services().programmes, cursors, lambda: services().brand)
    add_registration(api, lambda: services().registration)
    add_segments(api, lambda: services().segments, cursors)
    add_templates(api, lambda: services().templates, cursors)
    campaigns, templates = (lambda: services().campaigns), (lambda: services().templates.store)
    add_campaigns(api, campaigns, templates, lambda: services().once, cursors)
    add_control(api, lambda: services().stopping, lambda: services().campaigns)
    add_rehearsals(api, lambda: services().rehearsals)
    add_flows(api, lambda: services().flows, templates, lambda: services().once, cursors)
    add_inbox(api, lambda: services().inbox, cursors)
    return api.ready()
