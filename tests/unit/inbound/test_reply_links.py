"""A welcome and the answer to HELP show the way to one's own choices, where there is room."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from assent.identifiers import ProgrammeId, RandomIds
from assent.links.model import LinkPurpose
from assent.links.service import Links
from assent.messages.alphabet import count_parts
from tests.unit.inbound.test_receiving import PHONE, House
from tests.unit.opt_in.test_opt_in import OFFERS

SITE = "https://sms.example"
LONG = "https://abcdefghij.execute-api.us-east-1.amazonaws.com"


def house(site: str = SITE, name: str = "Weekly offers") -> House:
    made = House(site=site)
    known = made.programmes.programme(OFFERS)
    made.programmes.replace(
        replace(known, name=name, version=known.version + 1), expected_version=known.version
    )
    return made


def welcomed(made: House) -> str:
    made.sign_up(OFFERS)
    made.clock.advance(60)
    made.text("YES")
    return made.sender.bodies[-1]


def test_the_welcome_links_to_the_page_of_choices() -> None:
    made = house()
    text = welcomed(made)
    found = re.search(rf"{SITE}/p/(\w{{18}})$", text)
    assert found is not None, text
    assert count_parts(text).parts == 1
    link = Links(made.links, made.clock, RandomIds()).find(found[1], LinkPurpose.PREFERENCES)
    assert (link.subscriber_key, link.programme_id) == (made.keys.key_of(PHONE), OFFERS)
    standing = made.store.standing(link.subscriber_key)
    assert standing is not None
    assert link.epoch == standing.consents[OFFERS].epoch


def test_the_answer_to_help_links_there_too_and_the_ledger_keeps_no_token() -> None:
    made = house()
    welcomed(made)
    made.text("HELP")
    found = re.search(rf"{SITE}/p/(\w{{18}})$", made.sender.bodies[-1])
    assert found is not None, made.sender.bodies[-1]
    assert found[1] not in repr(made.ledger.__dict__)


def test_a_reply_without_room_goes_without_its_link() -> None:
    made = house(LONG)
    text = welcomed(made)
    assert "/p/" not in text
    assert count_parts(text).parts == 1
    assert made.links.links == {}


@pytest.mark.parametrize("said", ["HELP", "STOP"])
def test_a_number_without_consent_gets_no_link(said: str) -> None:
    made = house()
    made.text(said)
    assert "/p/" not in made.sender.bodies[-1]
    assert made.links.links == {}


def test_an_answer_to_stop_carries_no_link() -> None:
    made = house()
    welcomed(made)
    made.text("STOP")
    assert "http" not in made.sender.bodies[-1]
    assert ProgrammeId("offers") == OFFERS
