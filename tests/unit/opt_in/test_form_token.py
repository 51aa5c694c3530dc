from __future__ import annotations

from datetime import timedelta

import pytest

from assent.errors import InvalidFormTokenError
from assent.identifiers import ProgrammeId
from assent.opt_in.form_token import FormTokens
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.local_phone_keys import LocalPhoneKeys

OFFERS = ProgrammeId("offers")


def _tokens(clock: FrozenClock, min_fill: timedelta = timedelta(seconds=2)) -> FormTokens:
    return FormTokens(LocalPhoneKeys(), clock, min_fill)


@pytest.mark.parametrize("seconds", [2, 60, 86_400])
def test_a_form_filled_within_a_day_is_accepted(seconds: int) -> None:
    clock = FrozenClock()
    token = _tokens(clock).issue(OFFERS)
    clock.advance(seconds)
    _tokens(clock).verify(token, OFFERS)


@pytest.mark.parametrize("seconds", [0, 1.9, 86_401])
def test_a_form_filled_too_fast_or_too_late_is_not(seconds: float) -> None:
    clock = FrozenClock()
    token = _tokens(clock).issue(OFFERS)
    clock.advance(seconds)
    with pytest.raises(InvalidFormTokenError):
        _tokens(clock).verify(token, OFFERS)


def test_a_token_is_for_one_programme() -> None:
    clock = FrozenClock()
    tokens = _tokens(clock, timedelta(0))
    with pytest.raises(InvalidFormTokenError):
        tokens.verify(tokens.issue(OFFERS), ProgrammeId("alerts"))


def test_no_altered_token_is_accepted() -> None:
    tokens = _tokens(FrozenClock(), timedelta(0))
    token = tokens.issue(OFFERS)
    changed = [token[:i] + chr(ord(token[i]) ^ 1) + token[i + 1 :] for i in range(len(token))]
    for altered in [*changed, "", "x", token + "0", token[:-1], token.upper(), "٣" + token[1:]]:
        with pytest.raises(InvalidFormTokenError):
            tokens.verify(altered, OFFERS)
