"""Who signed in, what they must still show, and where that is remembered.

Only the hash of a session's id is kept, so whoever reads the table cannot take over a browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from assent.errors import AssentError, InputError

if TYPE_CHECKING:
    from datetime import datetime


class SignInRefusedError(InputError):
    """The name, the password or the code is wrong; which is never said."""

    code = "sign_in_refused"


class PasswordRefusedError(InputError):
    """A new password is too weak or too short."""

    code = "password_refused"


class SignedOutError(AssentError):
    """Nobody is signed in, or not any more."""

    code = "signed_out"


class Step(StrEnum):
    """What a person must still show before they are in; the value is stored."""

    NEW_PASSWORD = "new_password"  # noqa: S105 - a name
    CODE = "code"


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What the pool gave: `id_token` speaks for the person to the API until `expires_at`."""

    id_token: str
    access_token: str
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Challenge:
    """The pool's next question to `username`; `ticket` is its own name for this sign-in."""

    step: Step
    ticket: str
    username: str


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """One browser. `proof` is what a form of ours must send back; nothing lasts beyond `until`."""

    proof: str
    until: datetime
    username: str
    tokens: Tokens | None = None
    challenge: Challenge | None = None


class StaffPool(Protocol):
    """Where staff are known. All raise TryAgainError when it cannot be asked."""

    def begin(self, username: str, password: str) -> Tokens | Challenge:
        """Raises SignInRefusedError."""
        ...

    def answer(self, challenge: Challenge, answer: str) -> Tokens | Challenge:
        """Raises SignInRefusedError, and PasswordRefusedError for a new password."""
        ...

    def refresh(self, username: str, refresh_token: str) -> Tokens:
        """Return tokens of a new life under the old refresh token. Raises SignedOutError."""
        ...

    def forget(self, username: str) -> None:
        """Let every refresh token of this person count no more, wherever they are signed in."""
        ...


class SessionStore(Protocol):
    """Where sessions are kept under the hash of their id."""

    def put(self, digest: str, session: Session) -> None:
        """Keep it until its end, over any earlier one of this digest."""
        ...

    def session(self, digest: str) -> Session | None:
        """Return it, also one that ended while it is still there; read consistently."""
        ...

    def drop(self, digest: str) -> None:
        """Forget it; one that is not there is forgotten already."""
        ...
