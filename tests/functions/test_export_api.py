"""What a reviewer asks over HTTP, and an export from order to file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import urllib.parse
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.functions.inbound import an_entry, an_event
from tests.functions.world import Context

if TYPE_CHECKING:
    from tests.functions.requests import Client
    from tests.functions.world import World

PHONE = "+14155554001"
SPAN = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


@pytest.fixture(scope="module")
def told(world: World) -> dict[str, str]:
    """A person asked, confirmed by code and stopped; the instants in between."""
    from tests.functions.requests import Client

    public, times = Client(world, "consent_api"), {"before": _now()}
    form = {
        "programme_id": "demo",
        "phone": PHONE,
        "consent": True,
        "disclosure_version": 1,
        "profile": {"first_name": "=HYPERLINK(1)"},
    }
    public.send("POST", "/v1/opt-ins", form)
    times["asked"] = _now()
    code = re.search(r"\b\d{6}\b", world.texts(PHONE)[0])
    assert code is not None
    body = {"programme_id": "demo", "phone": PHONE, "code": code.group()}
    assert public.send("POST", "/v1/opt-ins/confirm", body).status == 200
    times["confirmed"] = _now()
    world.invoke("inbound_sms", an_event(an_entry(originationNumber=PHONE, messageBody="STOP")))
    times["stopped"] = _now()
    return times


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.parametrize(
    ("when", "status", "may"),
    [
        ("before", "none", False),
        ("asked", "pending", False),
        ("confirmed", "confirmed", True),
        ("stopped", "withdrawn", False),
    ],
)
def test_whether_a_number_had_agreed_at_an_instant(
    compliance: Client, told: dict[str, str], when: str, status: str, may: bool
) -> None:
    found = compliance.get("/v1/consents", phone=PHONE, programme_id="demo", at=told[when])
    (item,) = found.json["items"]
    assert (item["status"], item["may_be_texted"]) == (status, may)


def test_without_a_programme_every_one_of_the_history_is_answered(
    compliance: Client, told: dict[str, str]
) -> None:
    found = compliance.get("/v1/consents", phone=PHONE)
    assert [(i["programme_id"], i["status"]) for i in found.json["items"]] == [
        ("demo", "withdrawn")
    ]


def test_a_number_never_seen_is_an_answer(compliance: Client) -> None:
    found = compliance.get("/v1/consents", phone="+14155554999", programme_id="demo")
    assert (found.status, found.json["items"][0]["status"]) == (200, "none")
    assert compliance.get("/v1/consents/history", phone="+14155554999").json["items"] == []


def test_the_events_that_decide_are_told(compliance: Client, told: dict[str, str]) -> None:
    query = {"phone": PHONE, "programme_id": "demo", "at": told["confirmed"], "as_known": "true"}
    (item,) = compliance.get("/v1/consents", **query).json["items"]
    assert [each["type"] for each in item["events"]] == ["requested", "confirmed"]
    assert item["decided_by"] == item["events"][-1]
    assert item["decided_by"]["is_intact"]


def test_an_unescaped_plus_is_still_a_plus(compliance: Client, told: dict[str, str]) -> None:
    at = told["confirmed"].replace("+", " ")
    found = compliance.get(
        "/v1/consents", phone=PHONE.replace("+", " "), programme_id="demo", at=at
    )
    assert found.json["items"][0]["status"] == "confirmed"


def test_the_history_is_whole_chained_and_paged(compliance: Client, told: dict[str, str]) -> None:
    items: list[dict[str, Any]] = []
    query = {"phone": PHONE, "limit": "2"}
    while True:
        page = compliance.get("/v1/consents/history", **query).json
        items += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert [each["type"] for each in items] == [
        "requested",
        "confirmation_texted",
        "confirmed",
        "withdrawn",
    ]
    assert all(each["is_intact"] for each in items)
    hashes = ["", *(each["hash"] for each in items)]
    assert [each["previous_hash"] for each in items] == hashes[:-1]


def test_a_cursor_of_one_number_does_not_open_anothers_list(
    compliance: Client, told: dict[str, str]
) -> None:
    cursor = compliance.get("/v1/consents/history", phone=PHONE, limit="1").json["next_cursor"]
    found = compliance.get("/v1/consents/history", phone="+14155554002", cursor=cursor)
    assert (found.status, found.code) == (422, "invalid_cursor")


def test_every_text_to_a_number_is_listed_newest_first(
    compliance: Client, told: dict[str, str]
) -> None:
    first = compliance.get("/v1/messages", phone=PHONE, limit="1").json
    rest = compliance.get("/v1/messages", phone=PHONE, limit="9", cursor=first["next_cursor"]).json
    found = first["items"] + rest["items"]
    assert [each["purpose"] for each in found][:: len(found) - 1] == [
        "opt_out_reply",
        "confirmation",
    ]
    assert {each["outcome"] for each in found} == {"sent"}
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("/v1/messages", {}, 400, "malformed_request"),
        ("/v1/messages", {"phone": "x"}, 422, "invalid_phone"),
        ("/v1/messages", {"phone": ""}, 422, "invalid_phone"),
        ("/v1/messages", {"phone": "+1" * 99}, 400, "malformed_request"),
        ("/v1/messages", {"phone": PHONE, "cursor": "x"}, 422, "invalid_cursor"),
        ("/v1/messages", {"phone": PHONE, "cursor": ""}, 422, "invalid_cursor"),
        ("/v1/messages", {"phone": PHONE, "limit": "1000"}, 400, "malformed_request"),
        ("/v1/messages", {"phone": f"{PHONE},+14155550100"}, 422, "invalid_phone"),
        ("/v1/consents", {"phone": PHONE, "at": "yesterday"}, 422, "invalid_input"),
        ("/v1/consents", {"phone": PHONE, "at": "2026-11-23T09:05:00"}, 422, "invalid_input"),
        ("/v1/consents", {"phone": PHONE, "at": ""}, 422, "invalid_input"),
        ("/v1/consents", {"phone": PHONE, "at": "9999-01-01T00:00:00Z"}, 422, "invalid_input"),
        ("/v1/consents", {"phone": PHONE, "at": "0001-01-01T00:00:00+14:00"}, 422, "invalid_input"),
        ("/v1/consents", {"phone": PHONE, "as_known": "maybe"}, 400, "malformed_request"),
        ("/v1/consents", {"phone": PHONE, "att": "2026-11-23"}, 400, "malformed_request"),
        ("/v1/consents", {"phone": PHONE, "programme_id": "../x"}, 400, "malformed_request"),
        ("/v1/consents/history", {"phone": "+4420"}, 422, "invalid_phone"),
        ("/v1/exports/none", {}, 404, "export_not_found"),
    ],
)
def test_a_bad_question_is_refused(
    compliance: Client, path: str, query: dict[str, str], status: int, code: str
) -> None:
    found = compliance.get(path, **query)
    assert (found.status, found.code) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "malformed_request"),
        ({"from": "2026-01-01T00:00:00Z"}, 400, "malformed_request"),
        ({"from": "2026-01-01", "to": "2026-02-01"}, 400, "malformed_request"),
        ({"from": 1, "to": 2}, 400, "malformed_request"),
        ({"from": "9999-01-01T00:00:00Z", "to": "9999-02-01T00:00:00Z"}, 422, "invalid_input"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 422, "invalid_input"),
        (
            {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z", "status": "done"},
            400,
            "malformed_request",
        ),
        ({**SPAN, "datasets": []}, 400, "malformed_request"),
        ({**SPAN, "datasets": ["secrets"]}, 400, "malformed_request"),
        ({**SPAN, "file_format": "parquet"}, 400, "malformed_request"),
        ({**SPAN, "statuses": ["none"]}, 400, "malformed_request"),
        ({**SPAN, "phones": []}, 400, "malformed_request"),
        ({**SPAN, "phones": ["x"]}, 422, "invalid_phone"),
        (
            {**SPAN, "datasets": ["staff_audit"], "programme_id": "demo"},
            422,
            "invalid_input",
        ),
    ],
)
def test_a_bad_order_is_refused(
    world: World, compliance: Client, body: dict[str, Any], status: int, code: str
) -> None:
    before = world.state()
    found = compliance.send("POST", "/v1/exports", body)
    assert (found.status, found.code) == (status, code)
    assert world.state() == before


def test_an_export_is_ordered_once_built_and_fetched(
    world: World, compliance: Client, told: dict[str, str]
) -> None:
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    body = {"from": since, "to": _now(), "programme_id": "demo"}
    headers = {"idempotency-key": "export-1"}
    ordered, again = (
        compliance.send("POST", "/v1/exports", body, headers=headers) for _ in range(2)
    )
    assert (ordered.status, ordered.text) == (again.status, again.text)
    export_id = ordered.json["export_id"]
    assert (ordered.json["status"], ordered.json["link"]) == ("requested", None)
    assert [each["name"] for each in world.executions("ExportStateMachine")] == [export_id]
    build(world, export_id, body["to"])
    done = compliance.get(f"/v1/exports/{export_id}").json
    assert (done["status"], done["rows"], done["stage"]) == ("done", 4, None)
    assert [e["export_id"] for e in compliance.get("/v1/exports").json["items"]] == [export_id]
    with zipfile.ZipFile(io.BytesIO(_fetch(done["link"]))) as bundle:
        text = bundle.read("consent_events/00001.csv").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["type"] for row in rows][-1] == "withdrawn"
    assert {row["phone"] for row in rows} == {f"'{PHONE}"}


def build(world: World, export_id: str, until: str) -> None:
    """What the workflow does."""
    patient = Context(milliseconds=900_000)
    sealed = world.invoke("evidence_seal", {"export_id": export_id, "until": until}, patient)
    assert (sealed["is_complete"], sealed["mismatches"]) == (True, 0)
    event = {"export_id": export_id}
    assert world.invoke("export_build", event, patient) == {"status": "sign"}
    world.invoke("evidence_seal", {**event, "sign": True}, patient)
    assert world.invoke("export_build", event, patient) == {"status": "done"}


def test_everything_about_some_numbers_is_one_bundle(
    world: World, compliance: Client, told: dict[str, str]
) -> None:
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    names = ["messages", "consent_events", "current_consents", "opt_outs", "staff_audit"]
    until = _now()
    body = {"from": since, "to": until, "datasets": names, "phones": [PHONE, PHONE]}
    ordered = compliance.send("POST", "/v1/exports", {**body, "file_format": "jsonl"}).json
    assert (ordered["numbers"], ordered["file_format"]) == (1, "jsonl")
    build(world, ordered["export_id"], until)
    done = compliance.get(f"/v1/exports/{ordered['export_id']}").json
    with zipfile.ZipFile(io.BytesIO(_fetch(done["link"]))) as bundle:
        counts = json.loads(bundle.read("manifest.json"))["counts"]
        event = json.loads(bundle.read("consent_events/00001.jsonl").splitlines()[0])
    assert (counts["consent_events"], counts["opt_outs"], counts["current_consents"]) == (4, 1, 1)
    assert counts["messages"] >= 2
    assert event["phone"] == PHONE


def test_an_export_is_cancelled_and_taken_up_again(
    world: World, compliance: Client, told: dict[str, str]
) -> None:
    since = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    made = compliance.send("POST", "/v1/exports", {"from": since, "to": _now()}).json
    path = f"/v1/exports/{made['export_id']}"
    assert compliance.send("POST", f"{path}/cancel", {}).json["status"] == "cancelled"
    again = compliance.send("POST", f"{path}/cancel", {})
    assert (again.status, again.code) == (409, "illegal_transition")
    event = {"export_id": made["export_id"]}
    patient = Context(milliseconds=900_000)
    assert world.invoke("export_build", event, patient) == {"status": "done"}
    assert compliance.get(path).json["status"] == "cancelled"
    assert compliance.send("POST", f"{path}/resume", {}).json["status"] == "requested"
    build(world, made["export_id"], made["to"])
    assert compliance.get(path).json["status"] == "done"


def test_an_export_whose_workflow_gave_up_says_so(
    world: World, compliance: Client, told: dict[str, str]
) -> None:
    since = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    ordered = compliance.send("POST", "/v1/exports", {"from": since, "to": _now()}).json
    event = {"export_id": ordered["export_id"], "failed": True}
    world.invoke("export_build", event, Context(milliseconds=900_000))
    assert compliance.get(f"/v1/exports/{ordered['export_id']}").json["status"] == "failed"


def _fetch(link: str) -> bytes:
    parts = urllib.parse.urlsplit(link)
    host, path = parts.netloc, parts.path.lstrip("/")
    bucket = host.split(".")[0] if not host.startswith("s3") else path.split("/", 1)[0]
    key = path if not host.startswith("s3") else path.split("/", 1)[1]
    found = boto3.client("s3").get_object(Bucket=bucket, Key=urllib.parse.unquote(key))
    return found["Body"].read()


def test_why_a_number_was_not_texted_is_told_rule_by_rule(
    compliance: Client, told: dict[str, str], launched: str
) -> None:
    query = {"phone": PHONE, "campaign_id": launched}
    now = compliance.get("/v1/decisions", **query).json
    assert (now["verdict"], now["reason"], now["is_exact"]) == ("no", "stopped", True)
    assert now["recorded"] is None
    assert now["rules"][-1]["rule"] == "segment"
    then = compliance.get("/v1/decisions", **query, at=told["asked"]).json
    assert (then["reason"], then["is_exact"]) == ("not_confirmed", True)
    agreed = compliance.get("/v1/decisions", **query, at=told["confirmed"]).json
    assert (agreed["verdict"], agreed["reason"]) == ("may", "window_overridden")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"campaign_id": "c_none"}, "campaign_not_found"),
        ({"at": "tomorrow"}, "invalid_input"),
        ({"at": "2999-01-01T00:00:00Z"}, "invalid_input"),
    ],
    ids=["no such campaign", "no instant", "the future"],
)
def test_a_question_that_cannot_be_answered_is_refused(
    compliance: Client, launched: str, change: dict[str, str], code: str
) -> None:
    found = compliance.get("/v1/decisions", **{"phone": PHONE, "campaign_id": launched, **change})
    assert found.status in (404, 422)
    assert found.code == code


@pytest.fixture
def launched(world: World) -> str:
    """A campaign of everybody under way since before anything else was."""
    from assent.audience.rules import Everyone
    from assent.aws import clients
    from assent.aws.campaign_store import DynamoCampaignStore
    from assent.campaigns.model import (
        Campaign,
        CampaignStatus,
        Definition,
        Frozen,
        QuietHours,
    )
    from assent.clock import SystemClock
    from assent.errors import AlreadyExistsError
    from assent.identifiers import CampaignId, ProgrammeId, SegmentId

    began = datetime.now(UTC) - timedelta(days=1)
    table = world.variables("export_api")["CAMPAIGNS_TABLE"]
    store = DynamoCampaignStore(clients.dynamodb(), table, SystemClock())
    definition = Definition(
        "Why", ProgrammeId("demo"), SegmentId("all"), "Hi", QuietHours.OVERRIDE, "test"
    )
    frozen = Frozen(Everyone(), 4, began, began + timedelta(days=30), 1, 100)
    campaign = Campaign(
        CampaignId("c_why"), definition, CampaignStatus.RUNNING, began, "ann", frozen=frozen
    )
    with contextlib.suppress(AlreadyExistsError):
        store.create(campaign)
    return campaign.campaign_id


def test_a_dossier_is_ordered_about_one_number(
    world: World, compliance: Client, told: dict[str, str]
) -> None:
    from tests.functions.requests import Client

    marketer = Client(world, "export_api", "marketing")
    assert marketer.send("POST", "/v1/dossiers", {"phone": PHONE}).status == 403
    made = compliance.send("POST", "/v1/dossiers", {"phone": PHONE})
    assert made.status == 201
    assert (made.json["as_dossier"], made.json["numbers"]) == (True, 1)
    assert len(made.json["datasets"]) == 5
    assert PHONE not in made.text
