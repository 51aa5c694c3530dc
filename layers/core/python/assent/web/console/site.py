"""The console: who may see which page, one way in, one way out, and no way out for an error.

Rights are checked here so that a page that would only fail is not offered; that they hold is the
API's doing, which every page asks in the person's own name.
"""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from assent.errors import TryAgainError
from assent.sign_in.model import Session, SignedOutError
from assent.sign_in.service import SignIn, is_proof, person_of
from assent.telemetry import logger
from assent.web.console import door, drawing, uploads
from assent.web.console.api import ApiProblemError, HttpStaffApi
from assent.web.console.pages import BY_PATH
from assent.web.console.shown import Moved, Shown
from assent.web.console.visits import COOKIE, HOME, Visit, is_from_here, own_path, session_of
from assent.web.requests import UnreadablePageRequestError
from assent.web.site import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from urllib3 import PoolManager

    from assent.sign_in.service import Person
    from assent.web.console.page_route import PageRoute

_CONNECTIONS = 10
_SEE_OTHER, _FORBIDDEN, _NOT_FOUND, _BUSY, _FAILED = 303, 403, 404, 503, 500
_SAID = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """What the console needs. `public_url` may be empty: then the gateway's own name is used."""

    sign_in: SignIn
    pool: PoolManager
    public_url: str


def connections() -> PoolManager:
    """Return connections to the API, kept open between requests."""
    from urllib3 import PoolManager

    return PoolManager(maxsize=_CONNECTIONS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes out: a page or a way on, whom it is for, and the cookie to set, if any."""

    what: Shown | Moved
    person: Person | None = None
    session: Session | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class ConsoleSite:
    """Answers requests; `services` are asked for when the first one comes."""

    services: Callable[[], ConsoleServices]

    def routes(self) -> list[Route]:
        """Return the gateway's routes; the pages below them are `BY_PATH`'s."""
        below = f"{HOME}/{{page+}}"
        return [Route("GET", HOME), Route("GET", below), Route("POST", below)]

    def resolve(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one HTTP API event (payload 2.0); never raises."""
        path = str(event["rawPath"])
        if path.startswith(f"{HOME}/static/"):
            return _file(path.rpartition("/")[2])
        said = str((event.get("queryStringParameters") or {}).get("said", ""))
        try:
            return _answer(self._outcome(event, path.rstrip("/") or HOME), said)
        except Exception as error:
            return _answer(_told(error, path), "")

    def _outcome(self, event: Mapping[str, Any], path: str) -> Outcome:
        parts, (request, file) = self.services(), uploads.read(event)
        is_post = request.method == "POST"
        if is_post and not is_from_here(event, parts.public_url):
            raise _refused("This form did not come from our own page. Open the page again.")
        session_id = session_of(event)
        if path in door.PATHS:
            return Outcome(*door.DOORS[path](parts.sign_in, request, session_id))
        session, tokens = parts.sign_in.current(session_id)
        if is_post and not is_proof(session, request.one("proof")):
            raise _refused("This form is too old. Open the page again and send it once more.")
        route, named = _find(request.method, path)
        person = person_of(tokens)
        if not person.groups & route.groups:
            raise _refused("Your group may not do this.")
        site = parts.public_url.rstrip("/") or f"https://{event['requestContext']['domainName']}"
        api = HttpStaffApi(parts.pool, site, tokens.id_token)
        visit = Visit(request, named, person, api, parts.sign_in.clock.now(), file)
        return Outcome(route.show(visit), person, session)


def _find(method: str, path: str) -> tuple[PageRoute, Mapping[str, str]]:
    for route in BY_PATH:
        found = route.pattern.fullmatch(path)
        if found and route.method == method:
            return route, found.groupdict()
    raise ApiProblemError(_NOT_FOUND, "route_not_found", "There is no such page.")


def _refused(why: str) -> ApiProblemError:
    return ApiProblemError(_FORBIDDEN, "forbidden", why)


def _told(error: Exception, path: str) -> Outcome:
    """Turn what went wrong into a page; a person who is not signed in goes to the door."""
    is_out = isinstance(error, ApiProblemError) and error.status == 401  # noqa: PLR2004
    if isinstance(error, SignedOutError) or is_out:
        then = own_path(path)
        return Outcome(Moved(f"{door.SIGN_IN}?then={then}" if then != HOME else door.SIGN_IN))
    if isinstance(error, ApiProblemError):
        titles = {_FORBIDDEN: "You cannot do this", _NOT_FOUND: "Page not found"}
        title = titles.get(error.status, "That did not work")
        return Outcome(_notice(title, str(error), error.status))
    if isinstance(error, UnreadablePageRequestError):
        return Outcome(_notice("We could not read that", "Open the page again.", error.status))
    if isinstance(error, TryAgainError):
        return Outcome(_notice("Try again in a moment", str(error), _BUSY))
    places = [
        f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-8:]
    ]
    logger().error("console_failed", extra={"error": type(error).__name__, "places": places})
    line = "Nothing is known to have been changed. Try again later."
    return Outcome(_notice("Something went wrong on our side", line, _FAILED))


def _notice(title: str, line: str, status: int) -> Shown:
    return Shown("notice.html", {"title": title, "line": line}, status)


def _answer(outcome: Outcome, said: str) -> dict[str, Any]:
    headers, what = dict(drawing.headers()), outcome.what
    cookies = [] if outcome.cookie is None else [_cookie(outcome.cookie)]
    if isinstance(what, Moved):
        mark = "&" if "?" in what.to else "?"
        headers["Location"] = f"{what.to}{mark}said={what.said}" if what.said else what.to
        return {"statusCode": _SEE_OTHER, "headers": headers, "cookies": cookies, "body": ""}
    proof = outcome.session.proof if outcome.session else ""
    known = said if _SAID.fullmatch(said) else ""
    body = drawing.draw(what, outcome.person, proof, known)
    status = {"statusCode": what.status, "isBase64Encoded": False}
    return {**status, "headers": headers, "cookies": cookies, "body": body}


def _cookie(session_id: str) -> str:
    """Return the cookie of a session; an empty id takes it away."""
    life = "Max-Age=36000" if session_id else "Max-Age=0"
    return f"{COOKIE}={session_id}; Path=/; Secure; HttpOnly; SameSite=Lax; {life}"


def _file(name: str) -> dict[str, Any]:
    if name not in drawing.FILES:
        return _answer(Outcome(_notice("Page not found", "There is no such page.", _NOT_FOUND)), "")
    headers = {
        "Content-Type": f"{drawing.FILES[name]}; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return {"statusCode": 200, "headers": headers, "body": drawing.file(name)}
