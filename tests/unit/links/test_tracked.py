"""A tracked code says whose and which link it is to us alone; a guess says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.identifiers import CampaignId
from assent.links.service import ALPHABET
from assent.links.tracked import CODE_LENGTH, MAX_TARGETS, Followed, Tracking

KEY, OTHER = b"k" * 32, b"o" * 32
HERS = Followed(CampaignId("c_7f3k9q0m2x1b"), 3, 12065550100)
HERE = Tracking(lambda: (KEY,))

followed = st.builds(
    Followed,
    st.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=1, max_size=12).map(
        lambda letters: CampaignId(f"c_{letters}")
    ),
    st.integers(0, MAX_TARGETS - 1),
    st.integers(1, 10**15 - 1),
)


@settings(deadline=None)
@given(followed)
def test_what_went_in_comes_out_and_every_code_is_as_long(said: Followed) -> None:
    code = HERE.code(said)
    assert HERE.opened(code) == said
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(ALPHABET)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet=ALPHABET, min_size=CODE_LENGTH, max_size=CODE_LENGTH))
def test_a_guess_opens_nothing(code: str) -> None:
    assert HERE.opened(code) is None


@pytest.mark.parametrize("place", [0, 7, CODE_LENGTH - 1])
def test_an_altered_code_opens_nothing(place: int) -> None:
    code = HERE.code(HERS)
    letter = "a" if code[place] != "a" else "b"
    assert HERE.opened(code[:place] + letter + code[place + 1 :]) is None


def test_the_codes_of_one_person_have_nothing_in_common() -> None:
    one, two = HERE.code(HERS), HERE.code(Followed(HERS.campaign_id, 4, HERS.digits))
    assert sum(a == b for a, b in zip(one, two, strict=True)) < CODE_LENGTH / 2
    assert str(HERS.digits) not in repr(HERS)


def test_a_code_of_an_older_key_still_opens_and_that_of_a_dropped_one_does_not() -> None:
    code = HERE.code(HERS)
    assert Tracking(lambda: (OTHER, KEY)).opened(code) == HERS
    assert Tracking(lambda: (OTHER,)).opened(code) is None


@pytest.mark.parametrize("code", ["", "x", "x" * 23, "x" * 25, "é" * 24, "-" * 24, "z" * 24])
def test_what_is_no_code_opens_nothing(code: str) -> None:
    assert HERE.opened(code) is None


def test_an_id_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="id"):
        HERE.code(Followed(CampaignId("s_1"), 0, 1))
