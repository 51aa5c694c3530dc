"""A sealed link says whose it is to us alone, and nobody can make or change one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.identifiers import ProgrammeId
from assent.links.model import LinkPurpose
from assent.links.sealed import SEALED_LENGTH, Seal, tag_of
from assent.links.service import ALPHABET, CHOICES_FOR, TOKEN_LENGTH
from assent.messages.alphabet import count_parts

OFFERS = ProgrammeId("offers")
NOW = datetime(2026, 7, 30, 12, tzinfo=UTC)
NEW, OLD, STRANGE = b"new key", b"old key", b"of somebody else"
UNSUBSCRIBE, PREFERENCES = LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES


def seal(*keys: bytes) -> Seal:
    return Seal(lambda: keys or (NEW,))


def token(made: Seal | None = None, digits: int = 14155550100, epoch: int = 3) -> str:
    return (made or seal()).token(UNSUBSCRIBE, digits, OFFERS, epoch, NOW)


@given(
    digits=st.integers(10**6, 10**15 - 1),
    epoch=st.integers(0, 2**16 - 1),
    purpose=st.sampled_from(LinkPurpose),
    weeks=st.integers(0, 4000),
)
def test_what_was_sealed_is_read_again(
    digits: int, epoch: int, purpose: LinkPurpose, weeks: int
) -> None:
    at = datetime(2026, 1, 3, tzinfo=UTC) + timedelta(weeks=weeks)
    made = seal().token(purpose, digits, OFFERS, epoch, at)
    assert len(made) == SEALED_LENGTH
    said = seal().opened(made, purpose)
    assert said is not None
    assert (said.digits, said.tag, said.epoch) == (digits, tag_of(OFFERS), epoch)
    assert CHOICES_FOR <= said.expires_at - at <= CHOICES_FOR + timedelta(weeks=1)


def test_all_tokens_are_of_one_length_that_no_stored_one_has_and_cost_no_second_alphabet() -> None:
    assert SEALED_LENGTH != TOKEN_LENGTH
    assert 62**SEALED_LENGTH > 2 ** (94 + 72)
    assert count_parts(ALPHABET * 2).parts == 1


def test_a_token_shows_nothing_of_the_number() -> None:
    """Neighbours have nothing in common beyond chance."""
    one, other = token(digits=14155550100), token(digits=14155550101)
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 8


def test_a_token_of_one_purpose_opens_nothing_else() -> None:
    assert seal().opened(token(), PREFERENCES) is None


@pytest.mark.parametrize("place", range(SEALED_LENGTH))
def test_a_token_that_was_changed_anywhere_opens_nothing(place: int) -> None:
    made = token()
    for letter in "0Zz":
        changed = made[:place] + letter + made[place + 1 :]
        if changed != made:
            assert seal().opened(changed, UNSUBSCRIBE) is None


@pytest.mark.parametrize(
    "text", ["", "x", "z" * SEALED_LENGTH, "é" * SEALED_LENGTH, "0" * SEALED_LENGTH, " " * 28]
)
def test_what_was_never_a_token_opens_nothing(text: str) -> None:
    assert seal().opened(text, UNSUBSCRIBE) is None


def test_a_second_spelling_of_a_token_opens_nothing() -> None:
    """62 ** 28 is a little more than 2 ** 166: some numbers could be written twice."""
    spelled_twice = (twice for digits in range(10**9, 10**9 + 50) if (twice := _other(digits)))
    made, other = next(spelled_twice)
    assert seal().opened(made, UNSUBSCRIBE) is not None
    assert seal().opened(other, UNSUBSCRIBE) is None


def _other(digits: int) -> tuple[str, str] | None:
    made, number = token(digits=digits), 2**166
    for place, letter in enumerate(made):
        number += ALPHABET.index(letter) * 62**place
    letters = [ALPHABET[number // 62**place % 62] for place in range(SEALED_LENGTH)]
    return (made, "".join(letters)) if number < 62**SEALED_LENGTH else None


def test_after_a_rotation_old_links_open_and_new_ones_are_made_by_the_new_key() -> None:
    made_before = token(seal(OLD))
    both = seal(NEW, OLD)
    assert both.opened(made_before, UNSUBSCRIBE) is not None
    assert token(both) == token(seal(NEW))
    assert seal(NEW).opened(made_before, UNSUBSCRIBE) is None
    assert seal(STRANGE).opened(made_before, UNSUBSCRIBE) is None


def test_the_number_does_not_show_in_its_repr() -> None:
    assert "14155550100" not in repr(seal().opened(token(), UNSUBSCRIBE))
