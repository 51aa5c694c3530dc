"""Staff routes over rehearsals: have one made, and read what it found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assent.campaigns.findings import Findings, name_of
from assent.campaigns.prices import PriceList
from assent.campaigns.rehearsal import Note, Rehearsal
from assent.campaigns.rehearsals import Rehearsals
from assent.campaigns.report import CostForecast, WindowForecast, cost, forecast
from assent.clock import iso
from assent.http.parameters import CampaignInPath
from assent.http.resolver import Api
from assent.http.shapes_rehearsals import (
    CostShown,
    CountryCostShown,
    CulpritShown,
    NoteShown,
    RehearsalShown,
    ReportShown,
    WindowShown,
    WorstCaseShown,
)
from assent.identifiers import CampaignId
from assent.telemetry import count, record


@dataclass(frozen=True, slots=True)
class RehearsalDesk:
    """What these routes need."""

    rehearsals: Rehearsals
    prices: PriceList
    parts_per_second: int


def add_rehearsals(api: Api, desk: Callable[[], RehearsalDesk]) -> None:
    """Register the routes."""

    @api.post("/v1/campaigns/<campaign_id>/rehearsal", status_code=202, tags=["Campaigns"])
    def rehearse_campaign(campaign_id: CampaignInPath) -> RehearsalShown:
        """Count what a launch would do, without a text. Ask for the result until it is done."""
        actor = api.staff.subject
        begun = desk().rehearsals.begin(CampaignId(campaign_id), actor)
        count("RehearsalBegun")
        record("rehearsal_begun", {"campaign_id": campaign_id, "by": actor, "reason": "staff"})
        return shown(begun, desk())

    @api.get("/v1/campaigns/<campaign_id>/rehearsal", tags=["Campaigns"])
    def read_rehearsal(campaign_id: CampaignInPath) -> RehearsalShown:
        """The newest rehearsal of a campaign."""
        return shown(desk().rehearsals.newest(CampaignId(campaign_id)), desk())


def shown(rehearsal: Rehearsal, desk: RehearsalDesk) -> RehearsalShown:
    """Return the rehearsal as the API shows it."""
    return RehearsalShown(
        rehearsal_id=rehearsal.rehearsal_id,
        campaign_id=rehearsal.campaign_id,
        status=rehearsal.status.value,
        started_at=iso(rehearsal.started_at),
        started_by=rehearsal.started_by,
        finished_at=iso(rehearsal.finished_at) if rehearsal.finished_at else None,
        errors=_notes(rehearsal.errors),
        warnings=_notes(rehearsal.warnings),
        report=_report(rehearsal, rehearsal.findings, desk) if rehearsal.findings else None,
    )


def _report(rehearsal: Rehearsal, findings: Findings, desk: RehearsalDesk) -> ReportShown:
    windows = forecast(findings, desk.parts_per_second, rehearsal.started_at)
    worst = findings.worst
    return ReportShown(
        recipients=findings.recipients,
        held_out=findings.held_out,
        excluded=dict(findings.excluded),
        suppressed=dict(findings.suppressed),
        not_renderable=dict(findings.not_renderable),
        over_promise=findings.over_promise,
        parts={str(parts): people for parts, people in sorted(findings.parts.items())},
        parts_per_second=desk.parts_per_second,
        windows=[_window(each) for each in windows],
        finish_at=iso(windows[-1].finish_at) if windows else None,
        cost=_cost(cost(findings, desk.prices), desk.prices),
        worst_case=WorstCaseShown(parts=worst.parts, characters=worst.characters, text=worst.text)
        if worst
        else None,
        culprits=_culprits(findings),
    )


def _window(window: WindowForecast) -> WindowShown:
    return WindowShown(
        release_at=iso(window.release_at),
        people=window.people,
        parts=window.parts,
        finish_at=iso(window.finish_at),
    )


def _cost(costs: CostForecast, prices: PriceList) -> CostShown:
    return CostShown(
        currency=prices.currency,
        prices_as_of=prices.as_of,
        total=str(costs.total),
        unpriced=list(costs.unpriced),
        countries=[
            CountryCostShown(
                country=each.country,
                people=each.people,
                parts=each.parts,
                cost=None if each.cost is None else str(each.cost),
                source=each.source,
            )
            for each in costs.countries
        ],
    )


def _culprits(findings: Findings) -> list[CulpritShown]:
    worst_first = sorted(findings.culprits.items(), key=lambda entry: -entry[1].people)
    return [
        CulpritShown(
            character=character,
            name=name_of(character),
            people=culprit.people,
            position=culprit.position,
            where="text" if culprit.where == "text" else "data",
        )
        for character, culprit in worst_first
    ]


def _notes(notes: Sequence[Note]) -> list[NoteShown]:
    return [NoteShown(code=note.code, detail=note.detail) for note in notes]
