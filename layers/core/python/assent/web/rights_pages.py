"""Pages that are made once, kept as files, and read or printed elsewhere.

They stand alone: no script, nothing loaded, and the policy is in the file: a bucket sends none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from assent.web.pages import style_sheet, template

if TYPE_CHECKING:
    from collections.abc import Mapping


def draw_copy(document: Mapping[str, object]) -> str:
    """Return the page of a person's copy; in: the document of `rights.copy`."""
    return _draw("rights/copy.html", document)


def draw_review(document: Mapping[str, object]) -> str:
    """Return the page of a review; in: the document of `rights.review`."""
    return _draw("rights/review.html", document)


def _draw(name: str, document: Mapping[str, object]) -> str:
    return template(name).render(
        d=document,
        day=lambda text: str(text)[:10],
        minute=lambda text: f"{str(text)[:10]} {str(text)[11:16]} UTC",
        css=Markup(style_sheet()),  # noqa: S704 - our own file, without a "<"
    )
