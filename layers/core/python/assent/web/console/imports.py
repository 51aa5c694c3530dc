"""Imports: open one, bring the file, read what would be done, and only then start it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assent.web.console.api import ApiProblemError
from assent.web.console.mistakes import mistakes
from assent.web.console.shown import Moved, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.web.console.visits import Visit

STATUSES: Mapping[str, str] = {
    "created": "Waiting for the file",
    "checking": "Being checked",
    "checked": "Checked",
    "running": "Under way",
    "done": "Done",
    "cancelled": "Cancelled",
    "failed": "Failed",
}
_FATES: Mapping[str, str] = {
    "accepted": "Accepted as they are",
    "asked": "Asked by a text whether they agree",
    "opted_out": "Recorded as opted out",
    "refused": "Refused: the evidence is too thin",
    "stays_out": "Stay opted out",
    "already_confirmed": "Agreed already",
    "already_asked": "Asked already",
    "already_out": "Opted out already",
    "country_not_served": "In a country that the programme does not serve",
    "passed_over": "Not meant by the file",
    "faulty": "Cannot be read",
}
LAYOUTS: Mapping[str, str] = {
    "assent": "Columns named as here (phone, consented_at, …)",
    "twilio": "Twilio",
    "pinpoint": "Amazon Pinpoint",
    "klaviyo": "Klaviyo",
    "mautic": "Mautic",
    "listmonk": "listmonk",
}
_HOME = "/console/imports"
_CONFLICT = 409
_KNOWN = frozenset({"name", "programme_id", "layout", "country"})


def listed(visit: Visit) -> Shown:
    """Show imports, newest first."""
    cursor = visit.request.query.get("cursor")
    page = visit.api.ask("GET", "/v1/imports", query={"cursor": cursor} if cursor else None)
    values = {
        "title": "Imports",
        "here": "imports",
        "imports": page["items"],
        "next_cursor": page["next_cursor"],
        "statuses": STATUSES,
    }
    return Shown("imports.html", values)


def new(visit: Visit) -> Shown:
    return _form(visit, {"layout": "assent"})


def create(visit: Visit) -> Shown | Moved:
    """Open it, or show the form again with what is wrong."""
    words = {"name": "Give the import a name", "programme_id": "Choose a programme"}
    blank = {name: said for name, said in words.items() if not visit.one(name)}
    if blank:
        return _form(visit, visit.typed, blank)
    body = {
        "name": visit.one("name"),
        "programme_id": visit.one("programme_id"),
        "layout": visit.one("layout") or "assent",
        "country": visit.one("country").upper() or None,
    }
    try:
        made = visit.api.ask("POST", "/v1/imports", body)
    except ApiProblemError as error:
        return _form(visit, visit.typed, mistakes(error, known=_KNOWN))
    return Moved(f"{_HOME}/{made['import_id']}", "import_opened")


def one(visit: Visit, **errors: str) -> Shown:
    """Show one import: what is to be done next, and what came of it so far."""
    return Shown("import.html", _known(visit), _CONFLICT if errors else 200, errors)


def progress(visit: Visit) -> Shown:
    """Show only what changes while it is worked on."""
    return Shown("import_progress.html", _known(visit))


def upload(visit: Visit) -> Shown | Moved:
    """Take the file to where the import wants it, and have it checked."""
    link = visit.api.ask("GET", f"/v1/imports/{visit.named['import_id']}")["upload"]
    if not link:
        return one(visit, main="This import takes no file any more. Open a new one.")
    if not visit.file:
        return one(visit, file="Choose a file that is not empty")
    visit.api.put(link, visit.file)
    return check(visit)


def check(visit: Visit) -> Shown | Moved:
    return _act(visit, "check", "import_checking")


def start(visit: Visit) -> Shown | Moved:
    """Act on the file, if the box beside the button was ticked."""
    if visit.one("sure") != "yes":
        return one(visit, sure="Tick the box to start it")
    return _act(visit, "start", "import_started")


def cancel(visit: Visit) -> Shown | Moved:
    return _act(visit, "cancel", "cancelled")


def _act(visit: Visit, verb: str, said: str) -> Shown | Moved:
    import_id = visit.named["import_id"]
    try:
        visit.api.ask("POST", f"/v1/imports/{import_id}/{verb}")
    except ApiProblemError as error:
        return one(visit, **mistakes(error, known=frozenset()))
    return Moved(f"{_HOME}/{import_id}", said)


def _known(visit: Visit) -> dict[str, Any]:
    found = visit.api.ask("GET", f"/v1/imports/{visit.named['import_id']}")
    tallies = [
        ("What would be done", found["check"]),
        ("What was done", found["run"]),
    ]
    return {
        "title": found["name"],
        "here": "imports",
        "import": found,
        "status_name": STATUSES.get(found["status"], found["status"]),
        "tallies": [(words, tally) for words, tally in tallies if tally["rows"]],
        "fate_words": _FATES,
        "layout": LAYOUTS.get(found["layout"], found["layout"]),
        "is_live": found["status"] in ("checking", "running"),
    }


def _form(visit: Visit, typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> Shown:
    programmes = visit.api.ask("GET", "/v1/programmes", query={"limit": "100"})["items"]
    values = {
        "title": "New import",
        "here": "imports",
        "typed": {**dict.fromkeys(_KNOWN, ""), **typed},
        "programmes": [(each["programme_id"], each["name"]) for each in programmes],
        "layouts": list(LAYOUTS.items()),
    }
    return Shown("import_form.html", values, 422 if errors else 200, errors or {})
