"""What marketers and compliance do with programmes: offer, edit, publish the wording.

A wording is only ever added: a consent given years ago must still show the words it was given in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assent.errors import (
    AlreadyExistsError,
    ChangedMeanwhileError,
    InputError,
    InvalidTextError,
    SettingsError,
)
from assent.programmes.disclosure import lint
from assent.programmes.model import Disclosure, OptInTerms, Programme, ReadyClasses
from assent.programmes.wording import check_texts, check_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.clock import Clock
    from assent.identifiers import ProgrammeId
    from assent.programmes.model import ProgrammeStore
    from assent.programmes.wording import Reader

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_LOCALE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_URL = re.compile(r"https://[^\s/]+\S*")
# An origin as browsers send it; without TLS only a developer's own machine.
_ORIGIN = re.compile(
    r"(https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|http://(?:localhost|127\.0\.0\.1))(:[0-9]{1,5})?"
)
_MAX_NAME = 40
_MAX_BRAND = 30
_MAX_DESCRIPTION = 500
_MAX_DISCLOSURE = 4000
_MAX_PER_MONTH = 100
_PUBLISH_TRIES = 5
# The texts of a request count for 30 days, and so long at most does it wait.
_MAX_PENDING_HOURS = 720
_REMINDER_HOURS = 24
# Engagement is counted within a year.
_MAX_CLASS_DAYS, _MAX_VIP_PURCHASES = 366, 100
# A question a month is no care for consent any more.
_RECONFIRM_DAYS = (60, 3650)


@dataclass(frozen=True, slots=True)
class ProgrammeDraft:
    """A programme as somebody wants it. Fields are those of `Programme`."""

    programme_id: ProgrammeId
    name: str
    brand: str
    description: str
    max_per_month: int
    countries: tuple[str, ...]
    locales: tuple[str, ...]
    terms_url: str
    privacy_url: str
    topics: tuple[str, ...] = ()
    terms: OptInTerms = field(default_factory=OptInTerms, hash=False)
    origins: tuple[str, ...] = ()
    classes: ReadyClasses = field(default_factory=ReadyClasses)


@dataclass(frozen=True, slots=True)
class ProgrammeService:
    """The use cases of programmes. `allowed_countries` is the deployment's own list; without a
    `reader`, a programme can have no words and texts of its own."""

    store: ProgrammeStore
    clock: Clock
    allowed_countries: tuple[str, ...]
    reader: Reader | None = None

    def create(self, draft: ProgrammeDraft) -> Programme:
        """Offer a new programme. Raises InputError or AlreadyExistsError."""
        programme = self._checked(draft, version=1)
        self.store.create(programme)
        return programme

    def replace(
        self, programme_id: ProgrammeId, draft: ProgrammeDraft, expected_version: int
    ) -> Programme:
        """Edit a programme. Raises InputError, ProgrammeNotFoundError, ChangedMeanwhileError."""
        self.store.programme(programme_id)
        if draft.programme_id != programme_id:
            message = "the id of a programme cannot be changed"
            raise InputError(message, field="programme_id")
        programme = self._checked(draft, version=expected_version + 1)
        self.store.replace(programme, expected_version=expected_version)
        return programme

    def publish_disclosure(self, programme_id: ProgrammeId, locale: str, text: str) -> Disclosure:
        """Publish a wording as the locale's next version; the newest, again, stays as it is.

        Raises ProgrammeNotFoundError, InputError for a locale the programme does not have, and
        InvalidTextError that names every required element the wording lacks.
        """
        programme = self.store.programme(programme_id)
        if locale not in programme.locales:
            message = "the programme does not have this locale"
            raise InputError(message, field="locale")
        _check_wording(text, programme)
        for _ in range(_PUBLISH_TRIES):
            newest = self._newest(programme_id, locale)
            if newest is not None and newest.text == text:
                return newest
            version = newest.version + 1 if newest else 1
            disclosure = Disclosure(programme_id, locale, version, text, self.clock.now())
            try:
                self.store.publish(disclosure)
            except AlreadyExistsError:
                continue
            return disclosure
        message = "others keep publishing this wording"
        raise ChangedMeanwhileError(message)

    def programme(self, programme_id: ProgrammeId) -> Programme:
        """Raises ProgrammeNotFoundError."""
        return self.store.programme(programme_id)

    def programmes(self) -> Sequence[Programme]:
        """Return all, by id."""
        return self.store.programmes()

    def disclosures(self, programme_id: ProgrammeId) -> Sequence[Disclosure]:
        """Return the newest wording of each locale. Raises ProgrammeNotFoundError."""
        self.store.programme(programme_id)
        return self.store.latest_disclosures(programme_id)

    def _newest(self, programme_id: ProgrammeId, locale: str) -> Disclosure | None:
        newest = self.store.latest_disclosures(programme_id)
        return next((each for each in newest if each.locale == locale), None)

    def _checked(self, draft: ProgrammeDraft, version: int) -> Programme:
        faults = {
            "programme_id": not _ID.fullmatch(draft.programme_id),
            "name": not _is_line(draft.name, _MAX_NAME),
            "brand": not _is_line(draft.brand, _MAX_BRAND),
            "description": len(draft.description) > _MAX_DESCRIPTION,
            "max_per_month": not 1 <= draft.max_per_month <= _MAX_PER_MONTH,
            "countries": not _all_match(_COUNTRY, draft.countries)
            or not set(draft.countries) <= set(self.allowed_countries),
            "locales": not _all_match(_LOCALE, draft.locales),
            "terms_url": not _URL.fullmatch(draft.terms_url),
            "privacy_url": not _URL.fullmatch(draft.privacy_url),
            "topics": not all(_is_line(topic, _MAX_NAME) for topic in draft.topics),
            "classes": not _are_classes(draft.classes),
            "origins": not all(_ORIGIN.fullmatch(origin) for origin in draft.origins),
            **_term_faults(draft.terms),
        }
        for name, is_faulty in faults.items():
            if is_faulty:
                raise InputError(_ADVICE[name], field=name)
        programme = Programme(
            draft.programme_id,
            draft.name,
            draft.brand,
            draft.description,
            draft.max_per_month,
            draft.countries,
            draft.locales,
            draft.terms_url,
            draft.privacy_url,
            draft.topics,
            version,
            draft.terms,
            draft.origins,
            draft.classes,
        )
        self._check_wording(programme)
        return programme

    def _check_wording(self, programme: Programme) -> None:
        terms = programme.terms
        if not (terms.texts or terms.yes_words or terms.join_words):
            return
        if self.reader is None:
            message = "this service was given nothing to check words and texts with"
            raise SettingsError(message)
        check_words(programme, self.store.programmes(), self.reader)
        check_texts(programme, self.reader)


_ADVICE = {
    "programme_id": "use 1 to 40 lower-case letters, digits and inner hyphens",
    "name": f"use 1 to {_MAX_NAME} characters on one line",
    "brand": f"use 1 to {_MAX_BRAND} characters on one line",
    "description": f"use at most {_MAX_DESCRIPTION} characters",
    "max_per_month": f"promise between 1 and {_MAX_PER_MONTH} messages a month",
    "countries": "name countries by two capital letters, each one that this service may text",
    "locales": "name at least one locale such as en or fr-CA",
    "terms_url": "give an https address",
    "privacy_url": "give an https address",
    "topics": f"use 1 to {_MAX_NAME} characters on one line for each topic",
    "classes": "count 1 to 366 days, and 1 to 100 purchases",
    "origins": "name web sites such as https://shop.example, without a path",
    "pending_hours": f"let a request wait between 1 and {_MAX_PENDING_HOURS} hours",
    "reconfirm_after_days": f"ask anew after {_RECONFIRM_DAYS[0]} to {_RECONFIRM_DAYS[1]} days",
    "expires_on_silence": "give reconfirm_after_days too: nobody is silent who is not asked",
    "sends_reminder": f"a reminder comes after {_REMINDER_HOURS} hours: let requests wait longer",
    "import_grades": "accept no grade but A as it is: only there did the phone itself say yes",
}


def _term_faults(terms: OptInTerms) -> dict[str, bool]:
    days, (least, most) = terms.reconfirm_after_days, _RECONFIRM_DAYS
    return {
        "pending_hours": not 1 <= terms.pending_hours <= _MAX_PENDING_HOURS,
        "reconfirm_after_days": days is not None and not least <= days <= most,
        "expires_on_silence": terms.expires_on_silence and days is None,
        "sends_reminder": terms.sends_reminder and terms.pending_hours <= _REMINDER_HOURS,
        "import_grades": any(
            handling == "accept" and grade != "A" for grade, handling in terms.import_grades.items()
        ),
    }


def _is_line(text: str, longest: int) -> bool:
    return 0 < len(text.strip()) <= longest and text.isprintable()


def _all_match(pattern: re.Pattern[str], values: tuple[str, ...]) -> bool:
    return bool(values) and all(pattern.fullmatch(value) for value in values)


def _check_wording(text: str, programme: Programme) -> None:
    if len(text) > _MAX_DISCLOSURE:
        message = f"use at most {_MAX_DISCLOSURE} characters"
        raise InvalidTextError(message, field="text")
    missing = lint(text, programme)
    if missing:
        message = f"the wording lacks: {', '.join(missing)}"
        raise InvalidTextError(message, field="text")


def _are_classes(classes: ReadyClasses) -> bool:
    spans = (classes.new_days, classes.inactive_days, classes.vip_days)
    in_range = all(1 <= days <= _MAX_CLASS_DAYS for days in spans)
    return in_range and 1 <= classes.vip_purchases <= _MAX_VIP_PURCHASES
