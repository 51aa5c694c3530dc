"""What carriers ask before a programme may text (10DLC campaign, short code), from what is in use.

Everything is taken from where the service itself takes it, so that what is registered is what
people are shown and sent; what is missing is named instead of made up.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assent.campaigns.personal_links import SampleLinks, links_in, tracked_in
from assent.consent.model import Standing
from assent.errors import DisclosureNotFoundError, InvalidTextError
from assent.identifiers import CampaignId, SubscriberKey
from assent.inbound.reading import Action
from assent.inbound.table import keyword_table
from assent.messages.alphabet import count_parts
from assent.messages.template import Rendered, Template
from assent.programmes.disclosure import lint
from assent.programmes.texts import SystemText, language, system_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assent.campaigns.model import Campaign
    from assent.identifiers import ProgrammeId
    from assent.messages.stored import StoredTemplate
    from assent.programmes.disclosure import Missing
    from assent.programmes.model import Disclosure, Programme

# The Campaign Registry and AWS ask for two to five; more only tire whoever reviews them.
MOST_SAMPLES = 5
_MADE_UP: Mapping[str, object] = {
    **{"first_name": "Ada", "last_name": "Lovelace", "postal_code": "94105", "region": "CA"},
    **{"birth_year": 1990, "max_per_month": 4, "topics": ["news"], "locale": "en"},
}
_NOBODY = Standing(SubscriberKey("k0_nobody"), None)
_ASKED = (Action.OPT_OUT, Action.HELP, Action.OPT_IN, Action.CONFIRM)


@dataclass(frozen=True, slots=True)
class CheckedWording:
    """A published disclosure and what it lacks; `is_shown`: the newest of its locale."""

    disclosure: Disclosure
    missing: tuple[Missing, ...]
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A text as it would be sent to somebody made up. `source` says where it is from."""

    source: str
    locale: str
    body: str
    parts: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, to which words."""

    kind: SystemText
    locale: str
    body: str


@dataclass(frozen=True, slots=True)
class Pack:
    """The whole pack. `subscribers` is about how many numbers there are in all; texts a month are
    at most that times the programme's promise."""

    programme: Programme
    page_url: str
    wordings: tuple[CheckedWording, ...]
    samples: tuple[Sample, ...]
    replies: tuple[Reply, ...]
    keywords: Mapping[Action, tuple[str, ...]]
    subscribers: int
    support_contact: str

    @property
    def most_per_month(self) -> int:
        return self.subscribers * self.programme.max_per_month

    @property
    def gaps(self) -> tuple[str, ...]:
        """What a reviewer would send the pack back for, as codes."""
        shown = [each for each in self.wordings if each.is_shown]
        found = [f"wording_lacks:{m.value}" for each in shown for m in each.missing]
        if self.programme.locales[0] not in {each.disclosure.locale for each in shown}:
            found.insert(0, "no_wording")
        if not self.samples:
            found.append("no_sample")
        if not self.programme.terms_url.startswith("https://"):
            found.append("terms_not_https")
        if not self.programme.privacy_url.startswith("https://"):
            found.append("privacy_not_https")
        return tuple(dict.fromkeys(found))


class Programmes(Protocol):
    """Programmes and every version of their wordings."""

    def programme(self, programme_id: ProgrammeId) -> Programme:
        """Raises ProgrammeNotFoundError."""
        ...

    def latest_disclosures(self, programme_id: ProgrammeId) -> Sequence[Disclosure]: ...

    def disclosure(self, programme_id: ProgrammeId, locale: str, version: int) -> Disclosure:
        """Raises DisclosureNotFoundError."""
        ...


class Campaigns(Protocol):
    """All campaigns, newest first."""

    def campaigns(self) -> Sequence[Campaign]: ...


class StoredTexts(Protocol):
    """The newest version of each template."""

    def newest(self) -> Sequence[StoredTemplate]: ...


