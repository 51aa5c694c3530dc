"""The confirmation text offers a link where it costs nothing, and keeps no copy of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.consent.events import Source
from assent.consent.model import ConsentStatus
from assent.links.model import LinkPurpose
from assent.links.service import Links, digest_of
from assent.messages.alphabet import count_parts
from assent.opt_in.service import OptInForm
from assent.programmes.texts import text_with_link
from tests.fakes.sequential_ids import SequentialIds
from tests.unit.inbound.test_receiving import NUMBER, PHONE, House, programme
from tests.unit.opt_in.test_opt_in import OFFERS

if TYPE_CHECKING:
    from assent.programmes.model import Programme

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
    [(None, "Deals"), (LONG, "Deals of the week"), (SITE, "Weekly offers")],
    ids=["no site", "long address", "long name"],
)
def test_a_link_that_would_cost_a_second_part_is_left_out(site: str | None, name: str) -> None:
    made = house(name, "Brew & Bloom")
    text = asked(made, site)
    assert "/c/" not in text
    assert count_parts(text).parts == 1
    assert made.links.links == {}


def short_programme() -> Programme:
    return replace(programme(), name="Deals", brand="Brew")


@pytest.mark.parametrize("locale", ["en", "es", "fr", "de"])
def test_the_text_with_a_link_says_all_that_the_other_says(locale: str) -> None:
    link = f"{SITE}/c/{'x' * 18}"
    text = text_with_link(locale, short_programme(), "Brew", "123456", link)
    for element in ("Brew", "Deals", "8", "123456", f"{link} ", "STOP"):
        assert element in text
    assert re.search(r"YES|SI|OUI|JA", text)
    assert re.search(r"rates|tarifas|Frais|Kosten", text)
    assert re.search(r"HELP|AYUDA|AIDE", text)
    assert count_parts(text).parts == 1
    assert count_parts(text).encoding == "GSM-7"


def test_what_a_programme_is_called_is_never_read_as_a_blank() -> None:
    odd = replace(short_programme(), name="{code}")
    text = text_with_link("en", odd, "{link}", "123456", "https://x")
    assert text.startswith("{link} {code}: ")
