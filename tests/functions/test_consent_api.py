"""Sign-up over HTTP: the same answer for everybody, and consent only from the person."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.programmes import DISCLOSURE
from tests.functions.requests import answer
from tests.functions.world import sample

if TYPE_CHECKING:
    from tests.functions.requests import Client
    from tests.functions.world import World

PENDING = '{"status":"pending"}'
_NUMBERS = (f"+1415555{number:04d}" for number in itertools.count(1000))


def a_number() -> str:
    return next(_NUMBERS)


def a_form(phone: str, **more: Any) -> dict[str, Any]:
    return {
        "programme_id": "demo",
        "phone": phone,
        "consent": True,
        "disclosure_version": 1,
        **more,
    }


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{6})\b", text)
    assert found is not None
    return found.group(1)


def test_a_recorded_event_is_answered(world: World) -> None:
    found = answer(world.invoke("consent_api", sample("opt_in")))
    assert (found.status, found.text) == (202, PENDING)
    assert len(world.texts("+14155550142")) == 1


def test_the_form_is_told_the_words_to_show(public: Client) -> None:
    found = public.get("/v1/programmes/demo")
    assert found.status == 200
    assert found.json["disclosure"] == {"version": 1, "locale": "en", "text": DISCLOSURE}
    assert found.json["form_token"]
    assert found.json["frequency"] == "up to 8 msgs/month"
    assert set(found.json["countries"]) == {"US", "CA", "GB", "FR"}


@pytest.mark.parametrize(
    ("locale", "shown"),
    [("fr", "fr"), ("fr-CA", "fr"), ("FR", "fr"), ("de", "en"), ("en-GB", "en")],
)
def test_the_words_are_the_nearest_ones(public: Client, locale: str, shown: str) -> None:
    found = public.get("/v1/programmes/demo", locale=locale)
    assert found.json["disclosure"]["locale"] == shown


def test_a_form_with_all_its_fields_is_taken(world: World, public: Client) -> None:
    phone = a_number()
    token = public.get("/v1/programmes/demo").json["form_token"]
    profile = {"first_name": "Ada", "birth_year": 1990, "region": "CA", "topics": ["deals"]}
    form = a_form(
        phone,
        country="US",
        locale="en",
        page_url="https://shop.example/offers?utm=1",
        profile=profile,
        max_per_month=2,
        form_token=token,
        website="",
    )
    found = public.send("POST", "/v1/opt-ins", form, ip="203.0.113.77")
    assert (found.status, found.text) == (202, PENDING)
    evidence = next(e for e in world.items("EvidenceTable") if "203.0.113.77" in str(e))
    assert "https://shop.example/offers?utm=1" in str(evidence)


def test_a_code_from_the_text_confirms(world: World, public: Client) -> None:
    phone = a_number()
    public.send("POST", "/v1/opt-ins", a_form(phone))
    body = {"programme_id": "demo", "phone": phone, "code": code_in(world.texts(phone)[0])}
    found = public.send("POST", "/v1/opt-ins/confirm", body)
    assert (found.status, found.json) == (200, {"status": "confirmed"})


def test_every_code_that_confirms_nothing_has_one_answer(world: World, public: Client) -> None:
    pending, used = a_number(), a_number()
    for phone in (pending, used):
        public.send("POST", "/v1/opt-ins", a_form(phone))
    code = code_in(world.texts(used)[0])
    public.send(
        "POST", "/v1/opt-ins/confirm", {"programme_id": "demo", "phone": used, "code": code}
    )
    wrong = f"{(int(code_in(world.texts(pending)[0])) + 1) % 10**6:06d}"
    tried = [(pending, wrong), (used, code), (a_number(), "123456"), ("nonsense", "x")]
    answers = [
        public.send(
            "POST", "/v1/opt-ins/confirm", {"programme_id": "demo", "phone": phone, "code": code}
        )
        for phone, code in tried
    ]
    assert {each.code for each in answers} == {"wrong_code"}
    assert len({each.text for each in answers}) == 1


def test_who_is_known_and_who_is_not_hear_the_same(world: World, public: Client) -> None:
    new, pending, confirmed, abroad = a_number(), a_number(), a_number(), "+4915112345678"
    for phone in (pending, confirmed):
        public.send("POST", "/v1/opt-ins", a_form(phone))
    code = code_in(world.texts(confirmed)[0])
    public.send(
        "POST", "/v1/opt-ins/confirm", {"programme_id": "demo", "phone": confirmed, "code": code}
    )
    before = len(world.texts())
    answers = [
        public.send("POST", "/v1/opt-ins", a_form(phone))
        for phone in (new, pending, confirmed, abroad)
    ]
    assert {(each.status, each.text) for each in answers} == {(202, PENDING)}
    assert len({json.dumps(each.headers, sort_keys=True) for each in answers}) == 1
    assert len(world.texts()) == before + 1


def test_a_filled_honeypot_is_answered_alike_and_does_nothing(world: World, public: Client) -> None:
    phone, before = a_number(), world.state()
    found = public.send("POST", "/v1/opt-ins", a_form(phone, website="https://spam.example"))
    assert (found.status, found.text) == (202, PENDING)
    assert world.state() == before
    assert world.texts(phone) == []


@pytest.mark.parametrize(
    "spelling", ["+44 7700 900123", "tel:+447700900123", "+44 (0)7700 900123", "07700 900123"]
)
def test_every_spelling_of_a_number_is_one_person(
    world: World, public: Client, spelling: str
) -> None:
    public.send("POST", "/v1/opt-ins", a_form(spelling, country="GB"))
    assert len(world.texts("+447700900123")) == 1


BAD_FORMS: dict[str, tuple[dict[str, Any], int, str]] = {
    "phone missing": ({"phone": ...}, 400, "malformed_request"),
    "phone null": ({"phone": None}, 400, "malformed_request"),
    "phone a number": ({"phone": 14155550142}, 400, "malformed_request"),
    "phone a list": ({"phone": ["+14155550142"]}, 400, "malformed_request"),
    "phone empty": ({"phone": ""}, 422, "invalid_phone"),
    "phone of letters": ({"phone": "+1800FLOWERS"}, 422, "invalid_phone"),
    "phone of 16 digits": ({"phone": "+1415555014255501"}, 422, "invalid_phone"),
    "phone of a kilobyte": ({"phone": "+1" * 512}, 400, "malformed_request"),
    "name of 256 bytes": ({"profile": {"first_name": "\U0001f600" * 64}}, 422, "invalid_text"),
    "topics of 1 KB": ({"profile": {"topics": ["x" * 60] * 17}}, 422, "invalid_text"),
    "landline": ({"phone": "+442079460018"}, 422, "invalid_phone"),
    "emergency number": ({"phone": "911", "country": "US"}, 422, "invalid_phone"),
    "short code": ({"phone": "12345", "country": "US"}, 422, "invalid_phone"),
    "injection as phone": ({"phone": "'; --"}, 422, "invalid_phone"),
    "country in lower case": ({"country": "us"}, 400, "malformed_request"),
    "country of three letters": ({"country": "USA"}, 400, "malformed_request"),
    "box not ticked": ({"consent": False}, 422, "consent_not_given"),
    "box as text": ({"consent": "true"}, 400, "malformed_request"),
    "box as number": ({"consent": 1}, 400, "malformed_request"),
    "box missing": ({"consent": ...}, 400, "malformed_request"),
    "wording never published": ({"disclosure_version": 99}, 422, "unknown_disclosure"),
    "wording zero": ({"disclosure_version": 0}, 400, "malformed_request"),
    "wording as text": ({"disclosure_version": "1"}, 400, "malformed_request"),
    "wording huge": ({"disclosure_version": 10**30}, 400, "malformed_request"),
    "programme unknown": ({"programme_id": "nope"}, 404, "programme_not_found"),
    "programme a path": ({"programme_id": "../demo"}, 400, "malformed_request"),
    "programme empty": ({"programme_id": ""}, 400, "malformed_request"),
    "state set by the caller": ({"state": "IN"}, 400, "malformed_request"),
    "admin flag": ({"isAdmin": True}, 400, "malformed_request"),
    "profile with a foreign field": ({"profile": {"vip": True}}, 400, "malformed_request"),
    "profile a list": ({"profile": []}, 400, "malformed_request"),
    "name of 10,000 emoji": ({"profile": {"first_name": "😀" * 10_000}}, 413, "payload_too_large"),
    "name of 1,000 emoji": ({"profile": {"first_name": "😀" * 1000}}, 400, "malformed_request"),
    "name with NUL": ({"profile": {"first_name": "a\x00"}}, 400, "malformed_request"),
    "birth year as text": ({"profile": {"birth_year": "1990"}}, 400, "malformed_request"),
    "birth year a float": ({"profile": {"birth_year": 1990.5}}, 400, "malformed_request"),
    "21 topics": ({"profile": {"topics": ["a"] * 21}}, 400, "malformed_request"),
    "page that is a script": ({"page_url": "javascript:alert(1)"}, 400, "malformed_request"),
    "page with a line break": ({"page_url": "https://a.example/\nx"}, 400, "malformed_request"),
    "most per month zero": ({"max_per_month": 0}, 400, "malformed_request"),
    "form token altered": ({"form_token": f"17954462504.{'A' * 20}"}, 422, "invalid_form_token"),
    "form token empty": ({"form_token": ""}, 422, "invalid_form_token"),
    "locale a path": ({"locale": "../../etc"}, 400, "malformed_request"),
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_a_bad_form_is_refused_and_changes_nothing(world: World, public: Client, name: str) -> None:
    changes, status, code = BAD_FORMS[name]
    form = {k: v for k, v in {**a_form("+14155550999"), **changes}.items() if v is not ...}
    before, texts = world.state(), len(world.texts())
    found = public.send("POST", "/v1/opt-ins", form)
    assert (found.status, found.code) == (status, code)
    assert world.state() == before
    assert len(world.texts()) == texts


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "'; --", "=1+1"]
)
def test_a_name_is_text_whatever_it_looks_like(world: World, public: Client, name: str) -> None:
    phone = a_number()
    found = public.send("POST", "/v1/opt-ins", a_form(phone, profile={"first_name": name}))
    assert found.status == 202
    assert name not in world.texts(phone)[0]


def test_the_same_key_and_body_is_done_once(world: World, public: Client) -> None:
    phone = a_number()
    for _ in range(3):
        found = public.send(
            "POST", "/v1/opt-ins", a_form(phone), headers={"idempotency-key": f"k {phone}"[2:]}
        )
        assert (found.status, found.text) == (202, PENDING)
    assert len(world.texts(phone)) == 1


def test_the_same_key_with_another_body_is_refused(world: World, public: Client) -> None:
    first, second = a_number(), a_number()
    headers = {"idempotency-key": "one-key,two-bodies"}
    public.send("POST", "/v1/opt-ins", a_form(first), headers=headers)
    found = public.send("POST", "/v1/opt-ins", a_form(second), headers=headers)
    assert (found.status, found.code) == (422, "idempotency_key_reused")
    assert world.texts(second) == []


@pytest.mark.parametrize("key", ["k" * 256, "k" * 300, "", "with space", "ключ"])
def test_a_key_that_is_no_key_is_refused(world: World, public: Client, key: str) -> None:
    phone = a_number()
    found = public.send("POST", "/v1/opt-ins", a_form(phone), headers={"idempotency-key": key})
    assert (found.status, found.code) == (400, "malformed_request")
    assert world.texts(phone) == []


def test_a_refused_form_may_be_corrected_under_its_key(world: World, public: Client) -> None:
    phone, headers = a_number(), {"idempotency-key": "corrected"}
    public.send("POST", "/v1/opt-ins", a_form(phone, disclosure_version=9), headers=headers)
    assert public.send("POST", "/v1/opt-ins", a_form(phone), headers=headers).status == 202


def test_no_answer_lets_a_foreign_page_in(public: Client) -> None:
    found = public.send(
        "POST", "/v1/opt-ins", a_form(a_number()), headers={"origin": "https://evil.example"}
    )
    assert not [name for name in found.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/programmes/none", 404, "programme_not_found"),
        ("/v1/programmes/a%00b", 400, "malformed_request"),
        ("/v1/programmes/" + "a" * 65, 400, "malformed_request"),
    ],
)
def test_a_programme_that_is_none_is_a_problem(
    public: Client, path: str, status: int, code: str
) -> None:
    found = public.get(path)
    assert (found.status, found.code) == (status, code)


def test_the_api_describes_itself(public: Client) -> None:
    found = public.get("/v1/openapi.json")
    assert found.status == 200
    assert found.headers["Content-Type"] == "application/json"
    assert found.headers["Cache-Control"] == "public, max-age=300"
    assert "/v1/opt-ins" in found.json["paths"]