class Audience(Protocol):
    """About how many subscribers there are."""

    def approximate_count(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Registration:
    """Makes packs. `site` is where people find the programme's own sign-up page."""

    programmes: Programmes
    campaigns: Campaigns
    templates: StoredTexts
    audience: Audience
    site: str
    support_contact: str

    def pack(self, programme_id: ProgrammeId) -> Pack:
        """Raises ProgrammeNotFoundError."""
        programme = self.programmes.programme(programme_id)
        return Pack(
            programme=programme,
            page_url=f"{self.site.rstrip('/')}/s/{programme_id}",
            wordings=tuple(self._wordings(programme)),
            samples=tuple(self._samples(programme)),
            replies=tuple(self._replies(programme)),
            keywords=_keywords(programme),
            subscribers=self.audience.approximate_count(),
            support_contact=self.support_contact,
        )

    def _wordings(self, programme: Programme) -> Iterator[CheckedWording]:
        for latest in self.programmes.latest_disclosures(programme.programme_id):
            yield CheckedWording(latest, lint(latest.text, programme), is_shown=True)
            for version in range(latest.version - 1, 0, -1):
                with suppress(DisclosureNotFoundError):
                    found = self.programmes.disclosure(
                        programme.programme_id, latest.locale, version
                    )
                    yield CheckedWording(found, lint(found.text, programme), is_shown=False)

    def _samples(self, programme: Programme) -> list[Sample]:
        """What the programme's own campaigns say, then what is kept for any campaign to use."""
        found: dict[str, Sample] = {}
        for source, locale, body in self._texts(programme):
            if len(found) == MOST_SAMPLES:
                break
            sample = _sample(programme, self.site, source, locale, body)
            if sample is not None:
                found.setdefault(sample.body, sample)
        return list(found.values())

    def _texts(self, programme: Programme) -> Iterator[tuple[str, str, str]]:
        first = programme.locales[0]
        for campaign in self.campaigns.campaigns():
            definition = campaign.definition
            if definition.programme_id == programme.programme_id:
                yield f"campaign {definition.name}", definition.locale or first, definition.body
        for template in self.templates.newest():
            yield f"template {template.name}", template.locale, template.body

    def _replies(self, programme: Programme) -> Iterator[Reply]:
        for locale in programme.locales:
            for kind in SystemText:
                body = system_text(
                    kind, locale, programme, programme.brand, self.support_contact, "123456"
                )
                yield Reply(kind, locale, body)


def _sample(programme: Programme, site: str, source: str, locale: str, body: str) -> Sample | None:
    """Return the text for somebody made up; None for one that cannot be made."""
    try:
        template = Template.compile(
            body, brand=programme.brand, programme=programme.name, locale=locale
        )
    except InvalidTextError:
        return None
    samples = SampleLinks(site)
    links = links_in(template, samples, _NOBODY, programme.programme_id)
    followed = tracked_in(template, {}, samples, _NOBODY, CampaignId("c_0"))
    fields = {**dict.fromkeys(template.placeholders, "Sample"), **_MADE_UP}
    rendered = template.render(fields, {**links, **followed})
    if not isinstance(rendered, Rendered):
        return None
    counted = count_parts(rendered.body)
    return Sample(source, locale, rendered.body, counted.parts, counted.encoding.value)


def _keywords(programme: Programme) -> dict[Action, tuple[str, ...]]:
    """Return the words that act, in English and in the programme's own languages."""
    languages = {"en", *(language(locale) for locale in programme.locales)}
    readings = [r for r in keyword_table().everywhere.values() if r.language in languages]
    own: dict[Action, Iterable[str]] = {
        Action.OPT_IN: programme.terms.join_words,
        Action.CONFIRM: [w for words in programme.terms.yes_words.values() for w in words],
    }
    return {
        action: tuple(
            dict.fromkeys(
                [
                    *sorted(
                        r.keyword.upper() for r in readings if r.action is action and r.keyword
                    ),
                    *(word.upper() for word in own.get(action, ())),
                ]
            )
        )
        for action in _ASKED
    }
