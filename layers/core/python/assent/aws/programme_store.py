"""Programmes and the wordings they published; a published wording is never written again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assent.aws.answers import translated
from assent.aws.tables import DisclosureItem, ProgrammeItem, bind
from assent.errors import (
    AlreadyExistsError,
    ChangedMeanwhileError,
    DisclosureNotFoundError,
    ProgrammeNotFoundError,
)
from assent.identifiers import ProgrammeId
from assent.programmes.model import Disclosure, OptInTerms, Programme, ReadyClasses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

_DEFINITION = "definition"


class DynamoProgrammeStore:
    """A `ProgrammeStore`. Programmes are few: listing them scans the table."""

    def __init__(self, client: DynamoDBClient, programmes_table: str) -> None:
        self._programmes = bind(ProgrammeItem, programmes_table, client)
        self._disclosures = bind(DisclosureItem, programmes_table, client)

    def programme(self, programme_id: ProgrammeId) -> Programme:
        try:
            with translated():
                item = self._programmes.get(programme_id, _DEFINITION, consistent_read=True)
        except self._programmes.DoesNotExist:
            message = "There is no programme of this id."
            raise ProgrammeNotFoundError(message) from None
        return _programme_of(item)

    def programmes(self) -> Sequence[Programme]:
        with translated():
            items = self._programmes.scan(ProgrammeItem.part == _DEFINITION, consistent_read=True)
            found = [_programme_of(item) for item in items]
        return sorted(found, key=lambda programme: programme.programme_id)

    def create(self, programme: Programme) -> None:
        with translated(AlreadyExistsError("A programme of this id exists.")):
            self._item(programme).save(condition=ProgrammeItem.part.does_not_exist())

    def replace(self, programme: Programme, *, expected_version: int) -> None:
        with translated(ChangedMeanwhileError("The programme was changed meanwhile.")):
            self._item(programme).save(condition=ProgrammeItem.version == expected_version)

    def publish(self, disclosure: Disclosure) -> None:
        item = self._disclosures(
            disclosure.programme_id,
            _part(disclosure.locale, disclosure.version),
            locale=disclosure.locale,
            version=disclosure.version,
            text=disclosure.text,
            published_at=disclosure.published_at,
        )
        with translated(AlreadyExistsError("This version is published and stays as it is.")):
            item.save(condition=DisclosureItem.part.does_not_exist())

    def disclosure(self, programme_id: ProgrammeId, locale: str, version: int) -> Disclosure:
        try:
            with translated():
                part = _part(locale, version)
                item = self._disclosures.get(programme_id, part, consistent_read=True)
        except self._disclosures.DoesNotExist:
            message = "There is no such version of the disclosure."
            raise DisclosureNotFoundError(message) from None
        return _disclosure_of(item)

    def latest_disclosures(self, programme_id: ProgrammeId) -> Sequence[Disclosure]:
        with translated():
            parts = DisclosureItem.part.startswith("disclosure#")
            found = self._disclosures.query(programme_id, parts, consistent_read=True)
            # The version has fixed width, so the last of a locale is the newest.
            newest = {item.locale: _disclosure_of(item) for item in found}
        return [newest[locale] for locale in sorted(newest)]

    def _item(self, programme: Programme) -> ProgrammeItem:
        return self._programmes(
            programme.programme_id,
            _DEFINITION,
            name=programme.name,
            brand=programme.brand,
            description=programme.description,
            max_per_month=programme.max_per_month,
            countries=list(programme.countries),
            locales=list(programme.locales),
            terms_url=programme.terms_url,
            privacy_url=programme.privacy_url,
            topics=list(programme.topics),
            version=programme.version,
            terms=_kept(programme.terms),
            origins=list(programme.origins),
            classes=asdict(programme.classes),
        )


def _part(locale: str, version: int) -> str:
    return f"disclosure#{locale}#{version:06d}"


def _programme_of(item: ProgrammeItem) -> Programme:
    return Programme(
        programme_id=ProgrammeId(item.programme_id),
        name=item.name,
        brand=item.brand,
        description=item.description,
        max_per_month=int(item.max_per_month),
        countries=tuple(item.countries),
        locales=tuple(item.locales),
        terms_url=item.terms_url,
        privacy_url=item.privacy_url,
        topics=tuple(item.topics),
        version=int(item.version),
        terms=_terms_of(item.terms),
        # One older than they are, has none.
        origins=tuple(item.origins or ()),
        classes=ReadyClasses(**(item.classes or {})),
    )


def _kept(terms: OptInTerms) -> dict[str, object]:
    return {
        "yes_words": {locale: list(words) for locale, words in terms.yes_words.items()},
        "join_words": list(terms.join_words),
        "sends_reminder": terms.sends_reminder,
        "pending_hours": terms.pending_hours,
        "reconfirm_after_days": terms.reconfirm_after_days,
        "expires_on_silence": terms.expires_on_silence,
        "texts": {kind: dict(texts) for kind, texts in terms.texts.items()},
        "import_grades": dict(terms.import_grades),
    }


def _terms_of(kept: Mapping[str, Any] | None) -> OptInTerms:
    """Return the terms; those of a programme older than they are, are the defaults."""
    if kept is None:
        return OptInTerms()
    words = {locale: tuple(each) for locale, each in kept["yes_words"].items()}
    return OptInTerms(**{**kept, "yes_words": words, "join_words": tuple(kept["join_words"])})


def _disclosure_of(item: DisclosureItem) -> Disclosure:
    return Disclosure(
        programme_id=ProgrammeId(item.programme_id),
        locale=item.locale,
        version=int(item.version),
        text=item.text,
        published_at=item.published_at,
    )
