"""Staff routes over flows: draft, edit, check, look, and the three acts that change one."""

from collections.abc import Callable

from assent.clock import iso
from assent.errors import InputError
from assent.flows.checks import FlowChecked
from assent.flows.model import Flow, FlowStep, FlowTotals, Occasion, Plan, Trigger
from assent.flows.service import FlowService
from assent.http.cursors import PAGE, Cursors, page_of
from assent.http.idempotency import Once
from assent.http.parameters import CursorInQuery, FlowInPath, IdempotencyKey, LimitInQuery
from assent.http.resolver import Api
from assent.http.shapes_flows import (
    ChangedFlow,
    FlowPage,
    FlowShown,
    FlowTried,
    NewFlow,
    NoteShown,
    StepShown,
    StepTried,
    StepWritten,
    TriggerWritten,
)
from assent.identifiers import FlowId, ProgrammeId, TemplateId
from assent.messages.stored import TemplateStore
from assent.telemetry import count, record


def add_flows(
    api: Api,
    service: Callable[[], FlowService],
    templates: Callable[[], TemplateStore],
    once: Callable[[], Once],
    cursors: Cursors,
) -> None:
    """Register the routes."""
    _add_plans(api, service, templates, once)
    _add_looks(api, service, cursors)
    _add_acts(api, service)


def _add_plans(
    api: Api,
    service: Callable[[], FlowService],
    templates: Callable[[], TemplateStore],
    once: Callable[[], Once],
) -> None:
    @api.post("/v1/flows", status_code=201, tags=["Flows"])
    def create_flow(body: NewFlow, idempotency_key: IdempotencyKey = None) -> FlowShown:
        """Draft a flow. Nobody enters it before it is activated."""
        actor = api.staff.subject

        def work() -> str:
            made = service().draft(_plan(body, templates), actor)
            record("flow_drafted", {"flow_id": made.flow_id, "by": actor})
            return _shown(made).model_dump_json()

        answer = once().run(f"flows {actor}", idempotency_key, body.model_dump_json(), work)
        made = FlowShown.model_validate_json(answer)
        api.about(made.flow_id)
        return made

    @api.put("/v1/flows/<flow_id>", tags=["Flows"])
    def change_flow(flow_id: FlowInPath, body: ChangedFlow) -> FlowShown:
        """Replace a draft. Activation fixes a flow: draft another."""
        actor = api.staff.subject
        made = service().edit(FlowId(flow_id), _plan(body, templates), body.version, actor)
        record("flow_edited", {"flow_id": flow_id, "by": actor})
        return _shown(made)


def _add_looks(api: Api, service: Callable[[], FlowService], cursors: Cursors) -> None:
    @api.get("/v1/flows", tags=["Flows"])
    def list_flows(limit: LimitInQuery = PAGE, cursor: CursorInQuery = None) -> FlowPage:
        """Flows, newest first."""
        after = cursors.read("flows", cursor)
        page, more = page_of(service().flows(), lambda f: f.flow_id, after, limit)
        items = [_shown(each) for each in page]
        return FlowPage(items=items, next_cursor=cursors.issue("flows", more))

    @api.get("/v1/flows/<flow_id>", tags=["Flows"])
    def read_flow(flow_id: FlowInPath) -> FlowShown:
        """One flow, with how many entered and what each step came to."""
        return _with_totals(service(), service().flow(FlowId(flow_id)))

    @api.get("/v1/flows/<flow_id>/check", tags=["Flows"])
    def check_flow(flow_id: FlowInPath) -> FlowTried:
        """What each text says and costs, and what forbids or advises against activation."""
        return _tried(service().check(FlowId(flow_id)))


