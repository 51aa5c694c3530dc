"""The texts the service sends of its own accord, in the languages it speaks.

They are data, each one GSM-7 part long with names of ordinary length; Spanish drops the accents
that GSM-7 lacks, because one of them would cost a second part. Required elements: CTIA Messaging
Principles 5.1.1 to 5.1.3 (May 2023); 47 CFR 64.1200(a)(12) for the opt-out confirmation, which
confirms only and sells nothing.
"""

from __future__ import annotations

import functools
import json
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    template = words[kind.value]
    if "{programme}" in template and programme is None:
        message = f"the text {kind.value} needs a programme"
        raise ValueError(message)
    if "{code}" in template and code is None:
        message = f"the text {kind.value} needs a code"
        raise ValueError(message)
    frequency = words["frequency"].format(n=programme.max_per_month) if programme else ""
    text = template.format(
        brand=brand,
        programme=programme.name if programme else "",
        frequency=frequency,
        support_contact=support_contact,
        code=code or "",
    )
    return text if programme else _without_gap(text)


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
