"""The staff route to what carriers ask for before a programme may text."""

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from assent.http.parameters import ProgrammeInPath
from assent.http.resolver import Api
from assent.identifiers import ProgrammeId
from assent.papers.registration import Pack, Registration


@dataclass(frozen=True, slots=True)
class RegistrationDesk:
    """Packs, and what draws one as HTML."""

    registration: Registration
    page: Callable[[Pack], str]


def add_registration(api: Api, desk: Callable[[], RegistrationDesk]) -> None:
    """Register the route."""

    @api.get(
        "/v1/programmes/<programme_id>/registration-pack",
        tags=["Programmes"],
        responses={
            200: {
                "description": "A page that needs nothing else, to keep and print",
                "content": {"text/html": {"schema": {"type": "string"}}},
            }
        },
    )
    def read_registration_pack(programme_id: ProgrammeInPath) -> Response[str]:
        """What a 10DLC or short code registration asks for, from what is in use: call to action,
        wordings with what they lack, opt-in flow, sample messages, keywords, answers, volume."""
        known = desk()
        page = known.page(known.registration.pack(ProgrammeId(programme_id)))
        name = f'attachment; filename="registration-pack-{programme_id}.html"'
        return Response(200, "text/html; charset=utf-8", page, {"Content-Disposition": name})