def _add_acts(api: Api, service: Callable[[], FlowService]) -> None:
    @api.post("/v1/flows/<flow_id>/activate", tags=["Flows"])
    def activate_flow(flow_id: FlowInPath) -> FlowShown:
        """Let people in from now on, or go on after a pause."""
        return _acted("activated", service().activate(FlowId(flow_id), api.staff.subject))

    @api.post("/v1/flows/<flow_id>/pause", tags=["Flows"])
    def pause_flow(flow_id: FlowInPath) -> FlowShown:
        """Text nobody for now; people keep their place for a week."""
        return _acted("paused", service().pause(FlowId(flow_id), api.staff.subject))

    @api.post("/v1/flows/<flow_id>/end", tags=["Flows"])
    def end_flow(flow_id: FlowInPath) -> FlowShown:
        """End it for good, and the ways of all who are in it."""
        return _acted("ended", service().end(FlowId(flow_id), api.staff.subject))

    def _acted(did: str, flow: Flow) -> FlowShown:
        count(f"Flow{did.capitalize()}")
        facts = {"flow_id": flow.flow_id, "by": api.staff.subject, "reason": "staff"}
        record(f"flow_{did}", facts)
        return _with_totals(service(), flow)


def _plan(body: NewFlow, templates: Callable[[], TemplateStore]) -> Plan:
    return Plan(
        name=body.name,
        programme_id=ProgrammeId(body.programme_id),
        trigger=Trigger(Occasion(body.trigger.occasion), body.trigger.days),
        steps=tuple(_step(each, templates) for each in body.steps),
        goal=body.goal,
        re_entry_days=body.re_entry_days,
    )


def _step(step: StepWritten, templates: Callable[[], TemplateStore]) -> FlowStep:
    """Raises InputError unless the words are given in one way, and TemplateNotFoundError."""
    if (step.body is None) == (step.template_id is None):
        message = "Give each step a body or a template_id."
        raise InputError(message, field="steps")
    if step.body is not None:
        return FlowStep(step.after_hours, step.body, step.locale, dict(step.others))
    stored = templates().template(TemplateId(step.template_id or ""), step.template_version)
    named = f"{stored.template_id}@{stored.version}"
    return FlowStep(step.after_hours, stored.body, stored.locale, dict(stored.others), named)


def _with_totals(service: FlowService, flow: Flow) -> FlowShown:
    return _shown(flow, service.totals(flow.flow_id))


def _shown(flow: Flow, totals: FlowTotals | None = None) -> FlowShown:
    plan, trigger = flow.plan, flow.plan.trigger
    return FlowShown(
        flow_id=flow.flow_id,
        name=plan.name,
        programme_id=plan.programme_id,
        trigger=TriggerWritten(occasion=trigger.occasion.value, days=trigger.days),
        steps=[_step_shown(each, number, totals) for number, each in enumerate(plan.steps)],
        goal=plan.goal,
        re_entry_days=plan.re_entry_days,
        status=flow.status.value,
        version=flow.version,
        created_at=iso(flow.created_at),
        created_by=flow.created_by,
        activated_at=iso(flow.activated_at) if flow.activated_at else None,
        entered=totals.entered if totals else None,
        under_way=totals.under_way if totals else None,
        ended=dict(totals.ended) if totals else None,
    )


def _step_shown(step: FlowStep, number: int, totals: FlowTotals | None) -> StepShown:
    done = totals.of_step(number) if totals else None
    return StepShown(
        after_hours=step.after_hours,
        body=step.body,
        locale=step.locale,
        others=dict(step.others),
        template=step.template,
        fates={fate.value: people for fate, people in done.fates.items()} if done else None,
        reasons=dict(done.reasons) if done else None,
        parts_sent=done.parts_sent if done else None,
    )


def _tried(checked: FlowChecked) -> FlowTried:
    steps = [
        StepTried(
            step=each.step,
            locale=each.locale,
            text=each.text,
            missing=list(each.missing),
            parts=each.parts,
            encoding=each.encoding,
            adds_brand=each.adds_brand,
            adds_opt_out=each.adds_opt_out,
        )
        for each in checked.steps
    ]
    return FlowTried(
        steps=steps,
        errors=[NoteShown(code=each.code, detail=each.detail) for each in checked.errors],
        warnings=[NoteShown(code=each.code, detail=each.detail) for each in checked.warnings],
    )
