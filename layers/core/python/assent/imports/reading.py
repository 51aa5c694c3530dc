"""A row as a person and a claim, or as the fault that names its column and what to do.

Nothing is guessed: a time without a zone, a number that could be several, a status in another
service's words are faults, because a wrong consent is worse than a missing one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.consent.profile import check_profile
from assent.errors import InvalidPhoneError, InvalidTextError
from assent.imports.grading import Claim
from assent.imports.layouts import PROFILE, Layout, Meaning
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.imports.records import Record

_MAX_VALUE = 64
_MAX_TOPICS = 20
_MAX_PROOF = 2000
_YEARS = range(1900, 2101)
_JSON_COLUMN = "attributes"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken; `column` is the one to look at, "" for the row as a whole."""

    code: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A row about something else, such as an e-mail address; or one that claims nothing."""

    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class ImportedPerson:
    """What a row says. `is_opt_out`: it reports a withdrawal, whatever else it says. `profile`
    holds only what the row fills: a blank cell never erases."""

    phone: PhoneNumber
    is_opt_out: bool
    claim: Claim
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"ImportedPerson({self.phone!r})"


def read_person(
    record: Record, layout: Layout, country: str | None, now: datetime
) -> ImportedPerson | Fault | PassedOver:
    """Return what the row says. `country` is that of national spellings without one of their own;
    no time may lie after `now`."""
    if record.fault:
        return Fault(record.fault)
    row = _Row(_opened(record.values), layout)
    if any(row.values.get(name, "").strip().lower() != v for name, v in layout.only.items()):
        return PassedOver("other_channel")
    status = row.get(Meaning.STATUS).lower()
    is_opt_out = status in layout.no
    if not is_opt_out and status not in layout.yes and (status or layout.needs_status):
        return PassedOver("no_claim")
    try:
        phone = row.phone(country, is_opt_out=is_opt_out)
    except InvalidPhoneError as error:
        return Fault(f"invalid_phone:{error.reason}", row.column(Meaning.PHONE))
    if is_opt_out:
        return ImportedPerson(phone, True, Claim(other=row.proof()))
    return _claimant(row, phone, now)


def _claimant(row: _Row, phone: PhoneNumber, now: datetime) -> ImportedPerson | Fault:
    times: dict[Meaning, datetime | None] = {}
    for meaning in (Meaning.CONSENTED_AT, Meaning.CONFIRMED_AT):
        found = _time(row.get(meaning), now)
        if isinstance(found, str):
            return Fault(found, row.column(meaning))
        times[meaning] = found
    profile = row.profile()
    if isinstance(profile, Fault):
        return profile
    try:
        check_profile(profile)
    except InvalidTextError as error:
        return Fault("too_long", row.column(Meaning(error.field or "")))
    claim = Claim(
        consented_at=times[Meaning.CONSENTED_AT],
        wording=row.get(Meaning.WORDING)[:_MAX_PROOF],
        where=(row.get(Meaning.PAGE_URL) or row.get(Meaning.WHERE))[:_MAX_PROOF],
        confirmed_at=times[Meaning.CONFIRMED_AT],
        confirmed_by=row.get(Meaning.CONFIRMED_BY)[:_MAX_PROOF],
        other=row.proof(),
    )
    return ImportedPerson(phone, False, claim, profile)


@dataclass(frozen=True, slots=True)
class _Row:
    values: Mapping[str, str]
    layout: Layout

    def column(self, meaning: Meaning) -> str:
        """Return the file's own name of the column."""
        named = [c for c, m in self.layout.columns.items() if m is meaning]
        return next((c for c in named if c in self.values), named[0] if named else meaning.value)

    def get(self, meaning: Meaning) -> str:
        return self.values.get(self.column(meaning), "").strip()

    def country(self, default: str | None) -> str | None:
        own = self.get(Meaning.COUNTRY).upper()
        return own if len(own) == 2 and own.isalpha() else default  # noqa: PLR2004 - ISO 3166

    def phone(self, default: str | None, *, is_opt_out: bool) -> PhoneNumber:
        """Return the number; an opt-out's also where it cannot be texted. Raises
        InvalidPhoneError."""
        raw = self.get(Meaning.PHONE)
        try:
            return PhoneNumber.parse(raw, self.country(default))
        except InvalidPhoneError:
            if is_opt_out and raw.startswith("+"):
                return PhoneNumber.from_carrier(raw)
            raise

    def proof(self) -> Mapping[str, str]:
        """Return what else the row says about how the person agreed."""
        named = (Meaning.WHERE, Meaning.PAGE_URL, Meaning.IP, Meaning.USER_AGENT)
        found = {m.value: self.get(m)[:_MAX_PROOF] for m in named if self.get(m)}
        return MappingProxyType(found)

    def profile(self) -> Mapping[str, object] | Fault:
        found: dict[str, object] = {}
        for meaning in sorted(PROFILE):
            text = self.get(meaning)
            if not text:
                continue
            if meaning is Meaning.BIRTH_YEAR:
                if not (text.isascii() and text.isdigit() and int(text[:5]) in _YEARS):
                    return Fault("not_a_year", self.column(meaning))
                found[meaning.value] = int(text)
            elif meaning is Meaning.TOPICS:
                topics = [each.strip() for each in text.split(",") if each.strip()]
                if len(topics) > _MAX_TOPICS or any(len(each) > _MAX_VALUE for each in topics):
                    return Fault("too_long", self.column(meaning))
                found[meaning.value] = topics
            elif len(text) > _MAX_VALUE or not text.isprintable():
                return Fault("too_long", self.column(meaning))
            else:
                found[meaning.value] = text
        return MappingProxyType(found)


def _opened(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the row with a column of JSON spread out, as listmonk writes attributes."""
    text = values.get(_JSON_COLUMN, "")
    if not text.startswith("{"):
        return values
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return values
    scalars = {k: str(v) for k, v in inner.items() if isinstance(v, (str, int))}
    return {**values, **{f"{_JSON_COLUMN}.{k.lower()}": v for k, v in scalars.items()}}


def _time(text: str, now: datetime) -> datetime | str | None:
    """Return the instant, None for a blank, or the name of what is wrong with it."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return "not_a_time"
    if at.tzinfo is None:
        return "time_without_zone"
    at = at.astimezone(UTC)
    return "time_in_the_future" if at > now else at
