"""Staff routes for the rights of persons: a copy, restriction, legal hold; and the reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from assent.clock import Clock, iso
from assent.consent.model import PhoneKeys
from assent.consent.restricting import Restricting
from assent.errors import ReportNotFoundError
from assent.evidence.staff_audit import StaffAudit
from assent.http.cursors import PAGE, Cursors
from assent.http.parameters import CursorInQuery, LimitInQuery, ReviewInPath
from assent.http.resolver import Api
from assent.http.shapes_rights import (
    AccessAnswered,
    DeletionShown,
    MarkShown,
    NewAccessRequest,
    NewMark,
    RetentionPage,
    ReviewHead,
    ReviewPage,
    ReviewShown,
    RuleShown,
)
from assent.phone import PhoneNumber
from assent.rights.copy import Copies, Papers
from assent.rights.holding import Holding
from assent.rights.reports import ReportKind, ReportStore
from assent.rights.retention import Rule
from assent.telemetry import count, record

_LINK_VALID_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RightsServices:
    """What these routes need."""

    copies: Copies
    restricting: Restricting
    holding: Holding
    rules: Sequence[Rule]
    reports: ReportStore
    papers: Papers
    draw_review: Callable[[Mapping[str, object]], str]
    keys: PhoneKeys
    clock: Clock
    cursors: Cursors
    audit: StaffAudit


def rights_api(services: Callable[[], RightsServices]) -> Api:
    """Return the routes; `services` is first asked when a request comes."""
    api = Api(is_staff=True, audit=lambda: services().audit)
    _add_rights(api, services)
    _add_reports(api, services)
    return api.ready()


def _add_rights(api: Api, services: Callable[[], RightsServices]) -> None:
    @api.post("/v1/access-requests", status_code=201, tags=["Rights"])
    def answer_access_request(body: NewAccessRequest) -> AccessAnswered:
        """A copy of all that is held of a number, for a computer and to read. The links end after
        a quarter of an hour, the files after a week."""
        known, phone = services(), PhoneNumber.parse(body.phone, body.country)
        api.concerns(known.keys.key_of(phone))
        made = known.copies.make(phone)
        count("AccessAnswered")
        record("access_answered", {"reason": "staff", "by": api.staff.subject})
        return AccessAnswered(
            subscriber_key=made.subscriber_key,
            file=made.file,
            page=made.page,
            links_until=iso(made.until),
        )

    @api.post("/v1/restrictions", tags=["Rights"])
    def restrict_processing(body: NewMark) -> MarkShown:
        """Keep a person's data and use it for nothing, or use it again: while it is on, no text is
        sent but the answers to their own STOP and HELP, and no segment looks at the profile."""
        return _mark(api, services(), body, services().restricting.restrict)

    @api.post("/v1/legal-holds", tags=["Rights"])
    def hold_for_legal_reason(body: NewMark) -> MarkShown:
        """Let nothing of a number be deleted, or lift that. An erasure asked meanwhile waits, and
        is carried out within the hour once the hold is lifted."""
        return _mark(api, services(), body, services().holding.hold)


def _mark(api: Api, known: RightsServices, body: NewMark, act: Callable[..., bool]) -> MarkShown:
    key = known.keys.key_of(PhoneNumber.parse(body.phone, body.country))
    api.concerns(key)
    why = {"actor": api.staff.subject, "reason": body.reason}
    changed = act(key, why, is_on=body.state == "on")
    return MarkShown(subscriber_key=key, state=body.state, changed=changed)


def _add_reports(api: Api, services: Callable[[], RightsServices]) -> None:
    @api.get("/v1/retention", tags=["Rights"])
    def read_retention(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> RetentionPage:
        """How long what is kept, and what was deleted under which rule on which day."""
        known = services()
        before = known.cursors.read("retention", cursor)
        page, more = known.reports.page(ReportKind.RETENTION, limit=limit, before=before)
        fields = DeletionShown.model_fields
        return RetentionPage(
            rules=[_rule(rule) for rule in known.rules],
            items=[
                DeletionShown.model_validate({name: each[name] for name in fields})
                for _, each in page
            ],
            next_cursor=known.cursors.issue("retention", more),
        )

    @api.get("/v1/reviews", tags=["Rights"])
    def list_reviews(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> ReviewPage:
        """The periodic reviews, newest first."""
        known = services()
        before = known.cursors.read("reviews", cursor)
        page, more = known.reports.page(ReportKind.REVIEW, limit=limit, before=before)
        fields = ReviewHead.model_fields
        return ReviewPage(
            items=[
                ReviewHead.model_validate({name: each[name] for name in fields}) for _, each in page
            ],
            next_cursor=known.cursors.issue("reviews", more),
        )

    @api.get("/v1/reviews/<review_id>", tags=["Rights"])
    def read_review(review_id: ReviewInPath) -> ReviewShown:
        """One review, with a link to its page; the page is made anew of the report."""
        known = services()
        report = known.reports.one(ReportKind.REVIEW, review_id)
        if report is None:
            message = "There is no such review."
            raise ReportNotFoundError(message)
        name = f"reviews/{review_id}.html"
        known.papers.put(name, known.draw_review(report), "text/html; charset=utf-8")
        return ReviewShown(
            review_id=review_id,
            report=dict(report),
            page=known.papers.link(name, _LINK_VALID_FOR),
            link_until=iso(known.clock.now() + _LINK_VALID_FOR),
        )


def _rule(rule: Rule) -> RuleShown:
    return RuleShown.model_validate(
        {name: getattr(rule, name) for name in RuleShown.model_fields}
        | {"of_programme": dict(rule.of_programme)}
    )
