"""Signing in and out, and staying in.

A session gets a new id whenever what it may do changes, so an id that somebody planted before is
worth nothing afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.sign_in.model import Challenge, Session, SignedOutError

if TYPE_CHECKING:
    from assent.clock import Clock
    from assent.identifiers import Ids
    from assent.sign_in.model import SessionStore, StaffPool, Tokens

# A working day; the pool's own refresh token lives as long as a day.
LONGEST = timedelta(hours=10)
_FOR_A_CHALLENGE = timedelta(minutes=10)
_RENEW_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A session and the id that its browser keeps."""

    session_id: str
    session: Session


@dataclass(frozen=True, slots=True)
class Person:
    """Who a token speaks for, for the page to show; what they may do the API decides."""

    subject: str
    name: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class SignIn:
    """The use cases."""

    pool: StaffPool
    store: SessionStore
    clock: Clock
    ids: Ids

    def begin(self, username: str, password: str) -> Opened:
        """Open a session, maybe one that must still show something. Raises SignInRefusedError."""
        return self._open(username.strip(), self.pool.begin(username.strip(), password))

    def answer(self, session_id: str, answer: str) -> Opened:
        """Go on with a sign-in. Raises SignInRefusedError, PasswordRefusedError, SignedOutError."""
        session = self._known(session_id)
        if session.challenge is None:
            raise _signed_out()
        gained = self.pool.answer(session.challenge, answer)
        self.store.drop(digest_of(session_id))
        return self._open(session.username, gained)

    def waiting(self, session_id: str | None) -> Session | None:
        """Return a session that must still show something."""
        session = self._found(session_id)
        return session if session and session.challenge else None

    def current(self, session_id: str | None) -> tuple[Session, Tokens]:
        """Return a session that is in, its tokens fresh. Raises SignedOutError."""
        session = self._known(session_id)
        tokens = session.tokens
        if session_id is None or tokens is None:
            raise _signed_out()
        if tokens.expires_at - self.clock.now() > _RENEW_BEFORE:
            return session, tokens
        renewed = self.pool.refresh(session.username, tokens.refresh_token)
        session = replace(session, tokens=renewed)
        self.store.put(digest_of(session_id), session)
        return session, renewed

    def end(self, session_id: str | None) -> None:
        """Sign out: the session counts no more, nor does what the pool gave this person."""
        session = self._found(session_id)
        if session is not None and session_id is not None:
            self.store.drop(digest_of(session_id))
            if session.tokens is not None:
                self.pool.forget(session.username)

    def _open(self, username: str, gained: Tokens | Challenge) -> Opened:
        now, session_id = self.clock.now(), self.ids.salt() + self.ids.salt()
        if isinstance(gained, Challenge):
            until = now + _FOR_A_CHALLENGE
            session = Session(self.ids.salt(), until, username, challenge=gained)
        else:
            session = Session(self.ids.salt(), now + LONGEST, username, tokens=gained)
        self.store.put(digest_of(session_id), session)
        return Opened(session_id, session)

    def _known(self, session_id: str | None) -> Session:
        session = self._found(session_id)
        if session is None:
            raise _signed_out()
        return session

    def _found(self, session_id: str | None) -> Session | None:
        session = self.store.session(digest_of(session_id)) if session_id else None
        return session if session and session.until > self.clock.now() else None


def digest_of(session_id: str) -> str:
    """Return the hash under which a session is kept."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def is_proof(session: Session, sent: str | None) -> bool:
    """Return whether a form carries what ours carry; compared in constant time."""
    return hmac.compare_digest(session.proof.encode(), (sent or "").encode())


def person_of(tokens: Tokens) -> Person:
    """Return who the tokens speak for. They came from the pool itself, so that their signature is
    left to the gateway, which checks it at each call."""
    part = tokens.id_token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    groups = frozenset(str(each) for each in claims.get("cognito:groups", ()))
    return Person(str(claims["sub"]), str(claims.get("email") or claims["sub"]), groups)


def _signed_out() -> SignedOutError:
    return SignedOutError("Sign in first.")
