"""The reports that the service makes by itself: its periodic reviews, and what it deleted when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.web.console.shown import Shown

if TYPE_CHECKING:
    from assent.web.console.visits import Visit


def reviews(visit: Visit) -> Shown:
    """Show the reviews, newest first."""
    page = _page(visit, "/v1/reviews")
    values = {"title": "Reviews", "here": "desk", "reviews": page["items"]}
    return Shown("reviews.html", {**values, "next_cursor": page["next_cursor"]})


def review(visit: Visit) -> Shown:
    """Show what one review found, with the way to its whole page."""
    found = visit.api.ask("GET", f"/v1/reviews/{visit.named['review_id']}")
    return Shown("review.html", {"title": "Review", "here": "desk", "review": found})


def retention(visit: Visit) -> Shown:
    """Show how long what is kept, and what was deleted."""
    page = _page(visit, "/v1/retention")
    values = {"title": "What is kept how long", "here": "desk", "rules": page["rules"]}
    more = {"deletions": page["items"], "next_cursor": page["next_cursor"]}
    return Shown("retention.html", {**values, **more})


def _page(visit: Visit, path: str) -> Any:
    cursor = visit.request.query.get("cursor")
    return visit.api.ask("GET", path, query={"cursor": cursor} if cursor else None)
