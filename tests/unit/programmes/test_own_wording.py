"""A programme's own words and texts are refused, by name, before they can do harm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assent.errors import InputError, InvalidTextError, SettingsError
from assent.identifiers import ProgrammeId
from assent.inbound.keywords import classify
from assent.inbound.normalise import normalise
from assent.messages.alphabet import count_parts
from assent.programmes.model import OptInTerms
from assent.programmes.service import ProgrammeService
from assent.programmes.texts import SystemText, brand_wide, system_text
from assent.programmes.wording import REQUIRED, Reader
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore
from tests.unit.programmes.test_programmes import DRAFT, OFFERS

if TYPE_CHECKING:
    from assent.programmes.model import Programme

READER = Reader(
    is_one_part=lambda text: (c := count_parts(text)).parts == 1 and c.encoding == "GSM-7",
    fold=normalise,
    reads_as=lambda text, country: classify(text, country).action.value,
    support_contact="help@brew.example",
)
CONFIRMATION = (
    "{brand} {programme}: say YES or type {code}. {frequency}. Msg & data rates may apply. "
    "HELP for help, STOP to end."
)
ELEMENTS = {
    "brand": "{brand} ",
    "programme": "{programme}",
    "frequency": "{frequency}. ",
    "rates": "Msg & data rates may apply. ",
    "help": "HELP for help, ",
    "stop": "STOP to end.",
    "code": "{code}",
    "how to answer": "YES",
}


def service(store: InMemoryProgrammeStore | None = None) -> ProgrammeService:
    return ProgrammeService(
        store or InMemoryProgrammeStore(), FrozenClock(), ("US", "CA", "FR"), READER
    )


def made(**terms: Any) -> Programme:
    return service().create(replace(DRAFT, terms=OptInTerms(**terms)))


def confirmation(text: str, locale: str = "en") -> dict[str, dict[str, str]]:
    return {"confirmation": {locale: text}}


def test_an_own_text_is_what_is_sent_in_its_locale_and_no_other() -> None:
    programme = made(texts=confirmation(CONFIRMATION))
    parts = ("Brew & Bloom", "help@brew.example", "123456")
    own = system_text(SystemText.CONFIRMATION, "en", programme, *parts)
    assert own == (
        "Brew & Bloom Weekly offers: say YES or type 123456. Up to 8 msgs/month. "
        "Msg & data rates may apply. HELP for help, STOP to end."
    )
    assert "OUI" in system_text(SystemText.CONFIRMATION, "fr", programme, *parts)


@pytest.mark.parametrize(("element", "words"), ELEMENTS.items(), ids=list(ELEMENTS))
def test_a_text_that_lacks_an_element_is_refused_by_its_name(element: str, words: str) -> None:
    with pytest.raises(InvalidTextError, match=element) as caught:
        made(texts=confirmation(CONFIRMATION.replace(words, "")))
    assert caught.value.field == "texts"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        pytest.param({"greeting": {"en": "Hi"}}, "no text greeting", id="unknown kind"),
        pytest.param(confirmation(CONFIRMATION, "pt"), "locale", id="locale of no programme"),
        pytest.param(confirmation(CONFIRMATION + " {phone}"), "phone", id="unknown blank"),
        pytest.param(confirmation(CONFIRMATION + " x" * 40), "160", id="too long"),
        pytest.param(confirmation(CONFIRMATION + " →"), "160", id="not GSM-7"),
        pytest.param({"opted_out": {"en": "Bye"}}, "no more", id="an answer to STOP"),
        pytest.param({"help": {"en": "{brand}: call us. STOP ends."}}, "contact", id="HELP"),
    ],
)
def test_a_text_with_a_fault_is_refused_and_the_fault_named(
    texts: dict[str, dict[str, str]], said: str
) -> None:
    with pytest.raises(InvalidTextError, match=said):
        made(texts=texts)


def test_every_text_of_the_house_holds_to_what_is_asked_of_own_ones() -> None:
    import json
    from importlib import resources

    data = resources.files("assent.programmes") / "data" / "system_texts.json"
    house = json.loads(data.read_text(encoding="utf-8"))
    for locale, texts in house.items():
        for kind in REQUIRED:
            made(texts={kind.value: {locale: texts[kind.value]}})


def test_braces_that_fill_a_blank_are_not_read_as_one() -> None:
    programme = replace(made(texts=confirmation(CONFIRMATION)), name="{code}")
    text = system_text(SystemText.CONFIRMATION, "en", programme, "B", "x", "123456")
    assert text.startswith("B {code}: say YES or type 123456")


@pytest.mark.parametrize(
    "word",
    ["stop", "quit", "help", "info", "start", "yes", "arret", "STOP", "deals!", "x" * 21, ""],
)
def test_a_word_to_join_that_means_something_else_is_refused(word: str) -> None:
    with pytest.raises(InputError) as caught:
        made(join_words=(word,))
    assert caught.value.field == "join_words"


@pytest.mark.parametrize("word", ["stop", "help", "start", "cancel"])
def test_a_word_to_confirm_that_means_something_else_is_refused(word: str) -> None:
    with pytest.raises(InputError) as caught:
        made(yes_words={"en": (word,)})
    assert caught.value.field == "yes_words"


def test_words_that_mean_nothing_else_are_taken() -> None:
    programme = made(join_words=("coffee",), yes_words={"en": ("count me in", "yes")})
    assert programme.terms.join_words == ("coffee",)


def test_a_word_to_join_belongs_to_one_programme() -> None:
    store = InMemoryProgrammeStore()
    draft = replace(DRAFT, terms=OptInTerms(join_words=("coffee",)))
    service(store).create(draft)
    service(store).replace(OFFERS, draft, expected_version=1)
    other = replace(draft, programme_id=ProgrammeId("other"))
    with pytest.raises(InputError, match="offers"):
        service(store).create(other)
    confirming = replace(other, terms=OptInTerms(yes_words={"en": ("coffee",)}))
    with pytest.raises(InputError, match="offers"):
        service(store).create(confirming)


def test_yes_words_are_for_the_programmes_own_locales() -> None:
    with pytest.raises(InputError):
        made(yes_words={"pt": ("claro",)})


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("pending_hours", {"pending_hours": 0}),
        ("pending_hours", {"pending_hours": 721}),
        ("reconfirm_after_days", {"reconfirm_after_days": 59}),
        ("expires_on_silence", {"expires_on_silence": True}),
        ("sends_reminder", {"sends_reminder": True, "pending_hours": 24}),
    ],
)
def test_terms_that_cannot_be_kept_name_their_field(field: str, terms: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        made(**terms)
    assert caught.value.field == field


def test_a_service_that_cannot_check_words_takes_none() -> None:
    bare = replace(service(), reader=None)
    with pytest.raises(SettingsError):
        bare.create(replace(DRAFT, terms=OptInTerms(join_words=("coffee",))))
    assert bare.create(DRAFT).terms == OptInTerms()


def test_a_text_of_the_whole_brand_is_worded_by_the_first_that_has_one() -> None:
    own = {"opted_out": {"en": "{brand}: unsubscribed. Bye."}}
    plain, worded = made(), replace(made(texts=own), programme_id=ProgrammeId("z"))
    assert brand_wide([plain, worded], SystemText.OPTED_OUT) is worded
    assert brand_wide([plain], SystemText.OPTED_OUT) is None
