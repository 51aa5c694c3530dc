"""A programme store in memory with the same conditions as the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.errors import (
    AlreadyExistsError,
    ChangedMeanwhileError,
    DisclosureNotFoundError,
    ProgrammeNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.identifiers import ProgrammeId
    from assent.programmes.model import Disclosure, Programme


class InMemoryProgrammeStore:
    """A `ProgrammeStore`."""

    def __init__(self) -> None:
        self._programmes: dict[ProgrammeId, Programme] = {}
        self._disclosures: dict[tuple[ProgrammeId, str, int], Disclosure] = {}

    def programme(self, programme_id: ProgrammeId) -> Programme:
        try:
            return self._programmes[programme_id]
        except KeyError:
            message = "there is no such programme"
            raise ProgrammeNotFoundError(message) from None

    def programmes(self) -> Sequence[Programme]:
        return [self._programmes[name] for name in sorted(self._programmes)]

    def create(self, programme: Programme) -> None:
        if programme.programme_id in self._programmes:
            message = "this programme id is taken"
            raise AlreadyExistsError(message)
        self._programmes[programme.programme_id] = programme

    def replace(self, programme: Programme, *, expected_version: int) -> None:
        stored = self._programmes.get(programme.programme_id)
        if stored is None or stored.version != expected_version:
            message = "the programme changed since it was read"
            raise ChangedMeanwhileError(message)
        self._programmes[programme.programme_id] = programme

    def publish(self, disclosure: Disclosure) -> None:
        key = (disclosure.programme_id, disclosure.locale, disclosure.version)
        if key in self._disclosures:
            message = "this version is published"
            raise AlreadyExistsError(message)
        self._disclosures[key] = disclosure

    def disclosure(self, programme_id: ProgrammeId, locale: str, version: int) -> Disclosure:
        try:
            return self._disclosures[programme_id, locale, version]
        except KeyError:
            message = "there is no such disclosure"
            raise DisclosureNotFoundError(message) from None

    def latest_disclosures(self, programme_id: ProgrammeId) -> Sequence[Disclosure]:
        newest: dict[str, Disclosure] = {}
        for (owner, locale, version), disclosure in sorted(self._disclosures.items()):
            if owner == programme_id and version >= 1:
                newest[locale] = disclosure
        return [newest[locale] for locale in sorted(newest)]
