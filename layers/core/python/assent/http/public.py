"""The public routes: what a sign-up form reads and sends, and the API's description.

Every well-formed sign-up has one answer, so that nobody learns from it who is subscribed.
"""

import contextlib
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.consent.profile import check_profile
from assent.dialling import Dialling, dialling
from assent.errors import ProgrammeNotFoundError, TooManyRequestsError
from assent.evidence.digest import DigestStore
from assent.http.checkpoint import add_checkpoint
from assent.http.fields import Locale
from assent.http.idempotency import Once
from assent.http.origins import add_preflights, let_in
from assent.http.parameters import IdempotencyKey, ProgrammeInPath
from assent.http.resolver import Api
from assent.http.shapes_opt_in import (
    Accepted,
    Confirmation,
    Confirmed,
    DiallingShown,
    OptIn,
    PublicProgramme,
    ShownDisclosure,
)
from assent.identifiers import ProgrammeId
from assent.opt_in.form_token import FormTokens
from assent.opt_in.service import OptInForm, OptInService
from assent.programmes.disclosure import nearest
from assent.programmes.model import Disclosure, Programme, ProgrammeStore
from assent.telemetry import count, record


@dataclass(frozen=True, slots=True)
class PublicServices:
    """What the public routes need."""

    programmes: ProgrammeStore
    opt_in: OptInService
    form_tokens: FormTokens
    once: Once
    digests: DigestStore
    public_url: str = ""


def public_api(services: Callable[[], PublicServices]) -> Api:
    """Return the public routes; `services` is first asked when a request comes."""
    api = Api(is_staff=False)

    @api.get("/v1/programmes/<programme_id>", tags=["Sign-up"])
    def read_programme(
        programme_id: ProgrammeInPath, locale: Annotated[Locale | None, Query()] = None
    ) -> PublicProgramme:
        """What the form shows: the programme and the consent wording in the nearest locale."""
        known = services()
        programme = known.programmes.programme(ProgrammeId(programme_id))
        let_in(api, programme, known.public_url)
        disclosures = known.programmes.latest_disclosures(programme.programme_id)
        shown = nearest(disclosures, locale, programme.locales)
        return _public(programme, shown, known.form_tokens.issue(programme.programme_id))

    @api.post("/v1/opt-ins", status_code=202, tags=["Sign-up"])
    def ask_for_consent(body: OptIn, idempotency_key: IdempotencyKey = None) -> Accepted:
        """Ask to be texted. The person must still confirm from their own phone; the answer is the
        same for every number."""
        known = services()
        _let_in(api, known, body.programme_id)
        ask = functools.partial(_ask, known.opt_in, _form(body, api, known.public_url))
        answer = known.once.run("opt-ins", idempotency_key, body.model_dump_json(), ask)
        return Accepted.model_validate_json(answer)

    @api.post("/v1/opt-ins/confirm", tags=["Sign-up"])
    def confirm_consent(body: Confirmation) -> Confirmed:
        """Confirm with the code from the text. Wrong, used, expired and never issued look alike."""
        known, programme_id = services(), ProgrammeId(body.programme_id)
        _let_in(api, known, programme_id)
        known.opt_in.confirm_code(programme_id, body.phone, body.code, body.country)
        count("ConsentConfirmed")
        record("consent_confirmed", {"programme_id": programme_id, "reason": "code"})
        return Confirmed()

    add_checkpoint(api, lambda: services().digests)
    _add_description(api)
    add_preflights(api)
    return api.ready()


def _add_description(api: Api) -> None:
    @api.get(
        "/v1/openapi.json",
        tags=["Description"],
        cache_control="public, max-age=300",
        enable_validation=False,
    )
    def read_openapi() -> Response[Any]:
        """This document."""
        document = resources.files("assent.http").joinpath("openapi.json").read_text()
        return Response(200, "application/json", json.loads(document))


def _let_in(api: Api, known: PublicServices, programme_id: str) -> None:
    """Only a browser's call costs a read; an unknown programme is the call's own to refuse."""
    if api.header("origin") is not None:
        with contextlib.suppress(ProgrammeNotFoundError):
            programme = known.programmes.programme(ProgrammeId(programme_id))
            let_in(api, programme, known.public_url)


def _ask(opt_in: OptInService, form: OptInForm) -> str:
    try:
        opt_in.request(form)
    except TooManyRequestsError:
        count("SignUpRefused")
        raise
    count("OptInRequested")
    record("opt_in_requested", {"programme_id": form.programme_id, "reason": "form"})
    return Accepted().model_dump_json()


def _public(programme: Programme, shown: Disclosure, form_token: str) -> PublicProgramme:
    return PublicProgramme(
        programme_id=programme.programme_id,
        name=programme.name,
        brand=programme.brand,
        description=programme.description,
        frequency=programme.frequency,
        max_per_month=programme.max_per_month,
        countries=list(programme.countries),
        dialling=[_dialling(found) for c in programme.countries if (found := dialling(c))],
        topics=list(programme.topics),
        terms_url=programme.terms_url,
        privacy_url=programme.privacy_url,
        disclosure=ShownDisclosure(version=shown.version, locale=shown.locale, text=shown.text),
        form_token=form_token,
    )


def _dialling(how: Dialling) -> DiallingShown:
    return DiallingShown(
        country=how.country,
        code=how.code,
        trunk=how.trunk,
        lengths=list(how.lengths),
        example=how.example,
    )


def _form(body: OptIn, api: Api, public_url: str) -> OptInForm:
    profile = body.profile.model_dump(exclude_none=True) if body.profile else {}
    if body.max_per_month is not None:
        profile["max_per_month"] = body.max_per_month
    check_profile(profile)
    return OptInForm(
        programme_id=ProgrammeId(body.programme_id),
        phone_raw=body.phone,
        country=body.country,
        consent=body.consent,
        disclosure_version=body.disclosure_version,
        locale=body.locale,
        page_url=body.page_url,
        profile=profile,
        form_token=body.form_token,
        honeypot=body.website or "",
        ip=api.source_ip,
        user_agent=api.user_agent,
        site=(public_url or f"https://{api.domain}").rstrip("/"),
    )
