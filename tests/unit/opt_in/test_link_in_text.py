"""The confirmation text offers a link where it costs nothing, and keeps no copy of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from assent.consent.events import Source
from assent.consent.model import ConsentStatus
from assent.links.model import LinkPurpose
from assent.links.service import Links, digest_of
from assent.messages.alphabet import count_parts
from assent.opt_in.service import OptInForm
from tests.fakes.sequential_ids import SequentialIds
from tests.unit.inbound.test_receiving import NUMBER, PHONE, House
from tests.unit.opt_in.test_opt_in import OFFERS

SITE = "https://sms.example"
LONG = "https://abcdefghij.execute-api.us-east-1.amazonaws.com"


def found(text: str) -> tuple[str, str]:
    """Return the link's token and the code."""
    token, code = re.search(r"/c/(\w{18}) ", text), re.search(r"\b(\d{6})\b", text)
    assert token is not None
    assert code is not None
    return token[1], code[1]


def house(name: str = "Deals", brand: str = "Brew") -> House:
    made = House()
    known = made.programmes.programme(OFFERS)
    short = replace(known, name=name, brand=brand, version=known.version + 1)
    made.programmes.replace(short, expected_version=known.version)
    return made


def asked(made: House, site: str | None, locale: str = "en") -> str:
    form = OptInForm(OFFERS, NUMBER, None, True, 1, locale, site=site)
    made.ask(form)
    return made.sender.bodies[-1]


def test_the_link_in_the_text_confirms_its_own_request() -> None:
    made = house()
    text = asked(made, SITE)
    assert f" {SITE}/c/" in text
    assert count_parts(text).parts == 1
    links = Links(made.links, made.clock, SequentialIds())
    link = links.find(found(text)[0], LinkPurpose.CONFIRM)
    key = made.keys.key_of(PHONE)
    request = made.store.open_request(key, OFFERS)
    assert request is not None
    assert (link.subscriber_key, link.epoch) == (key, request.epoch)
    assert abs(link.expires_at - request.expires_at) < timedelta(seconds=2)
    now = made.clock.now()
    made.consent.confirm(key, OFFERS, Source.LINK, {}, None, now, epoch=link.epoch)
    assert made.status() is ConsentStatus.CONFIRMED


def test_neither_code_nor_link_is_kept() -> None:
    made = house()
    text = asked(made, SITE)
    token, code = found(text)
    kept = repr(made.store.history(made.keys.key_of(PHONE))) + repr(made.ledger.__dict__)
    assert digest_of(token) in made.links.links
    assert token not in kept
    assert f"enter {'•' * len(code)} or tap {SITE}/c/{'•' * len(token)} to confirm" in kept


@pytest.mark.parametrize(
    ("site", "name"),
    [
        (None, "Deals"),
        (LONG, "Deals of the week"),
        (SITE, "Weekly offers for members"),
    ],
    ids=["no site", "long address", "long name"],
)
def test_a_link_that_would_cost_a_second_part_is_left_out(site: str | None, name: str) -> None:
    made = house(name, "Brew & Bloom")
    text = asked(made, site)
    assert "/c/" not in text
    assert count_parts(text).parts == 1
    assert made.links.links == {}


def test_a_longer_name_gets_a_shorter_wording_before_the_link_is_dropped() -> None:
    short, longer = asked(house(), SITE), asked(house("Weekly offers", "Brew & Bloom"), SITE)
    assert "or tap" in short
    assert "or tap" not in longer
    for text in (short, longer):
        assert f" {SITE}/c/" in text
        assert count_parts(text).parts == 1


def test_a_text_that_the_programme_words_itself_stays_as_it_is() -> None:
    made = house()
    known = made.programmes.programme(OFFERS)
    own = "{brand} {programme}: YES or {code}? {frequency}. Msg rates may apply. HELP, STOP"
    terms = replace(known.terms, texts={"confirmation": {"en": own}})
    made.programmes.replace(
        replace(known, terms=terms, version=known.version + 1), expected_version=known.version
    )
    assert "/c/" not in asked(made, SITE)
