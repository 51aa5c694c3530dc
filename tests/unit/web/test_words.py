"""Every page can be read in each of its languages, and says the same there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import assent.web
from assent.audience.subscriber import PROFILE_FIELDS
from assent.consent.events import EventType, Source
from assent.consent.model import ConsentStatus
from assent.web.words import Words, catalogues, language_name, language_of

HERE = Path(str(assent.web.__file__)).parent
LANGUAGES = ("en", "es", "fr", "de")
SOURCES = [*HERE.glob("*.py"), *HERE.glob("templates/*.html")]
GAP = re.compile(r"\{(\w+)\}")


def test_the_languages_are_those_of_the_texts() -> None:
    assert tuple(catalogues()) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_stands_in_every_language_with_the_same_gaps(language: str) -> None:
    english, other = catalogues()["en"], catalogues()[language]
    assert set(other) == set(english)
    for key, text in english.items():
        assert set(GAP.findall(other[key])) == set(GAP.findall(text)), key
        assert other[key].strip() == other[key] != ""


def test_no_text_is_missing_and_none_is_left_over() -> None:
    code = "".join(path.read_text() for path in SOURCES)
    families = {
        *(f"event_{each.value}" for each in EventType),
        *(f"source_{each.value}" for each in Source),
        *(f"status_{each.value}" for each in ConsentStatus),
        *(f"label_{name}" for name in PROFILE_FIELDS),
    }
    known = set(catalogues()["en"])
    assert families <= known
    asked = set(re.findall(r"(?<![\w.])(?:t|words)\(\s*['\"](\w+)['\"]", code)) - {"status_"}
    assert asked <= known
    named = {key for key in known if f'"{key}"' in code or f"'{key}'" in code}
    evidence = {key for key in known if key.startswith("label_")}
    assert known - families - named - evidence == set()


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (["fr-CA"], "fr"),
        (["DE_de"], "de"),
        ([None, "", "pt-BR", "es"], "es"),
        (["zz"], "en"),
        ([], "en"),
        (["../../etc/passwd", "<script>"], "en"),
    ],
)
def test_the_first_language_that_is_spoken_is_taken(
    wanted: list[str | None], language: str
) -> None:
    assert language_of(wanted) == language


@pytest.mark.parametrize(
    ("language", "date"),
    [
        ("en", "3 November 2026"),
        ("es", "3 de noviembre de 2026"),
        ("fr", "3 novembre 2026"),
        ("de", "3. November 2026"),
    ],
)
def test_a_date_is_written_with_its_month_as_a_word(language: str, date: str) -> None:
    assert Words(language).date(datetime(2026, 11, 3, tzinfo=UTC)) == date


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_twelve_months_and_a_number_stands_in_each_frequency(language: str) -> None:
    words = Words(language)
    assert len(set(catalogues()[language]["months"].split(" "))) == 12
    assert " 1 " in words.frequency(1)
    assert " 12 " in words.frequency(12)


def test_an_unknown_name_is_shown_as_words() -> None:
    assert Words("en").named("label", "reply_to_text") == "reply to text"


@pytest.mark.parametrize(
    ("locale", "name"),
    [("en", "English"), ("fr-CA", "Français (CA)"), ("sv", "sv"), ("pt-BR", "pt-BR")],
)
def test_a_language_is_told_by_its_own_name_where_it_is_known(locale: str, name: str) -> None:
    assert language_name(locale) == name
