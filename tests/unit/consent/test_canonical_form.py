"""Two different events never have the same bytes, so no event can be passed off as another."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.consent.events import EVIDENCE_TAG, LEAF_TAG, canonical

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_FACTS = st.dictionaries(st.text(max_size=8), _VALUES, max_size=5)


@given(_FACTS)
def test_what_was_encoded_can_be_read_back_so_no_two_events_encode_alike(
    facts: dict[str, object],
) -> None:
    assert json.loads(canonical(facts)) == facts


@given(_FACTS)
def test_the_order_of_the_fields_does_not_matter(facts: dict[str, object]) -> None:
    assert canonical(dict(reversed(facts.items()))) == canonical(facts)


def test_a_number_with_a_fraction_has_no_agreed_form_and_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical({"nested": [{"rate": 0.5}]})


def test_events_and_evidence_are_hashed_under_different_tags() -> None:
    assert LEAF_TAG != EVIDENCE_TAG
