"""What a consent wording must say, checked by simple signs of each element.

A missing element is named before publication, because a wording can never be changed after it.
Signs are words in the four languages of the service; they find an omission, they do not prove
that a wording is lawful.
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.errors import DisclosureNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assent.programmes.model import Disclosure, Programme


class Missing(StrEnum):
    """An element that the wording lacks."""

    BRAND = "brand"
    FREQUENCY = "frequency"
    RATES = "rates"
    STOP = "stop"
    HELP = "help"
    TERMS = "terms"
    PRIVACY = "privacy"
    NOT_A_CONDITION = "not_a_condition"


# CTIA Messaging Principles 5.1.1 and AWS's registration checklist ask for all but the last;
# 47 CFR 64.1200(f)(9)(i)(B) asks for the last.
_SIGNS: Mapping[Missing, re.Pattern[str]] = MappingProxyType(
    {
        element: re.compile(sign, re.IGNORECASE)
        for element, sign in {
            Missing.RATES: r"\brates?\b|tarifas?|\bfrais\b|tarif|kosten|geb(ü|ue)hren",
            Missing.STOP: r"(?-i:\bSTOP\b)",
            Missing.HELP: r"(?-i:\b(HELP|AYUDA|AIDE|HILFE)\b)",
            Missing.TERMS: r"\bterms\b|t(é|e)rminos|condiciones|conditions (d'|g)|\bCGU\b|\bAGB\b"
            r"|nutzungsbedingungen",
            Missing.PRIVACY: r"privacy|privacidad|confidentialit|vie priv|datenschutz",
            Missing.NOT_A_CONDITION: r"not (\w+ ){0,4}condition"
            r"|no purchase (is )?(necessary|required)"
            r"|no es (\w+ ){0,3}(condici(ó|o)n|requisito|obligatori)"
            r"|(pas|ni) (\w+ ){0,4}(condition|obligatoire)|keine (voraussetzung|bedingung)"
            r"|nicht (\w+ ){0,3}(voraussetzung|bedingung|erforderlich)",
        }.items()
    }
)
_PER_MONTH = r"msgs?|messages?|texts?|sms|mensajes?|msjs?|nachrichten"


def lint(text: str, programme: Programme) -> tuple[Missing, ...]:
    """Return the required elements that `text` shows no sign of, in a fixed order."""
    present = {element for element, sign in _SIGNS.items() if sign.search(text)}
    if programme.brand.casefold() in text.casefold():
        present.add(Missing.BRAND)
    if re.search(rf"\b{programme.max_per_month}\b\W*({_PER_MONTH})", text, re.IGNORECASE):
        present.add(Missing.FREQUENCY)
    if programme.terms_url in text:
        present.add(Missing.TERMS)
    if programme.privacy_url in text:
        present.add(Missing.PRIVACY)
    return tuple(element for element in Missing if element not in present)


def nearest(
    disclosures: Sequence[Disclosure], locale: str | None, others: Iterable[str]
) -> Disclosure:
    """Return the wording in the locale, else in its language, else in the first of `others` that
    has one. Raises DisclosureNotFoundError when none was ever published."""
    by_locale = {each.locale.lower(): each for each in disclosures}
    wanted = [*([locale, locale.split("-")[0]] if locale else []), *others]
    for each in wanted:
        if each.lower() in by_locale:
            return by_locale[each.lower()]
    message = "This programme has no published disclosure."
    raise DisclosureNotFoundError(message)
