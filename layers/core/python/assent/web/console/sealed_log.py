"""The sealed log: until when everything recorded is vouched for, and the checkpoint to keep."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.clock import parse_iso
from assent.web.console.api import ApiProblemError
from assent.web.console.shown import Shown

if TYPE_CHECKING:
    from assent.web.console.visits import Visit

_NOT_FOUND = 404
# A digest is made every hour; one that is missed twice is worth a look.
_LATE = timedelta(hours=2)


def latest(visit: Visit) -> Shown:
    """Show the newest signed digest, and whether it is late."""
    values = {"title": "Sealed log", "here": "desk", "checkpoint": None, "is_late": False}
    try:
        checkpoint = visit.api.ask("GET", "/v1/checkpoint")
    except ApiProblemError as error:
        if error.status != _NOT_FOUND:
            raise
        return Shown("sealed_log.html", values)
    is_late = visit.now - parse_iso(checkpoint["digest"]["until"]) > _LATE
    return Shown("sealed_log.html", {**values, "checkpoint": checkpoint, "is_late": is_late})
