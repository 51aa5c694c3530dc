from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from assent.errors import (
    AlreadyExistsError,
    ChangedMeanwhileError,
    InputError,
    InvalidTextError,
    ProgrammeNotFoundError,
)
from assent.identifiers import ProgrammeId
from assent.messages.alphabet import count_parts
from assent.programmes.disclosure import Missing, lint
from assent.programmes.service import ProgrammeDraft, ProgrammeService
from assent.programmes.texts import SystemText, chosen_locale, language, system_text
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_programme_store import InMemoryProgrammeStore

if TYPE_CHECKING:
    from assent.programmes.model import Disclosure

OFFERS = ProgrammeId("offers")
NEED_PROGRAMME = (
    SystemText.CONFIRMATION,
    SystemText.CONFIRMED,
    SystemText.REMINDER,
    SystemText.RECONFIRMATION,
)
DRAFT = ProgrammeDraft(
    programme_id=OFFERS,
    name="Weekly offers",
    brand="Brew & Bloom",
    description="Offers of the week",
    max_per_month=8,
    countries=("US", "FR"),
    locales=("en", "fr", "es", "de"),
    terms_url="https://brew.example/terms",
    privacy_url="https://brew.example/privacy",
)
WORDING = {
    "en": "I agree to receive recurring automated marketing texts from Brew & Bloom, up to 8 msgs "
    "a month. Consent is not a condition of purchase. Msg & data rates may apply. Reply HELP for "
    "help, STOP to end. Terms and privacy policy: https://brew.example/terms "
    "https://brew.example/privacy",
    "fr": "J'accepte de recevoir des SMS de Brew & Bloom, 8 SMS/mois max. Ce n'est pas une "
    "condition d'achat. Frais possibles. AIDE pour aide, STOP pour arrêter. CGU, confidentialité.",
    "es": "Acepto recibir de Brew & Bloom hasta 8 mensajes al mes. No es una condición de compra. "
    "Pueden aplicar tarifas. AYUDA para ayuda, STOP para salir. Términos y privacidad en la web.",
    "de": "Ich möchte SMS von Brew & Bloom, bis zu 8 Nachrichten im Monat. Dies ist keine "
    "Voraussetzung für einen Kauf. Kosten möglich. HILFE, STOP zum Beenden. AGB und Datenschutz.",
}


def _service() -> ProgrammeService:
    return ProgrammeService(InMemoryProgrammeStore(), FrozenClock(), ("US", "CA", "FR"))


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
@pytest.mark.parametrize("kind", list(SystemText))
@pytest.mark.parametrize("has_programme", [True, False], ids=["programme", "brand only"])
def test_every_text_is_one_gsm7_part(kind: SystemText, locale: str, has_programme: bool) -> None:
    programme = _service().create(DRAFT)
    shown = programme if has_programme else None
    if not has_programme and kind in NEED_PROGRAMME:
        with pytest.raises(ValueError, match="programme"):
            system_text(kind, locale, shown, "Brew & Bloom", "help@brew.example", "123456")
        return
    text = system_text(kind, locale, shown, "Brew & Bloom", "help@brewbloom.example", "123456")
    counted = count_parts(text)
    assert (counted.parts, counted.encoding, counted.culprit) == (1, "GSM-7", None)
    assert "{" not in text
    assert "  " not in text
    assert "STOP" in text or kind is SystemText.OPTED_OUT


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
def test_the_confirmation_asks_for_a_word_that_is_read_as_yes(locale: str) -> None:
    from assent.inbound.keywords import Action, classify

    programme = _service().create(DRAFT)
    text = system_text(SystemText.CONFIRMATION, locale, programme, "B", "x", "123456")
    words = [word.strip(".,:") for word in text.split()]
    assert any(classify(word).action is Action.CONFIRM for word in words if word.isupper())
    assert "123456" in text


def test_a_confirmation_needs_its_code() -> None:
    with pytest.raises(ValueError, match="code"):
        system_text(SystemText.CONFIRMATION, "en", _service().create(DRAFT), "B", "x")


@pytest.mark.parametrize(
    ("locale", "spoken"), [("fr-CA", "fr"), ("DE_de", "de"), ("pt-BR", "en"), ("", "en")]
)
def test_a_locale_is_served_in_its_language_or_english(locale: str, spoken: str) -> None:
    assert language(locale) == spoken


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [("fr", "fr"), ("fr-CA", "fr"), ("FR_ca", "fr"), ("pt", "en-US"), (None, "en-US")],
)
def test_the_nearest_offered_locale_is_chosen(wanted: str | None, chosen: str) -> None:
    assert chosen_locale(wanted, ("en-US", "fr")) == chosen


def test_an_empty_offer_is_english() -> None:
    assert chosen_locale("fr", ()) == "en"


