"""The words of the pages in the languages they speak, as data.

The brand's own words (names, wordings) come from its programmes and are shown as they are.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

FALLBACK = "en"


class Words:
    """One language's catalogue: call it with a key and what fills its gaps."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogues()[language]

    def __call__(self, key: str, **gaps: object) -> str:
        """Return the text. Raises KeyError for a key that the catalogue lacks."""
        return self._texts[key].format(**gaps)

    def raw(self, key: str) -> str:
        """Return the text with its gaps as they stand, for a script that fills them."""
        return self._texts[key]

    def named(self, kind: str, name: str) -> str:
        """Return what a stored name such as `topics` is called here, else the name itself."""
        return self._texts.get(f"{kind}_{name}") or name.replace("_", " ")

    def frequency(self, n: int) -> str:
        """Return how often that is."""
        return self("frequency_one") if n == 1 else self("frequency_many", n=n)

    def date(self, instant: datetime) -> str:
        """Return the day of an instant in UTC, its month as a word: no order can be mistaken."""
        month = self._texts["months"].split(" ")[instant.month - 1]
        return self("date", day=instant.day, month=month, year=instant.year)

    def moment(self, instant: datetime) -> str:
        """Return the day and time of an instant in UTC, to the second, as a receipt needs it."""
        return self("moment", date=self.date(instant), time=f"{instant:%H:%M:%S}")


def languages() -> list[tuple[str, str]]:
    """Return the codes of all languages with their own names."""
    return [(code, texts["name"]) for code, texts in catalogues().items()]


def language_of(wanted: Iterable[str | None]) -> str:
    """Return the first of the wanted locales whose language is spoken here, else English."""
    for locale in wanted:
        code = (locale or "").replace("_", "-").split("-")[0].strip().lower()
        if code in catalogues():
            return code
    return FALLBACK


def language_name(locale: str) -> str:
    """Return a locale's language in its own words, with its region where it has one."""
    language, _, region = locale.partition("-")
    if language_of([locale]) != language.lower():
        return locale
    name = Words(language.lower())("name")
    return f"{name} ({region})" if region else name


@functools.cache
def catalogues() -> dict[str, dict[str, str]]:
    """Return every catalogue by the code of its language."""
    source = resources.files("assent.web") / "data" / "words.json"
    return cast("dict[str, dict[str, str]]", json.loads(source.read_text(encoding="utf-8")))
