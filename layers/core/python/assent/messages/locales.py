"""Which of a text's wordings a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def best_of(locales: Iterable[str], asked: str) -> str:
    """Return the locale that is asked for, else one of its language, else the first.

    Regions of another country are better than another language: `fr-CA` reads `fr` or `fr-FR`.
    """
    known = list(locales)
    wanted = asked.replace("_", "-").casefold()
    language = wanted.partition("-")[0]
    exact = [each for each in known if each.casefold() == wanted]
    plain = [each for each in known if each.casefold() == language]
    related = [each for each in known if language and each.casefold().startswith(f"{language}-")]
    return (exact + plain + related + known)[0]