@pytest.mark.parametrize("locale", list(WORDING))
def test_a_complete_wording_lacks_nothing(locale: str) -> None:
    assert lint(WORDING[locale], _service().create(DRAFT)) == ()


@pytest.mark.parametrize(
    ("cut", "missing"),
    [
        pytest.param("Brew & Bloom", Missing.BRAND, id="brand"),
        pytest.param("up to 8 msgs a month", Missing.FREQUENCY, id="frequency"),
        pytest.param("Msg & data rates may apply.", Missing.RATES, id="rates"),
        pytest.param("STOP", Missing.STOP, id="stop"),
        pytest.param("HELP", Missing.HELP, id="help"),
        pytest.param("Consent is not a condition of purchase.", Missing.NOT_A_CONDITION, id="cond"),
    ],
)
def test_a_missing_element_is_named(cut: str, missing: Missing) -> None:
    programme = _service().create(DRAFT)
    assert missing in lint(WORDING["en"].replace(cut, ""), programme)


def test_an_empty_wording_lacks_everything() -> None:
    assert lint("", _service().create(DRAFT)) == tuple(Missing)


def test_a_wording_is_published_in_versions_and_the_same_one_once() -> None:
    service = _service()
    service.create(DRAFT)
    first = service.publish_disclosure(OFFERS, "en", WORDING["en"])
    again = service.publish_disclosure(OFFERS, "en", WORDING["en"])
    second = service.publish_disclosure(OFFERS, "en", WORDING["en"] + " Thanks.")
    assert (first.version, again, second.version) == (1, first, 2)
    assert service.store.disclosure(OFFERS, "en", 1) == first
    assert [each.version for each in service.disclosures(OFFERS)] == [2]


def test_a_wording_that_lacks_elements_is_not_published() -> None:
    service = _service()
    service.create(DRAFT)
    with pytest.raises(InvalidTextError, match="stop, help"):
        service.publish_disclosure(OFFERS, "en", "Brew & Bloom texts you.")


@pytest.mark.parametrize("locale", ["pt", "EN"])
def test_a_wording_needs_a_locale_of_the_programme(locale: str) -> None:
    service = _service()
    service.create(DRAFT)
    with pytest.raises(InputError):
        service.publish_disclosure(OFFERS, locale, WORDING["en"])


def test_a_wording_too_long_is_refused() -> None:
    service = _service()
    service.create(DRAFT)
    with pytest.raises(InvalidTextError):
        service.publish_disclosure(OFFERS, "en", WORDING["en"] + "x" * 4000)


def test_a_wording_that_others_keep_publishing_is_a_conflict() -> None:

    class Taken(InMemoryProgrammeStore):
        def publish(self, disclosure: Disclosure) -> None:
            message = "taken"
            raise AlreadyExistsError(message)

    service = replace(_service(), store=Taken())
    service.create(DRAFT)
    with pytest.raises(ChangedMeanwhileError):
        service.publish_disclosure(OFFERS, "en", WORDING["en"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, value, id=f"{field}={value!r}")
        for field, value in [
            ("programme_id", "Has Space"),
            ("programme_id", "-x"),
            ("programme_id", "x" * 41),
            ("name", " "),
            ("name", "two\nlines"),
            ("brand", "b" * 31),
            ("description", "d" * 501),
            ("max_per_month", 0),
            ("max_per_month", 101),
            ("countries", ()),
            ("countries", ("us",)),
            ("countries", ("CN",)),
            ("locales", ()),
            ("locales", ("english",)),
            ("terms_url", "http://brew.example"),
            ("privacy_url", "javascript:alert(1)"),
            ("topics", ("",)),
        ]
    ],
)
def test_a_draft_with_a_fault_names_the_field(field: str, value: Any) -> None:
    draft = replace(DRAFT, **{field: value})
    with pytest.raises(InputError) as caught:
        _service().create(draft)
    assert caught.value.field == field


def test_a_programme_is_created_once_and_edited_by_version() -> None:
    service = _service()
    service.create(DRAFT)
    with pytest.raises(AlreadyExistsError):
        service.create(DRAFT)
    edited = service.replace(OFFERS, replace(DRAFT, name="Daily offers"), expected_version=1)
    assert (edited.version, service.programme(OFFERS).name) == (2, "Daily offers")
    with pytest.raises(ChangedMeanwhileError):
        service.replace(OFFERS, DRAFT, expected_version=1)
    assert [each.programme_id for each in service.programmes()] == [OFFERS]


def test_the_id_of_a_programme_stays() -> None:
    service = _service()
    service.create(DRAFT)
    with pytest.raises(InputError):
        service.replace(OFFERS, replace(DRAFT, programme_id=ProgrammeId("other")), 1)


def test_an_unknown_programme_is_not_found() -> None:
    service = _service()
    for ask in (service.programme, service.disclosures):
        with pytest.raises(ProgrammeNotFoundError):
            ask(OFFERS)
