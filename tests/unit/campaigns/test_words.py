"""Everybody has one variant for good, variants get their share, and each reads their language."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.model import Variant
from assent.campaigns.words import Words
from assent.errors import InputError, InvalidTextError
from assent.identifiers import CampaignId, SubscriberKey
from assent.messages.template import Rendered
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.fakes.in_memory_segment_store import InMemorySegmentStore
from tests.unit.audience.people import person
from tests.unit.campaigns.world import PROGRAMME, running

KEYS = [SubscriberKey(f"k1_{number}") for number in range(4000)]
A_B = (Variant("A", 3, "Twenty off"), Variant("B", 1, "Free delivery"))


def words(variants: tuple[Variant, ...] = A_B, campaign: str = "c_1", **more: object) -> Words:
    made = running()
    definition = replace(made.definition, variants=variants, **more)  # type: ignore[arg-type]
    of_it = replace(made, campaign_id=CampaignId(campaign), definition=definition)
    return Words.of(of_it, PROGRAMME)


def drawn(made: Words) -> list[str | None]:
    return [made.wording_of(key).variant for key in KEYS]


def test_variants_get_their_share_and_the_same_people_each_time() -> None:
    first = drawn(words())
    assert drawn(words()) == first
    assert 0.72 < Counter(first)["A"] / len(KEYS) < 0.78


def test_another_campaign_draws_anew() -> None:
    here, there = drawn(words()), drawn(words(campaign="c_2"))
    both_b = sum(a == b == "B" for a, b in zip(here, there, strict=True))
    assert 150 < both_b < 350


def test_without_variants_there_is_one_wording_of_no_name() -> None:
    assert set(drawn(words(()))) == {None}


@pytest.mark.parametrize(
    ("locale", "text"),
    [("fr-CA", "Bonjour"), ("fr", "Bonjour"), ("de", "Hello"), (None, "Hello")],
)
def test_a_person_reads_their_language_or_the_first(locale: str | None, text: str) -> None:
    made = words((), body="Hello", others={"fr": "Bonjour"})
    someone = person(**({"locale": locale} if locale else {}))
    wording = made.wording_of(someone.standing.subscriber_key)
    rendered = wording.text_for(someone).render({})
    assert isinstance(rendered, Rendered)
    assert text in rendered.body


def test_a_faulty_wording_of_any_locale_is_refused() -> None:
    with pytest.raises(InvalidTextError):
        words((), others={"fr": "Bonjour {{ personne }}"})


@pytest.mark.parametrize(
    "variants",
    [
        A_B[:1],
        (A_B[0], replace(A_B[1], name="A")),
        (A_B[0], replace(A_B[1], weight=0)),
        (A_B[0], replace(A_B[1], name="B:1")),
        tuple(Variant(str(n), 1, "Hi") for n in range(6)),
    ],
    ids=["one", "same name", "no weight", "odd name", "six"],
)
def test_variants_that_cannot_be_told_apart_are_refused(variants: tuple[Variant, ...]) -> None:
    checks = DefinitionChecks(InMemoryProgrammeStore(), InMemorySegmentStore())
    with pytest.raises(InputError) as refused:
        checks.check(replace(running().definition, variants=variants))
    assert refused.value.field == "variants"
