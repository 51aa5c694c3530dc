"""The staff route that shows a text as one subscriber would read it, before anybody does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assent.audience.subscriber import Subscriber
from assent.campaigns.personal_links import SampleLinks, links_in, tracked_in
from assent.consent.model import PhoneKeys, Standing
from assent.errors import InputError, SubscriberNotFoundError
from assent.http.resolver import Api
from assent.http.shapes_templates import (
    CulpritShown,
    NewPreview,
    NotRenderableShown,
    PreviewShown,
)
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey, TemplateId
from assent.messages.alphabet import count_parts
from assent.messages.culprits import culprits, transliterated
from assent.messages.locales import best_of
from assent.messages.stored import TemplateStore
from assent.messages.template import NotRenderable, Template
from assent.phone import PhoneNumber
from assent.programmes.model import ProgrammeStore

_NOBODY = Standing(SubscriberKey("k0_nobody"), None)


@dataclass(frozen=True, slots=True)
class PreviewServices:
    """What the route needs. `person` reads one subscriber; `site` is where links lead."""

    templates: TemplateStore
    programmes: ProgrammeStore
    person: Callable[[SubscriberKey], Subscriber | None]
    keys: PhoneKeys
    site: str


def add_previews(api: Api, services: Callable[[], PreviewServices]) -> None:
    """Register the route."""

    @api.post("/v1/templates/preview", tags=["Templates"])
    def preview_template(body: NewPreview) -> PreviewShown:
        """Show a text for one subscriber, by phone, or for data made up: what it says, its parts,
        what was added, which characters make it dear, or why it cannot be sent."""
        known = services()
        person = None
        if body.phone is not None:
            key = known.keys.key_of(PhoneNumber.parse(body.phone, body.country))
            api.concerns(key)
            person = known.person(key)
            if person is None or person.standing.restricted_at is not None:
                message = "Nobody of this number is known whose data may be used."
                raise SubscriberNotFoundError(message)
        return _preview(known, body, person)


def _preview(known: PreviewServices, body: NewPreview, person: Subscriber | None) -> PreviewShown:
    programme = known.programmes.programme(ProgrammeId(body.programme_id))
    fields: Mapping[str, object] = {**(person.profile if person else {}), **body.fields}
    asked = body.locale or str(fields.get("locale") or "")
    wordings = _wordings(known, body, programme.locales[0])
    locale = best_of(wordings, asked)
    template = Template.compile(
        wordings[locale], brand=programme.brand, programme=programme.name, locale=locale
    )
    standing = person.standing if person else _NOBODY
    links = links_in(template, SampleLinks(known.site), standing, programme.programme_id)
    samples = SampleLinks(known.site)
    followed = tracked_in(template, {}, samples, standing, CampaignId("c_0"))
    rendered = template.render(fields, {**links, **followed})
    plainer = transliterated(wordings[locale])
    is_missing = isinstance(rendered, NotRenderable)
    text = None if isinstance(rendered, NotRenderable) else rendered.body
    counted = count_parts(text) if text is not None else None
    return PreviewShown(
        locale=locale,
        text=text,
        parts=counted.parts if counted else None,
        encoding=counted.encoding.value if counted else None,
        units=counted.units if counted else None,
        adds_brand=template.adds_brand,
        adds_opt_out=template.adds_opt_out,
        culprits=_culprits(text or wordings[locale]),
        transliterated_body=plainer if plainer != wordings[locale] else None,
        not_renderable=_why(rendered) if is_missing else None,
    )


def _wordings(known: PreviewServices, body: NewPreview, locale: str) -> Mapping[str, str]:
    """Return the text by locale, its own first."""
    if (body.body is None) == (body.template_id is None):
        message = "Give either a body or a template_id."
        raise InputError(message, field="body")
    if body.body is not None:
        return {body.locale or locale: body.body}
    stored = known.templates.template(TemplateId(body.template_id or ""), body.version)
    return {stored.locale: stored.body, **stored.others}


def _culprits(text: str) -> list[CulpritShown]:
    return [
        CulpritShown(
            character=each.character,
            name=each.name,
            index=each.index,
            count=each.count,
            instead=each.instead,
        )
        for each in culprits(text)
    ]


def _why(rendered: object) -> NotRenderableShown | None:
    if not isinstance(rendered, NotRenderable):
        return None
    return NotRenderableShown(reason=rendered.reason, missing=list(rendered.missing))
