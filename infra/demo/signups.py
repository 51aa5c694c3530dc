"""The morning's sign-ups: 578 rows as people and bots typed them, and what each person texts back.

Numbers come from ranges that regulators keep for drama and tests, so nobody's phone rings even if
somebody points this at a real account.
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = Path(__file__).with_name("signups.csv")
# What the sign-up page calls the field that people do not see and bots fill.
HIDDEN_FIELD = "website"
_BOT = "bot: fills hidden field"
_YES = frozenset({"yes", "y", "yes please!"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What the sign-up page got from the service for one visitor's language. Its token is left
    out: each is for one form, filled no faster than a hand can."""

    locale: str
    version: int


@dataclass(frozen=True, slots=True)
class SignUp:
    """One row. `number` is the phone it rings at (None: no phone has such a number)."""

    line: int
    after_seconds: float
    number: str | None
    reply: str
    is_bot: bool
    fields: Mapping[str, str]

    @property
    def is_agreed(self) -> bool:
        """Whether the reply is a yes."""
        return self.reply.strip().casefold() in _YES

    def form(self, programme_id: str, shown: Shown) -> dict[str, object]:
        """Return the form as the sign-up page posts it, with the wording that it showed."""
        row = self.fields
        form: dict[str, object] = {
            "programme_id": programme_id,
            "phone": row["phone"],
            "consent": row["consent"] == "true",
            "locale": shown.locale,
            "disclosure_version": shown.version,
            "page_url": row["page_url"],
            "profile": self._profile(),
        }
        if row["country"]:
            form["country"] = row["country"]
        if row["max_per_month"]:
            form["max_per_month"] = int(row["max_per_month"])
        if self.is_bot:
            form[HIDDEN_FIELD] = "https://cheap-pills.example"
        return form

    def _profile(self) -> dict[str, object]:
        row = self.fields
        profile: dict[str, object] = {
            name: row[name] for name in ("first_name", "postal_code", "time_zone") if row[name]
        }
        if row["birth_year"]:
            profile["birth_year"] = int(row["birth_year"])
        if row["interests"]:
            profile["topics"] = row["interests"].split(";")
        return profile


def read(path: Path = FILE) -> Sequence[SignUp]:
    """Return the rows in the order in which they came in."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            SignUp(
                line=line,
                after_seconds=float(row["offset_seconds"]),
                number=_number(row["phone"], row["country"]),
                reply=row["replies"],
                is_bot=row["note"] == _BOT,
                fields=row,
            )
            for line, row in enumerate(csv.DictReader(lines), start=2)
        ]


def _number(raw: str, country: str) -> str | None:
    """What a phone company would ring, without asking whether the service would accept it."""
    visible = "".join(c for c in raw if unicodedata.category(c) != "Cf")
    try:
        number = phonenumbers.parse(visible, country or None)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
