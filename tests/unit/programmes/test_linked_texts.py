"""Each wording with a link says all that the rules ask of its text, in every language."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from importlib import resources

import pytest

from assent.identifiers import ProgrammeId
from assent.links.model import LinkPurpose
from assent.links.service import sample_path
from assent.messages.alphabet import count_parts
from assent.programmes.linked_texts import LinkOffer, linked_text, wordings
from assent.programmes.model import OptInTerms, Programme
from assent.programmes.texts import SystemText, blanks, system_text
from assent.programmes.wording import REQUIRED, has
from assent.web.words import catalogues

LOCALES = ("en", "es", "fr", "de")
LINKED = (
    SystemText.CONFIRMATION,
    SystemText.REMINDER,
    SystemText.RECONFIRMATION,
    SystemText.CONFIRMED,
    SystemText.HELP,
)
EACH = list(itertools.product(LINKED, LOCALES))
SITE = "https://sms.example.com"
CONTACT = "help@example.com"
LINK = SITE + sample_path(LinkPurpose.CONFIRM)
PROGRAMME = Programme(
    ProgrammeId("offers"),
    "Weekly offers",
    "Example Shop",
    "",
    8,
    ("US",),
    LOCALES,
    "https://t",
    "https://p",
)


def offer(sample: str = LINK) -> LinkOffer:
    return LinkOffer(sample, lambda: sample, lambda text: count_parts(text).parts == 1)


def worded(kind: SystemText, locale: str, programme: Programme = PROGRAMME) -> str | None:
    filling = blanks(locale, programme, programme.brand, CONTACT, "123456")
    linked = linked_text(kind, locale, programme, filling, offer())
    return linked.body if linked else None


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_every_wording_has_every_required_element_and_the_link_apart(
    kind: SystemText, locale: str
) -> None:
    assert wordings(kind, locale)
    for wording in wordings(kind, locale):
        lacks = [each for each in REQUIRED[kind] if not has(wording, each, PROGRAMME, locale)]
        assert lacks == [], wording
        # A phone ends a link at a space and nowhere else for certain.
        assert "{link} " in wording or wording.endswith("{link}")
        assert " {link}" in wording


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_with_names_of_ordinary_length_every_text_has_room_for_its_link(
    kind: SystemText, locale: str
) -> None:
    text = worded(kind, locale)
    assert text is not None
    assert LINK in text
    assert "{" not in text
    counted = count_parts(text)
    assert (counted.parts, counted.encoding) == (1, "GSM-7")


@pytest.mark.parametrize(("kind", "locale"), EACH)
def test_wordings_are_ordered_from_long_to_short(kind: SystemText, locale: str) -> None:
    lengths = [len(each) for each in wordings(kind, locale)]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("locale", LOCALES)
def test_help_keeps_frequency_and_rates_as_short_codes_want_them(locale: str) -> None:
    for wording in wordings(SystemText.HELP, locale):
        assert "{frequency}" in wording
        assert system_text(SystemText.HELP, locale, PROGRAMME, "B", CONTACT)


def test_no_link_is_made_for_a_text_that_has_no_room() -> None:
    made: list[str] = []
    long = LinkOffer("x" * 150, lambda: made.append("x") or "x", offer().fits)  # type: ignore[func-returns-value]
    filling = blanks("en", PROGRAMME, "Example Shop", CONTACT)
    assert linked_text(SystemText.CONFIRMED, "en", PROGRAMME, filling, long) is None
    assert made == []


def test_the_end_of_the_link_is_named_as_the_secret() -> None:
    filling = blanks("en", PROGRAMME, "Example Shop", CONTACT)
    linked = linked_text(SystemText.HELP, "en", PROGRAMME, filling, offer())
    assert linked is not None
    assert linked.token == "x" * 18
    assert "x" * 18 not in repr(linked)


def test_a_text_of_the_programmes_own_stays_as_it_is() -> None:
    terms = OptInTerms(texts={"help": {"en": "{brand}: {support_contact}, STOP"}})
    assert worded(SystemText.HELP, "en", replace(PROGRAMME, terms=terms)) is None


def test_what_a_programme_is_called_is_never_read_as_a_blank() -> None:
    odd = replace(PROGRAMME, name="{code}", brand="{link}")
    text = worded(SystemText.CONFIRMED, "en", odd)
    assert text is not None
    assert text.startswith("{link} {code}: ")


def test_an_answer_to_stop_carries_no_link() -> None:
    """47 CFR 64.1200(a)(12): it confirms the opt-out and does nothing else."""
    assert all(not wordings(SystemText.OPTED_OUT, locale) for locale in LOCALES)


def test_every_language_says_whether_a_native_speaker_has_read_it() -> None:
    data = resources.files("assent.programmes") / "data"
    reviews = json.loads((data / "locales.json").read_text(encoding="utf-8"))
    texts = json.loads((data / "system_texts.json").read_text(encoding="utf-8"))
    assert set(reviews) == set(texts) == set(catalogues()) == set(LOCALES)
    for locale, review in reviews.items():
        assert set(review) == {"reviewed_by", "reviewed_at"}, locale
        assert (review["reviewed_by"] is None) is (review["reviewed_at"] is None)
