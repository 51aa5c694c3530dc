from __future__ import annotations

import pytest

from assent.errors import InvalidFormTokenError
from assent.identifiers import ProgrammeId
from assent.opt_in.form_token import FormTokens
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_counters import InMemoryCounters
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.sequential_ids import SequentialIds

OFFERS = ProgrammeId("offers")


def _tokens(clock: FrozenClock) -> FormTokens:
    return FormTokens(LocalPhoneKeys(), clock, SequentialIds(), InMemoryCounters())


@pytest.mark.parametrize(
    ("seconds", "by_hand"), [(0, False), (1.9, False), (2, True), (60, True), (86_400, True)]
)
def test_a_form_that_comes_back_within_a_day_is_ours_and_tells_whether_a_hand_filled_it(
    seconds: float, by_hand: bool
) -> None:
    clock = FrozenClock()
    tokens = _tokens(clock)
    token = tokens.issue(OFFERS)
    clock.advance(seconds)
    assert tokens.read(token, OFFERS).is_filled_by_hand is by_hand


def test_a_form_that_comes_back_after_a_day_is_refused() -> None:
    clock = FrozenClock()
    tokens = _tokens(clock)
    token = tokens.issue(OFFERS)
    clock.advance(86_401)
    with pytest.raises(InvalidFormTokenError):
        tokens.read(token, OFFERS)


def test_a_token_is_for_one_programme() -> None:
    tokens = _tokens(FrozenClock())
    with pytest.raises(InvalidFormTokenError):
        tokens.read(tokens.issue(OFFERS), ProgrammeId("alerts"))


def test_a_token_counts_once() -> None:
    tokens = _tokens(FrozenClock())
    shown = tokens.read(tokens.issue(OFFERS), OFFERS)
    tokens.use_up(shown)
    with pytest.raises(InvalidFormTokenError):
        tokens.use_up(shown)


def test_two_forms_of_one_moment_are_two_forms() -> None:
    tokens = _tokens(FrozenClock())
    for _ in range(2):
        tokens.use_up(tokens.read(tokens.issue(OFFERS), OFFERS))


def test_no_altered_token_is_accepted() -> None:
    tokens = _tokens(FrozenClock())
    token = tokens.issue(OFFERS)
    changed = [token[:i] + chr(ord(token[i]) ^ 1) + token[i + 1 :] for i in range(len(token))]
    for altered in [*changed, "", "x", token + "0", token[:-1], token.upper(), "٣" + token[1:]]:
        with pytest.raises(InvalidFormTokenError):
            tokens.read(altered, OFFERS)
