"""A dossier tells everything about one number, in words, and nothing that it does not know."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from assent.campaigns.trace import INPUTS, Check, Rule
from assent.consent.events import EventType, Source
from assent.papers.files import DossierFiles
from assent.web import dossier_words as words
from assent.web.dossier import dossier_page
from tests.unit.campaigns.world import NOON, OFFERS
from tests.unit.papers.world import (
    ADA,
    ARABIC,
    BEGAN,
    DAY,
    ENDLESS,
    ORDERED_AT,
    PHONE,
    WORDING,
    Person,
    ada,
    order,
    story,
)

if TYPE_CHECKING:
    from assent.papers.dossier import Dossier


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return ada().gathering.dossier(order())


@pytest.fixture(scope="module")
def page(dossier: Dossier) -> str:
    return dossier_page(dossier)


def text_of(page: str) -> str:
    """What a reader sees."""
    found: list[str] = []

    class Reader(HTMLParser):
        skips = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.skips = tag == "style"

        def handle_data(self, data: str) -> None:
            if not self.skips:
                found.append(data)

    Reader().feed(page)
    return re.sub(r"\s+", " ", " ".join(found))


def test_why_each_campaign_was_silent_is_told(dossier: Dossier) -> None:
    told = {e.campaign.definition.name: e.decision.reason for e in dossier.silences}
    assert told == {
        "Half of them": "held_out",
        "While a reply waited": "held",
        "After the stop": "stopped",
    }
    assert all(each.decision.is_exact for each in dossier.silences)


def test_a_text_that_came_is_no_silence_and_has_its_decision(dossier: Dossier, page: str) -> None:
    assert not any("Spring" in e.campaign.definition.name for e in dossier.silences)
    told = text_of(page)
    assert "They had agreed to this programme, as event 3 of their history left it." in told
    assert "They had had 0 of at most 4 texts in 30 days." in told


def test_the_wording_shown_is_the_one_that_the_event_committed_to(
    dossier: Dossier, page: str
) -> None:
    (shown,) = dossier.wordings
    assert (shown.is_same, shown.seqs) == (True, (1,))
    assert WORDING in text_of(page)


def test_another_wording_than_was_committed_to_is_told(page: str) -> None:
    steps = story()
    event = steps[0][0]
    forged = replace(event, facts={**event.facts, "disclosure_digest": "00"})
    person = Person([(forged, steps[0][1])])
    told = text_of(dossier_page(person.gathering.dossier(order())))
    assert "is not the one on file" in told
    assert "is not the one on file" not in text_of(page)


def test_what_strangers_typed_is_never_markup(page: str) -> None:
    assert "<script" not in page
    assert text_of(page).count("alert('1')") == 3
    assert "javascript" not in page


def test_long_and_right_to_left_words_are_whole_and_in_their_own_direction(page: str) -> None:
    assert ENDLESS in page
    assert f'<p class="quote" dir="auto">{ARABIC}</p>' in page


def test_the_page_needs_nothing_else(page: str) -> None:
    assert "default-src 'none'" in page.replace("&#39;", "'")
    assert not re.search(r"(?i)<(script|link|img|iframe|form|object)|@import|url\(", page)
    links = re.findall(r'href="([^"]*)"', page)
    assert links
    ids = set(re.findall(r'id="([^"]*)"', page))
    assert all(link[0] == "#" and link[1:] in ids for link in links)


def test_a_reader_by_ear_finds_the_way(page: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert '<html lang="en">' in page
    assert 'class="skip" href="#main"' in page
    assert page.count("<th ") == page.count('scope="col"')


def test_what_happened_after_the_order_is_not_in_it() -> None:
    person = ada()
    early = order(replace(order().query, until=NOON))
    found = person.gathering.dossier(early)
    assert not found.stopped
    assert [e.event.seq for e in found.entries] == [1, 2, 3, 4, 5]
    assert len(found.accesses) == 1
    assert "After the stop" not in {e.campaign.definition.name for e in found.silences}


def test_erased_proof_is_told_and_its_hash_remains() -> None:
    bare = [(event, None) for event, _ in story()]
    told = text_of(dossier_page(Person(bare).gathering.dossier(order())))
    assert told.count("Deleted. Its hash remains:") == len(bare)


def test_an_event_that_was_taken_out_breaks_the_chain_in_plain_sight() -> None:
    person = ada()
    del person.events.stored[(ADA, 2)]
    told = text_of(dossier_page(person.gathering.dossier(order())))
    assert "does not fit the chain" in told


def test_of_a_number_never_seen_the_dossier_says_so() -> None:
    person = Person([])
    person.people = type(person.people)()
    person.subscriber = replace(person.subscriber)
    found = replace(person.gathering.dossier(order()), phone=PHONE)
    told = text_of(dossier_page(found))
    assert "Nothing was ever recorded for this number." in told
    assert "No consent of this number was ever asked for or given." in told


def test_the_same_is_there_for_programs() -> None:
    files = dict(DossierFiles(ada().gathering, dossier_page).files(order()))
    assert list(files) == ["dossier.html", "dossier.json"]
    told = json.loads(files["dossier.json"])
    assert told["phone"] == PHONE.e164
    assert [each["reason"] for each in told["silences"]] == ["held_out", "held", "stopped"]
    campaign = next(each for each in told["texts"] if each["decision"])
    assert {"rule": "stop", "passed": True, "inputs": {}} in campaign["decision"]
    assert told["replies"][0]["decision"] == "release"


def test_every_rule_says_what_it_came_to_either_way() -> None:
    for rule in Rule:
        values = tuple(
            "2026-11-23T09:05:00Z" if name in ("since", "until") else 7 for name in INPUTS[rule]
        )
        met, unmet = (words.rule_sentence(Check(rule, passed, values)) for passed in (True, False))
        assert met != unmet
        assert "not known" not in met + unmet
        assert words.rule_sentence(Check(rule, True)).endswith(".")


def test_every_event_and_door_has_words() -> None:
    assert set(words.EVENTS) == {each.value for each in EventType}
    assert set(words.SOURCES) == {each.value for each in Source}


def test_a_silence_is_no_more_than_what_the_person_could_have_expected() -> None:
    """Campaigns before the first event, and of programmes that the history does not name, are
    none."""
    person = ada()
    person.campaign("Long before", BEGAN - DAY)
    person.campaign("Another", NOON, programme_id="other")
    names = {e.campaign.definition.name for e in person.gathering.dossier(order()).silences}
    assert names.isdisjoint({"Long before", "Another"})
    assert OFFERS in person.gathering.dossier(order()).programmes
    assert order().query.until == ORDERED_AT
