"""Texts kept under a name: versions that never change, each with a wording per locale.

A campaign names a version and takes its words with it, so a text that was approved is the text that
is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from assent.errors import InputError
from assent.identifiers import TemplateId
from assent.messages.template import Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.clock import Clock
    from assent.identifiers import Ids

MAX_LOCALES = 20
_MAX_NAME = 100
# Any brand will do for checking: a text is shown with the programme's own when it is used.
_SOME_BRAND = "Brand"


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """One version. `body` is the wording of `locale`; `others` are those of further locales."""

    template_id: TemplateId
    version: int
    name: str
    locale: str
    body: str
    created_at: datetime
    created_by: str
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


@dataclass(frozen=True, slots=True)
class Wording:
    """What an author writes."""

    name: str
    locale: str
    body: str
    others: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)


class TemplateStore(Protocol):
    """Where versions are kept; none is ever written again."""

    def add(self, template: StoredTemplate) -> None:
        """Raises AlreadyExistsError when the version exists."""
        ...

    def template(self, template_id: TemplateId, version: int | None = None) -> StoredTemplate:
        """Return a version, the newest without one. Raises TemplateNotFoundError."""
        ...

    def newest(self) -> Sequence[StoredTemplate]:
        """Return the newest version of each, by id."""
        ...


@dataclass(frozen=True, slots=True)
class Templates:
    """What authors do."""

    store: TemplateStore
    clock: Clock
    ids: Ids

    def create(self, wording: Wording, actor: str) -> StoredTemplate:
        """Keep a new text as its version 1. Raises InputError, InvalidTextError."""
        return self._add(TemplateId(self.ids.new("t")), 1, wording, actor)

    def add_version(
        self, template_id: TemplateId, wording: Wording, expected_version: int, actor: str
    ) -> StoredTemplate:
        """Keep the next version. Raises TemplateNotFoundError; AlreadyExistsError where the version
        after the expected one exists."""
        self.store.template(template_id, expected_version)
        return self._add(template_id, expected_version + 1, wording, actor)

    def _add(
        self, template_id: TemplateId, version: int, wording: Wording, actor: str
    ) -> StoredTemplate:
        check(wording)
        template = StoredTemplate(
            template_id,
            version,
            wording.name.strip(),
            wording.locale,
            wording.body,
            self.clock.now(),
            actor,
            dict(wording.others),
        )
        self.store.add(template)
        return template


def check(wording: Wording) -> None:
    """Raise InputError or InvalidTextError for what could not be sent to anybody."""
    name = wording.name.strip()
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        message = f"A name has 1 to {_MAX_NAME} visible characters."
        raise InputError(message, field="name")
    if wording.locale in wording.others or len(wording.others) >= MAX_LOCALES:
        message = f"Name each locale once, and at most {MAX_LOCALES}."
        raise InputError(message, field="others")
    for locale, body in {wording.locale: wording.body, **wording.others}.items():
        Template.compile(body, brand=_SOME_BRAND, locale=locale)
