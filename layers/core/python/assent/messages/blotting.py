"""A text as it is kept: what only its reader may know is blotted out, sign for sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def blotted(body: str, secrets: Iterable[str]) -> str:
    """Return the body with each secret (a code, a link's token) made unreadable."""
    for secret in secrets:
        body = body.replace(secret, "•" * len(secret))
    return body
