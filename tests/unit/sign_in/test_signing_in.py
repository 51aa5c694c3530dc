"""Who is in, for how long, and under which id."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.sign_in.model import (
    Challenge,
    SignedOutError,
    SignInRefusedError,
    Step,
    Tokens,
)
from assent.sign_in.service import SignIn, digest_of, is_proof
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_session_store import InMemorySessionStore
from tests.fakes.sequential_ids import SequentialIds


class OnePerson:
    """A `StaffPool` that knows one password and asks for a code."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock, self.forgotten, self.renewed = clock, list[str](), 0

    def begin(self, username: str, password: str) -> Tokens | Challenge:
        if password != "right":
            message = "no"
            raise SignInRefusedError(message)
        return Challenge(Step.CODE, "ticket", username)

    def answer(self, challenge: Challenge, answer: str) -> Tokens | Challenge:
        if (challenge.ticket, answer) != ("ticket", "123456"):
            message = "no"
            raise SignInRefusedError(message)
        return self._tokens()

    def refresh(self, username: str, refresh_token: str) -> Tokens:
        self.renewed += 1
        return self._tokens()

    def forget(self, username: str) -> None:
        self.forgotten.append(username)

    def _tokens(self) -> Tokens:
        return Tokens("id", "access", "refresh", self.clock.now() + timedelta(hours=1))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def sign_in(clock: FrozenClock) -> SignIn:
    return SignIn(OnePerson(clock), InMemorySessionStore(), clock, SequentialIds())


def signed_in(sign_in: SignIn) -> str:
    asked = sign_in.begin(" ada@example.com ", "right")
    return sign_in.answer(asked.session_id, "123456").session_id


def test_nobody_is_in_before_the_last_question_is_answered(sign_in: SignIn) -> None:
    asked = sign_in.begin("ada@example.com", "right")
    assert sign_in.waiting(asked.session_id) == asked.session
    with pytest.raises(SignedOutError):
        sign_in.current(asked.session_id)
    with pytest.raises(SignInRefusedError):
        sign_in.answer(asked.session_id, "000000")


def test_each_step_has_an_id_of_its_own_and_the_old_one_is_worth_nothing(sign_in: SignIn) -> None:
    asked = sign_in.begin("ada@example.com", "right")
    after = sign_in.answer(asked.session_id, "123456")
    assert after.session_id != asked.session_id
    assert sign_in.waiting(asked.session_id) is None
    assert sign_in.current(after.session_id)[0].username == "ada@example.com"


def test_tokens_are_renewed_just_before_they_end(sign_in: SignIn, clock: FrozenClock) -> None:
    session_id = signed_in(sign_in)
    clock.advance(timedelta(minutes=50))
    first = sign_in.current(session_id)[1]
    clock.advance(timedelta(minutes=6))
    assert sign_in.current(session_id)[1].expires_at > first.expires_at


def test_a_session_ends_after_ten_hours_whatever_is_done(
    sign_in: SignIn, clock: FrozenClock
) -> None:
    session_id = signed_in(sign_in)
    clock.advance(timedelta(hours=10))
    with pytest.raises(SignedOutError):
        sign_in.current(session_id)


def test_signing_out_ends_the_session_here_and_at_the_pool(sign_in: SignIn) -> None:
    session_id = signed_in(sign_in)
    sign_in.end(session_id)
    sign_in.end(session_id)
    assert sign_in.pool.forgotten == ["ada@example.com"]  # type: ignore[attr-defined]
    with pytest.raises(SignedOutError):
        sign_in.current(session_id)


def test_only_hashes_of_ids_are_kept(sign_in: SignIn) -> None:
    session_id = signed_in(sign_in)
    assert list(sign_in.store.kept) == [digest_of(session_id)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("sent", [None, "", "prooF", "é"])
def test_a_proof_is_exact(sign_in: SignIn, sent: str | None) -> None:
    asked = sign_in.begin("ada@example.com", "right")
    assert is_proof(asked.session, asked.session.proof)
    assert not is_proof(asked.session, sent)
