"""The door: sign in, a new password or a code where the pool asks for it, sign out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from assent.errors import InputError
from assent.sign_in.model import Session, Step
from assent.sign_in.service import SignIn, is_proof
from assent.telemetry import count, record
from assent.web.console.shown import Moved, Shown
from assent.web.console.visits import HOME, own_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.sign_in.service import Opened, Person
    from assent.web.requests import PageRequest

SIGN_IN, CHALLENGE, SIGN_OUT = "/console/sign-in", "/console/sign-in/next", "/console/sign-out"
_UNUSABLE = 422
Passed: TypeAlias = "tuple[Shown | Moved, Person | None, Session | None, str | None]"


def enter(sign_in: SignIn, request: PageRequest, session_id: str | None) -> Passed:
    """Ask for name and password, and take them."""
    del session_id
    then = own_path(request.one("then") or request.query.get("then"))
    if request.method != "POST":
        return _form(then, {}, {})
    email, password = request.one("email") or "", request.one("password") or ""
    blank = {"email": "Enter your email address"} if not email.strip() else {}
    if not password:
        blank["password"] = "Enter your password"  # noqa: S105 - a sentence
    if blank:
        return _form(then, {"email": email}, blank)
    try:
        opened = sign_in.begin(email, password)
    except InputError as error:
        count("SignInRefused")
        return _form(then, {"email": email}, {"email": str(error)})
    return _on(opened, then)


def go_on(sign_in: SignIn, request: PageRequest, session_id: str | None) -> Passed:
    """Ask for what the pool still wants, and take it."""
    session = sign_in.waiting(session_id)
    if session is None or session_id is None:
        return Moved(SIGN_IN), None, None, None
    then = own_path(request.one("then") or request.query.get("then"))
    if request.method != "POST":
        return _question(session, then, {})
    if not is_proof(session, request.one("proof")):
        return Moved(SIGN_IN), None, None, ""
    answer, again = (request.one("answer") or "").strip(), (request.one("again") or "").strip()
    if not _is_code(session) and answer != again:
        return _question(session, then, {"again": "Type the same password twice"})
    try:
        return _on(sign_in.answer(session_id, answer), then)
    except InputError as error:
        return _question(session, then, {"answer": str(error)})


def leave(sign_in: SignIn, request: PageRequest, session_id: str | None) -> Passed:
    """Sign out; a link or a page of others cannot."""
    if request.method == "POST":
        session, _ = sign_in.current(session_id)
        if is_proof(session, request.one("proof")):
            sign_in.end(session_id)
            return Moved(SIGN_IN, "signed_out"), None, None, ""
    return Moved(HOME), None, None, None


def _on(opened: Opened, then: str) -> Passed:
    if opened.session.challenge is not None:
        where = f"{CHALLENGE}?then={then}"
        return Moved(where), None, None, opened.session_id
    record("staff_signed_in", {"reason": "password"})
    return Moved(then), None, None, opened.session_id


def _form(then: str, typed: dict[str, str], errors: dict[str, str]) -> Passed:
    values = {"title": "Sign in", "then": then, "typed": typed}
    status = _UNUSABLE if errors else 200
    return Shown("sign_in.html", values, status, errors), None, None, None


def _question(session: Session, then: str, errors: dict[str, str]) -> Passed:
    is_code = _is_code(session)
    title = "Enter your code" if is_code else "Choose a password"
    values = {"title": title, "is_code": is_code, "then": then}
    status = _UNUSABLE if errors else 200
    return Shown("challenge.html", values, status, errors), None, session, None


def _is_code(session: Session) -> bool:
    return session.challenge is not None and session.challenge.step is Step.CODE


DOORS: dict[str, Callable[[SignIn, PageRequest, str | None], Passed]] = {
    SIGN_IN: enter,
    CHALLENGE: go_on,
    SIGN_OUT: leave,
}
PATHS = frozenset(DOORS)
