"""A programme's own words and texts, checked before anybody is answered by them.

A text of its own must say what the house's says: the required elements of its kind, filled in as it
will be sent, in one GSM-7 part. A word of its own must not be read as anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.errors import InputError, InvalidTextError
from assent.programmes.texts import BLANKS, SystemText, system_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assent.programmes.model import Programme

_CODE = "000000"
_MAX_WORD = 20


class Element(StrEnum):
    """What a text must contain."""

    BRAND = "brand"
    PROGRAMME = "programme"
    FREQUENCY = "frequency"
    RATES = "rates"
    HELP = "help"
    STOP = "stop"
    CODE = "code"
    ANSWER = "how to answer"
    CONTACT = "contact"
    NO_MORE = "that no more will come"


_FULL = (Element.BRAND, Element.PROGRAMME, Element.FREQUENCY, Element.RATES)
_WAYS = (Element.HELP, Element.STOP)
# CTIA Messaging Principles 5.1.1 to 5.1.3 (May 2023); AWS registration checklist; for the opt-out
# confirmation 47 CFR 64.1200(a)(12).
REQUIRED: Mapping[SystemText, tuple[Element, ...]] = MappingProxyType(
    {
        SystemText.CONFIRMATION: (*_FULL, Element.CODE, Element.ANSWER, *_WAYS),
        SystemText.REMINDER: (*_FULL, Element.ANSWER, *_WAYS),
        SystemText.RECONFIRMATION: (*_FULL, Element.ANSWER, *_WAYS),
        SystemText.CONFIRMED: (*_FULL, *_WAYS),
        SystemText.OPTED_OUT: (Element.BRAND, Element.NO_MORE),
        SystemText.HELP: (Element.BRAND, Element.CONTACT, Element.STOP),
        SystemText.RESTARTED: (Element.BRAND, Element.RATES, *_WAYS),
        SystemText.START_WITHOUT_REQUEST: (Element.BRAND, Element.STOP),
    }
)
_BLANK_OF = {
    Element.BRAND: "brand",
    Element.PROGRAMME: "programme",
    Element.FREQUENCY: "frequency",
    Element.CODE: "code",
    Element.CONTACT: "support_contact",
}
_SIGNS = {
    element: re.compile(sign)
    for element, sign in {
        Element.RATES: r"(?i)\brates?\b|tarifas?|\bfrais\b|tarif|kosten|geb(ü|ue)hren",
        Element.HELP: r"\b(HELP|AYUDA|AIDE|HILFE)\b",
        Element.STOP: r"\bSTOP\b",
        Element.NO_MORE: r"(?i)no more|no further|not (get|receive)|unsubscribed|opted out|ya no|"
        r"no recibir|baja|plus (de|aucun)|ne recevrez|d(é|e)sinscri|keine|abgemeldet",
    }.items()
}
_YES = re.compile(r"\b(YES|SI|SÍ|OUI|JA)\b")


@dataclass(frozen=True, slots=True)
class Reader:
    """How texts are counted and read elsewhere in the house; given, not imported, since programmes
    know neither alphabets nor inbound words.

    `is_one_part`: fits one GSM-7 part. `fold` makes texts comparable. `reads_as` names what a text
    of a country is taken for: `opt_out`, `help`, `confirm`, ... or `feedback` for nothing at all.
    """

    is_one_part: Callable[[str], bool]
    fold: Callable[[str], str]
    reads_as: Callable[[str, str], str]
    support_contact: str


def check_texts(programme: Programme, reader: Reader) -> None:
    """Raises InvalidTextError that names kind, locale and what is wrong with the text."""
    for name, texts in programme.terms.texts.items():
        if name not in set(SystemText):
            message = f"there is no text {name}; there are {', '.join(SystemText)}"
            raise InvalidTextError(message, field="texts")
        for locale, text in texts.items():
            fault = _fault(programme, SystemText(name), locale, text, reader)
            if fault:
                message = f"the text {name} in {locale} {fault}"
                raise InvalidTextError(message, field="texts")


def _fault(
    programme: Programme, kind: SystemText, locale: str, text: str, reader: Reader
) -> str | None:
    if locale not in programme.locales:
        return "is in a locale that the programme does not have"
    unknown = sorted({each for each in re.findall(r"\{(\w*)\}", text) if each not in BLANKS})
    if unknown:
        return f"has blanks that nothing fills: {', '.join(unknown)}"
    missing = [e.value for e in REQUIRED[kind] if not has(text, e, programme, locale)]
    if missing:
        return f"lacks: {', '.join(missing)}"
    filled = system_text(kind, locale, programme, programme.brand, reader.support_contact, _CODE)
    return None if reader.is_one_part(filled) else "is longer than one part of 160 GSM-7 characters"


def has(text: str, element: Element, programme: Programme, locale: str) -> bool:
    """Return whether a text, its blanks not filled yet, shows a sign of the element."""
    if element in _BLANK_OF:
        blank = "{" + _BLANK_OF[element] + "}" in text
        return blank or (element is Element.BRAND and programme.brand in text)
    if element is Element.ANSWER:
        words = programme.terms.yes_words.get(locale, ())
        own = any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in words)
        return own or _YES.search(text) is not None
    return _SIGNS[element].search(text) is not None


def check_words(programme: Programme, others: Iterable[Programme], reader: Reader) -> None:
    """Raises InputError for a word that means something else already: to the house in any country
    of the programme, or to another programme."""
    terms = programme.terms
    for field, words in (
        ("yes_words", [word for each in terms.yes_words.values() for word in each]),
        ("join_words", list(terms.join_words)),
    ):
        for word in words:
            fault = _word_fault(word, field, programme, reader)
            if fault:
                message = f"{word!r} {fault}"
                raise InputError(message, field=field)
    if set(terms.yes_words) - set(programme.locales):
        message = "give words for the programme's own locales"
        raise InputError(message, field="yes_words")
    _check_unique(programme, others)


def _word_fault(word: str, field: str, programme: Programme, reader: Reader) -> str | None:
    if not word or word != reader.fold(word) or len(word) > _MAX_WORD:
        return f"is no word of at most {_MAX_WORD} letters or digits in lower case"
    allowed = {"feedback", "confirm"} if field == "yes_words" else {"feedback"}
    for country in programme.countries:
        taken_for = reader.reads_as(word, country)
        if taken_for not in allowed:
            return f"is read as {taken_for} in {country}"
    return None


def _check_unique(programme: Programme, others: Iterable[Programme]) -> None:
    own_yes = {word for each in programme.terms.yes_words.values() for word in each}
    mine = set(programme.terms.join_words)
    if len(mine) != len(programme.terms.join_words) or mine & own_yes:
        message = "each word may be given once"
        raise InputError(message, field="join_words")
    for other in others:
        if other.programme_id == programme.programme_id:
            continue
        yes = {word for each in other.terms.yes_words.values() for word in each}
        if mine & ({*other.terms.join_words} | yes) or own_yes & {*other.terms.join_words}:
            message = f"the programme {other.programme_id} has this word"
            raise InputError(message, field="join_words")
