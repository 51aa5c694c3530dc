"""A text as somebody would read it, beside the form in which it is written.

With a programme chosen the API renders it; before that only what was typed can be counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.campaigns.prices import price_list
from assent.messages.alphabet import count_parts
from assent.web.console.api import ApiProblemError
from assent.web.console.shown import Shown

if TYPE_CHECKING:
    from assent.web.console.visits import Visit

_LEAST_OURS = 500
_THOUSAND = 1000


def piece(visit: Visit) -> Shown:
    """Show only the preview, for the page to put beside the form."""
    return Shown("preview.html", {"title": "", **preview(visit)})


def preview(visit: Visit) -> dict[str, Any]:
    """Return what the preview of the form's text shows."""
    body = (visit.request.one("body") or "").replace("\r\n", "\n")
    found: dict[str, Any] = {"parts": count_parts(body), "preview": None, "trouble": "", "cost": ""}
    programme_id = visit.one("programme_id") or visit.one("preview_programme")
    if not body.strip() or not programme_id:
        return found
    name, phone = visit.one("preview_name"), visit.one("preview_phone")
    asked = {
        "programme_id": programme_id,
        "body": body,
        "locale": visit.one("locale") or None,
        "phone": phone or None,
        "fields": {"first_name": name} if name else {},
    }
    try:
        shown = visit.api.ask("POST", "/v1/templates/preview", asked)
    except ApiProblemError as error:
        if error.status in (401, 403) or error.status >= _LEAST_OURS:
            raise
        return {**found, "trouble": str(error)}
    return {**found, "preview": shown, "cost": _cost(shown["parts"])}


def _cost(parts: int | None) -> str:
    """Return what a thousand such texts come to in the US at list prices, as an order of size."""
    prices = price_list()
    cost = prices.cost("US", _THOUSAND, parts * _THOUSAND).cost if parts else None
    return f"{cost:.2f} {prices.currency}" if cost is not None else ""
