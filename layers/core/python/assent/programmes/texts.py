"""The texts the service sends of its own accord, in the languages it speaks.

They are data, each one GSM-7 part long with names of ordinary length; Spanish drops the accents
that GSM-7 lacks, because one of them would cost a second part. Required elements: CTIA Messaging
Principles 5.1.1 to 5.1.3 (May 2023); 47 CFR 64.1200(a)(12) for the opt-out confirmation, which
confirms only and sells nothing.
"""

from __future__ import annotations

import functools
import json
import re
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assent.programmes.model import Programme

FALLBACK = "en"


class SystemText(StrEnum):
    """Which text."""

    CONFIRMATION = "confirmation"
    CONFIRMED = "confirmed"
    OPTED_OUT = "opted_out"
    HELP = "help"
    RESTARTED = "restarted"
    START_WITHOUT_REQUEST = "start_without_request"
    REMINDER = "reminder"
    RECONFIRMATION = "reconfirmation"


# What the blanks of a text may be called.
BLANKS = ("brand", "programme", "frequency", "support_contact", "code")
_BLANK = re.compile(r"\{(\w+)\}")


def system_text(
    kind: SystemText,
    locale: str,
    programme: Programme | None,
    brand: str,
    support_contact: str,
    code: str | None = None,
) -> str:
    """Return the text in the locale's language, or in English where it is not spoken.

    With no programme, the parts that only a programme can fill are left out. Raises ValueError
    when `kind` needs a programme or a code that was not given.
    """
    words = _texts()[language(locale)]
    template = own_text(programme, kind, locale) or words[kind.value]
    if "{programme}" in template and programme is None:
        message = f"the text {kind.value} needs a programme"
        raise ValueError(message)
    if "{code}" in template and code is None:
        message = f"the text {kind.value} needs a code"
        raise ValueError(message)
    text = fill(template, blanks(locale, programme, brand, support_contact, code))
    return text if programme else _without_gap(text)


def blanks(
    locale: str,
    programme: Programme | None,
    brand: str,
    support_contact: str,
    code: str | None = None,
) -> dict[str, str]:
    """Return what fills the blanks of a text, by their names."""
    words = _texts()[language(locale)]
    frequency = words["frequency"].format(n=programme.max_per_month) if programme else ""
    name = programme.name if programme else ""
    return dict(zip(BLANKS, (brand, name, frequency, support_contact, code or ""), strict=True))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the text. Its blanks are replaced in one pass: what fills one is never read as one."""
    return _BLANK.sub(lambda match: values.get(match[1], match[0]), template)


def own_text(programme: Programme | None, kind: SystemText, locale: str) -> str | None:
    """Return the programme's own text in this locale, or in its language; None: it has none."""
    texts = programme.terms.texts.get(kind.value, {}) if programme else {}
    return texts.get(locale) or texts.get(locale.split("-", maxsplit=1)[0])


def brand_wide(programmes: Iterable[Programme], kind: SystemText) -> Programme | None:
    """Return the programme that words a text which no one programme sends (an answer to STOP, say):
    the first, by id, that has one of its own."""
    having = (each for each in programmes if kind.value in each.terms.texts)
    return min(having, key=lambda each: each.programme_id, default=None)


def language(locale: str) -> str:
    """Return the language of these texts that serves `locale`, such as `fr` for `fr-CA`."""
    wanted = locale.replace("_", "-").split("-")[0].lower()
    return wanted if wanted in _texts() else FALLBACK


def chosen_locale(wanted: str | None, offered: Iterable[str]) -> str:
    """Return the one of `offered` that suits `wanted` best; the first where none does."""
    choices = tuple(offered)
    exact = (wanted or "").replace("_", "-").lower()
    for choice in choices:
        if choice.lower() == exact:
            return choice
    for choice in choices:
        if choice.split("-")[0].lower() == exact.split("-")[0]:
            return choice
    return choices[0] if choices else FALLBACK


def _without_gap(text: str) -> str:
    return text.replace(". . ", ". ").replace(".  ", ". ")


@functools.cache
def _texts() -> dict[str, dict[str, str]]:
    source = resources.files("assent.programmes") / "data" / "system_texts.json"
    return cast("dict[str, dict[str, str]]", json.loads(source.read_text(encoding="utf-8")))
