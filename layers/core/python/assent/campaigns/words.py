"""In which words each person is addressed: the variant that is theirs, in their language.

The variant is drawn by a hash under the campaign's own id: the same for a person in every run,
whichever worker asks, and apart from the draw of the hold-out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.messages.locales import best_of
from assent.messages.tracked import targets_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.audience.subscriber import Subscriber
    from assent.campaigns.model import Campaign, Definition
    from assent.identifiers import SubscriberKey
    from assent.messages.template import Template
    from assent.programmes.model import Programme


@dataclass(frozen=True, slots=True)
class Wording:
    """One variant: its texts by locale, the first being the one for everybody else. `variant` is
    None in a campaign without variants. `numbers` are those of its tracked links, by target."""

    variant: str | None
    weight: int
    texts: Mapping[str, Template]
    numbers: Mapping[str, int]

    def text_for(self, subscriber: Subscriber) -> Template:
        """Return the text in the person's language."""
        if len(self.texts) == 1:
            return next(iter(self.texts.values()))
        return self.texts[best_of(self.texts, str(subscriber.profile.get("locale") or ""))]


@dataclass(frozen=True, slots=True)
class Words:
    """All the words of a campaign, compiled."""

    salt: bytes
    wordings: tuple[Wording, ...]

    @classmethod
    def of(cls, campaign: Campaign, programme: Programme) -> Words:
        """Raises InvalidTextError."""
        return cls(campaign.campaign_id.encode()[:64], wordings_of(campaign.definition, programme))

    def wording_of(self, subscriber_key: SubscriberKey) -> Wording:
        """Return the person's own variant."""
        if len(self.wordings) == 1:
            return self.wordings[0]
        digest = hashlib.blake2b(
            subscriber_key.encode(), digest_size=8, key=self.salt, person=b"variant"
        ).digest()
        drawn = int.from_bytes(digest, "big") % sum(each.weight for each in self.wordings)
        for wording in self.wordings:
            drawn -= wording.weight
            if drawn < 0:
                return wording
        return self.wordings[-1]


def wordings_of(definition: Definition, programme: Programme) -> tuple[Wording, ...]:
    """Return every text, compiled. Raises InvalidTextError."""
    first = definition.locale or programme.locales[0]

    # Here, so that who only looks up where a link leads need not load the engine of templates.
    from assent.messages.template import Template

    def texts(body: str, others: Mapping[str, str]) -> Mapping[str, Template]:
        return {
            locale: Template.compile(
                each, brand=programme.brand, programme=programme.name, locale=locale
            )
            for locale, each in {first: body, **others}.items()
        }

    if not definition.variants:
        said = texts(definition.body, definition.others)
        return (Wording(None, 1, said, _numbers(definition, None)),)
    return tuple(
        Wording(v.name, v.weight, texts(v.body, v.others), _numbers(definition, v.name))
        for v in definition.variants
    )


def targets_of(definition: Definition) -> tuple[tuple[str | None, str], ...]:
    """Return (variant, target) of every tracked link; a link's number is its place here. The
    definition is frozen at launch, and so are these."""
    said: list[tuple[str | None, str, Mapping[str, str]]]
    said = [(v.name, v.body, v.others) for v in definition.variants]
    said = said or [(None, definition.body, definition.others)]
    found = (
        (variant, target)
        for variant, body, others in said
        for each in (body, *(others[locale] for locale in sorted(others)))
        for target in targets_in(each)
    )
    return tuple(dict.fromkeys(found))


def _numbers(definition: Definition, variant: str | None) -> Mapping[str, int]:
    return {
        target: number
        for number, (of, target) in enumerate(targets_of(definition))
        if of == variant
    }
