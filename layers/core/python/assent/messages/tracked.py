"""The links of a text that are followed: `{{ "https://shop.example/sale" | link }}`.

They are taken out of the text before it is read as a template, so that an address is never an
expression, and are the same whoever asks: the text's compiler, or who looks up where a link leads.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from assent.errors import InvalidTextError, LinkNotAllowedError

MAX_IN_TEXT = 5
_MAX_LENGTH = 500
_TRACKED = re.compile(r"\{\{-?\s*([\"'])([^\"'\s{}]+)\1\s*\|\s*link\s*-?\}\}")
_NAME = re.compile(r"\btracked_\d")
_TARGET = re.compile(r"https://[A-Za-z0-9.-]+\.[A-Za-z]{2,24}(?::\d{1,5})?(?:[/?#][!-~]*)?")


def targets_in(body: str) -> tuple[str, ...]:
    """Return the targets of a text, each once, in the order of the text."""
    return tuple(dict.fromkeys(found[2] for found in _TRACKED.finditer(body)))


def without_targets(body: str) -> tuple[str, dict[str, str]]:
    """Return the text with a placeholder for each tracked link, and the targets by placeholder.

    Raises LinkNotAllowedError for a target that is no plain https address, InvalidTextError for
    too many, or for a placeholder of that name in the text itself.
    """
    if _NAME.search(body):
        raise InvalidTextError("There is no placeholder of that name.", field="body")
    targets = targets_in(body)
    if len(targets) > MAX_IN_TEXT:
        message = f"A text has at most {MAX_IN_TEXT} tracked links."
        raise InvalidTextError(message, field="body")
    for target in targets:
        _check(target)
    names = {target: f"tracked_{number}" for number, target in enumerate(targets)}
    written = _TRACKED.sub(lambda found: "{{ " + names[found[2]] + " }}", body)
    return written, {name: target for target, name in names.items()}


def _check(target: str) -> None:
    fits = len(target) <= _MAX_LENGTH and _TARGET.fullmatch(target) is not None
    if not fits or urlsplit(target).username is not None:
        message = f"A tracked link leads to a plain https address of at most {_MAX_LENGTH} signs."
        raise LinkNotAllowedError(message, field="body")
