"""The reviewer's order of everything about one number, as a bundle with a page to print."""

from collections.abc import Callable

from assent.evidence.export import ExportService
from assent.evidence.history import HistoryService
from assent.evidence.ordering import dossier_query
from assent.http.exports import export_shown
from assent.http.idempotency import Once
from assent.http.parameters import IdempotencyKey, phone_in
from assent.http.resolver import Api
from assent.http.shapes_evidence import ExportShown, NewDossier
from assent.telemetry import count, record


def add_dossiers(
    api: Api,
    service: Callable[[], ExportService],
    once: Callable[[], Once],
    history: Callable[[], HistoryService],
) -> None:
    """Register the route."""

    @api.post("/v1/dossiers", status_code=201, tags=["Exports"])
    def order_dossier(body: NewDossier, idempotency_key: IdempotencyKey = None) -> ExportShown:
        """Order everything about one number: its events with their proof, its texts with their
        decisions, the campaigns that did not text it and why, its replies, and who of the staff
        looked; with `dossier.html` to read and print. Follow it as an export."""
        number, actor = phone_in(body.phone), api.staff.subject
        key = history().keys.key_of(number)
        api.concerns(key)

        def work() -> str:
            events = history().history(number)
            first_at = events[0].event.at if events else None
            made = service().request(dossier_query(key, first_at, service().clock.now()), actor)
            count("DossierRequested")
            record("dossier_requested", {"export_id": made.export_id, "by": actor})
            return export_shown(made).model_dump_json(by_alias=True)

        answer = once().run(f"dossiers {actor}", idempotency_key, body.model_dump_json(), work)
        made = ExportShown.model_validate_json(answer)
        api.about(made.export_id)
        return made
