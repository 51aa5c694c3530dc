"""What is offered: a programme and the exact words in which its consent is asked.

A disclosure is immutable once published, because an event years old must still show its wording.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assent.identifiers import ProgrammeId


@dataclass(frozen=True, slots=True)
class OptInTerms:
    """How people get into a programme. Words are kept as texts are compared: folded and bare.

    `yes_words`, per locale, confirm beside YES; a text of one of `join_words` asks for consent.
    `pending_hours` is how long a request waits. `texts` replace the house's own by kind and locale.
    `import_grades` say, by grade of evidence, what is done with people in a file; a grade that is
    left out is handled as the house does.
    """

    yes_words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    join_words: tuple[str, ...] = ()
    sends_reminder: bool = False
    pending_hours: int = 72
    reconfirm_after_days: int | None = None
    expires_on_silence: bool = False
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    import_grades: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def pending_for(self) -> timedelta:
        return timedelta(hours=self.pending_hours)


@dataclass(frozen=True, slots=True)
class ReadyClasses:
    """What makes a person of the programme new, inactive or VIP; who is none of these is regular.

    New: confirmed within `new_days`. VIP: at least `vip_purchases` within `vip_days`. Inactive: not
    new, and for `inactive_days` neither clicked, replied, bought nor visited."""

    new_days: int = 30
    inactive_days: int = 90
    vip_purchases: int = 3
    vip_days: int = 365


@dataclass(frozen=True, slots=True)
class Programme:
    """One named stream of texts. `max_per_month` is the frequency promised in the disclosure;
    `countries` are ISO 3166 alpha-2; the first of `locales` is the fallback. `terms` say how people
    get in, and how their consent is kept true. `origins` are the web sites, such as
    `https://shop.example`, whose pages may show the sign-up form. `classes` are the thresholds of
    the ready classes in segments."""

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
    version: int = 1
    terms: OptInTerms = field(default_factory=OptInTerms, hash=False)
    origins: tuple[str, ...] = ()
    classes: ReadyClasses = field(default_factory=ReadyClasses)

    @property
    def frequency(self) -> str:
        """The promise in words, as system texts give it."""
        return f"up to {self.max_per_month} msgs/month"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The consent wording shown for one programme in one locale."""

    programme_id: ProgrammeId
    locale: str
    version: int
    text: str
    published_at: datetime

    @property
    def digest(self) -> str:
        """SHA-256 in hex of the exact text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class ProgrammeStore(Protocol):
    """Where programmes and their disclosures are kept."""

    def programme(self, programme_id: ProgrammeId) -> Programme:
        """Raises ProgrammeNotFoundError."""
        ...

    def programmes(self) -> Sequence[Programme]:
        """Return all, by id."""
        ...

    def create(self, programme: Programme) -> None:
        """Raises AlreadyExistsError."""
        ...

    def replace(self, programme: Programme, *, expected_version: int) -> None:
        """Raises ChangedMeanwhileError."""
        ...

    def publish(self, disclosure: Disclosure) -> None:
        """Add a new version; never changes one. Raises AlreadyExistsError."""
        ...

    def disclosure(self, programme_id: ProgrammeId, locale: str, version: int) -> Disclosure:
        """Raises DisclosureNotFoundError."""
        ...

    def latest_disclosures(self, programme_id: ProgrammeId) -> Sequence[Disclosure]:
        """Return the newest version of each locale."""
        ...
