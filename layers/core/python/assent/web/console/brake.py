"""The brake: stop every campaign at once, and let go of it again. Both ask for a tick first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from assent.web.console.visits import Visit

_HOME = "/console/stop"


def ask(visit: Visit, **errors: str) -> Shown:
    """Show what stopping does, and both buttons."""
    del visit
    values = {"title": "Stop everything", "here": "campaigns"}
    return Shown("stop.html", values, 422 if errors else 200, errors)


def stop(visit: Visit) -> Shown | Moved:
    """Pause every campaign."""
    if visit.one("sure") != "yes":
        return ask(visit, sure="Tick the box to stop everything")
    found = visit.api.ask("POST", "/v1/campaigns/stop-all")
    return Moved(_HOME, "all_stopped" if found["paused"] else "all_stopped_none")


def release(visit: Visit) -> Shown | Moved:
    """Permit launching and going on again."""
    if visit.one("release") != "yes":
        return ask(visit, release="Tick the box to release the stop")
    visit.api.ask("POST", "/v1/campaigns/stop-all/release")
    return Moved(_HOME, "all_released")
