"""Whatever is sent to the sign-up, it is answered with a problem or with the one answer."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.requests import answer, request

if TYPE_CHECKING:
    from tests.functions.world import World

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=30)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = [
    "programme_id",
    "phone",
    "country",
    "consent",
    "disclosure_version",
    "locale",
    "page_url",
    "profile",
    "max_per_month",
    "form_token",
    "website",
]
GOOD = {"programme_id": "demo", "phone": "+14155550100", "consent": True, "disclosure_version": 1}
PHONES = st.text(alphabet="+0123456789 ()-.;ext٠١٢４５tel:", max_size=24)
NEARLY = st.fixed_dictionaries(
    {"programme_id": st.just("demo"), "consent": st.just(True), "disclosure_version": st.just(1)},
    optional={
        "phone": PHONES,
        "country": st.sampled_from(["US", "GB", "FR", "ZZ", "001"]) | st.text(max_size=3),
        "locale": st.text(max_size=8),
        "page_url": st.text(max_size=30).map("https://{}".format),
        "profile": st.dictionaries(
            st.sampled_from(["first_name", "birth_year", "topics", "time_zone"]), VALUES, max_size=3
        ),
        "form_token": st.text(max_size=40),
        "website": st.text(max_size=10),
    },
)
BODIES = (
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=12), VALUES, max_size=8).map(
        lambda more: {**GOOD, **more}
    )
    | NEARLY
    | VALUES
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_no_json_makes_the_sign_up_fail(world: World, body: Any) -> None:
    check(world, request("POST", "/v1/opt-ins", raw=json.dumps(body)))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=200), encoded=st.booleans())
def test_no_bytes_make_the_sign_up_fail(world: World, body: bytes, encoded: bool) -> None:
    raw = base64.b64encode(body).decode() if encoded else body.decode("latin-1")
    event = request("POST", "/v1/opt-ins", raw=raw)
    check(world, {**event, "isBase64Encoded": encoded})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    headers=st.dictionaries(
        st.sampled_from(["content-type", "idempotency-key", "origin", "x-forwarded-for"]),
        st.text(max_size=40),
        max_size=4,
    )
)
def test_no_header_makes_the_sign_up_fail(world: World, headers: dict[str, str]) -> None:
    check(world, request("POST", "/v1/opt-ins", body=GOOD, headers=headers))


def check(world: World, event: dict[str, Any]) -> None:
    found = answer(world.invoke("consent_api", event))
    if found.status == 202:
        assert found.text == '{"status":"pending"}'
    else:
        assert 400 <= found.status < 500, found.text
        assert found.code
