"""A programme's own sign-up page and the form for other pages, as the gateway asks for them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.functions.visitors import Shown
from tests.functions.world import sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.functions.world import World

FORM = {"country": "US", "consent": "yes", "disclosure_version": "1", "locale": "en"}


def visit(
    world: World,
    method: str,
    path: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Shown:
    event: dict[str, Any] = sample("opt_in")
    folder, _, last = path.strip("/").partition("/")
    name = {"s": "programme_id", "embed": "language"}.get(folder)
    pattern = f"/{folder}/{{{name}}}" if name else path
    event.update(routeKey=f"{method} {pattern}", rawPath=path, rawQueryString="")
    event["pathParameters"] = {name: last} if name else {}
    event["requestContext"]["http"].update(method=method, path=path)
    kind = "application/x-www-form-urlencoded"
    event["headers"] = {"accept": "text/html", "content-type": kind, **(headers or {})}
    event["body"] = urlencode(form or {})
    raw = world.invoke("sign_up_page", event)
    return Shown(raw["statusCode"], raw["headers"], raw["body"])


def token_in(page: Shown) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def test_the_page_shows_the_exact_wording_and_an_empty_box(world: World) -> None:
    page = visit(world, "GET", "/s/demo")
    assert page.status == 200
    assert "Consent is not a condition of any purchase" in page.text
    assert "checked" not in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "script" not in page.headers["Content-Security-Policy"]


def test_a_form_that_is_sent_asks_for_consent_with_the_page_as_its_evidence(world: World) -> None:
    phone = "+14155558101"
    sent = visit(world, "POST", "/s/demo", {**FORM, "phone": phone})
    assert (sent.status, "Look at your phone" in sent.text) == (200, True)
    (text,) = world.texts(phone)
    code = re.search(r"\b\d{6}\b", text)
    assert code is not None
    confirm = {"action": "confirm", "phone": phone, "code": code.group()}
    assert "You will get our texts" in visit(world, "POST", "/s/demo", confirm).text
    proofs = json.dumps(world.items("EvidenceTable"), default=str)
    assert "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/s/demo" in proofs


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"phone": ""}, "Enter your mobile number"),
        ({"phone": "12"}, "too few digits"),
        ({"phone": "+1 415 555 8102", "consent": ""}, "Tick the box"),
        ({"phone": "+1 415 555 8102", "disclosure_version": "99"}, "was sent before"),
        ({"phone": "+1 415 555 8102", "form_token": "made-up"}, "was sent before"),
    ],
    ids=["empty", "short", "box", "wording", "token"],
)
def test_a_mistake_is_told_and_what_was_typed_is_kept(
    world: World, change: dict[str, str], said: str
) -> None:
    page = visit(world, "POST", "/s/demo", {**FORM, **change})
    assert page.status == 422
    assert said in page.text
    assert f'value="{change["phone"]}"' in page.text
    assert world.texts("+14155558102") == []


def test_a_form_counts_once(world: World) -> None:
    phone = "+14155558103"
    form = {**FORM, "phone": phone, "form_token": token_in(visit(world, "GET", "/s/demo"))}
    form["form_token"] = aged(world, form["form_token"])
    assert visit(world, "POST", "/s/demo", form).status == 200
    again = visit(world, "POST", "/s/demo", form)
    assert again.status == 422
    assert token_in(again) != form["form_token"]
    assert len(world.texts(phone)) == 1


def aged(world: World, token: str) -> str:
    """Return the token as one served five seconds ago."""
    tokens = world.wire("sign_up_page").door.form_tokens
    issued, nonce, _ = token.split(".")
    earlier = str(int(issued) - 5000)
    return f"{earlier}.{nonce}.{tokens._mac('demo', earlier, nonce)}"


def test_what_was_typed_is_never_markup(world: World) -> None:
    page = visit(world, "POST", "/s/demo", {**FORM, "phone": '"><script>alert(1)</script>'})
    assert "<script" not in page.text


def test_a_wrong_code_is_told_beside_its_field(world: World) -> None:
    sent = {"action": "confirm", "phone": "+14155558104", "code": "000000"}
    page = visit(world, "POST", "/s/demo", sent)
    assert (page.status, "This code does not work" in page.text) == (422, True)


def test_a_programme_that_is_not_there_has_no_page(world: World) -> None:
    assert visit(world, "GET", "/s/none").status == 404


def test_the_form_for_other_pages_is_packed_for_who_takes_it_so(world: World) -> None:
    plain = visit(world, "GET", "/embed.js")
    event = visit(world, "GET", "/embed.js", headers={"accept-encoding": "br, gzip"})
    packed = gzip.decompress(base64.b64decode(event.text)).decode()
    assert packed == plain.text
    assert event.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Access-Control-Allow-Origin"] == "*"


def test_its_words_come_in_the_nearest_language(world: World) -> None:
    assert json.loads(visit(world, "GET", "/embed/fr").text)["lang"] == "fr"
    assert json.loads(visit(world, "GET", "/embed/zz").text)["lang"] == "en"
