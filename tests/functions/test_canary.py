"""No digit of a phone number, no body and no code ever reaches a log line or a metric."""

from __future__ import annotations

import ast
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.telemetry import logger
from tests.functions.inbound import an_entry, an_event
from tests.functions.people import agree
from tests.functions.rehearsals import launch
from tests.functions.requests import Client
from tests.functions.world import ROOT, Context, sample

if TYPE_CHECKING:
    import pytest

    from tests.functions.world import World

# Numbers whose digits occur nowhere else.
CANARY, NATIONAL = "+14155556789", "4155556789"
BODY = "canary text that must stay private"


def everything(world: World) -> None:
    """Run every function over the canary, with good input and bad."""
    staff = Client(world, "campaign_api", "marketing")
    reviewer, public = Client(world, "export_api", "compliance"), Client(world, "consent_api")
    agree(world, CANARY, first_name="Canaria")
    for phone in (
        CANARY,
        NATIONAL,
        f"{CANARY}99999999",
        f"{CANARY}x",
        CANARY.replace("+1", "+999"),
    ):
        form = {"programme_id": "demo", "phone": phone, "consent": True, "disclosure_version": 1}
        public.send("POST", "/v1/opt-ins", form, headers={"idempotency-key": phone})
        public.send("POST", "/v1/opt-ins", {**form, CANARY: CANARY})
        public.send(
            "POST", "/v1/opt-ins/confirm", {"programme_id": "demo", "phone": phone, "code": "1"}
        )
        for path in ("/v1/messages", "/v1/consents", "/v1/consents/history"):
            reviewer.get(path, phone=phone)
            reviewer.get(path, phone=phone, cursor=CANARY)
    public.get(f"/v1/programmes/{CANARY}")
    campaign(world, staff)
    world.invoke(
        "inbound_sms",
        an_event(
            an_entry(originationNumber=CANARY, messageBody=BODY),
            an_entry(originationNumber=CANARY, messageBody="HELP"),
            an_entry(originationNumber=CANARY, inboundMessageId=...),
            an_entry(originationNumber=CANARY, messageBody="START"),
            {**an_entry(), "body": f"{CANARY} {BODY}"},
        ),
    )
    export(world, reviewer)


def campaign(world: World, staff: Client) -> None:
    segment = staff.send("POST", "/v1/segments", {"name": "All", "rule": {"all": True}}).json
    body = {
        "name": "Canary",
        "programme_id": "demo",
        "segment_id": segment["segment_id"],
        "body": BODY,
        "quiet_hours": "override",
        "quiet_hours_reason": "test",
    }
    campaign_id = staff.send("POST", "/v1/campaigns", body).json["campaign_id"]
    launch(world, staff, campaign_id)
    for verb in ("pause", "resume"):
        staff.send("POST", f"/v1/campaigns/{campaign_id}/{verb}")
    staff.get("/v1/inbox", box="feedback")
    event = {**sample("campaign_prepare"), "campaign_id": campaign_id}
    for each in world.invoke("campaign_prepare", event)["slices"]:
        for release in world.invoke("campaign_plan", each)["releases"]:
            for batch in json.loads(world.objects("CampaignBucket")[release["manifest_key"]]):
                work = {"campaign_id": campaign_id, "run": 1, "batch": batch}
                world.invoke("campaign_pace", work)
                world.invoke("campaign_send", work, Context(milliseconds=120_000))
    world.invoke("campaign_close", {"campaign_id": campaign_id, "run": 1})
    world.invoke("campaign_reap", sample("campaign_reap"))


def export(world: World, reviewer: Client) -> None:
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    wanted = {"from": since, "to": "2099-01-01T00:00:00Z"}
    export_id = reviewer.send("POST", "/v1/exports", wanted).json["export_id"]
    patient, event = Context(milliseconds=900_000), {"export_id": export_id}
    now = iso(datetime.now(UTC))
    world.invoke("evidence_seal", {**event, "until": now}, patient)
    world.invoke("export_build", event, patient)
    world.invoke("evidence_seal", {**event, "sign": True}, patient)
    world.invoke("export_build", event, patient)
    reviewer.get(f"/v1/exports/{export_id}")


def test_no_number_body_or_code_is_logged_or_counted(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    # The log's handler holds on to the stream that was there when it was made.
    before = logger().registered_handler.setStream(sys.stdout)  # type: ignore[attr-defined]
    try:
        everything(world)
    finally:
        logger().registered_handler.setStream(before)  # type: ignore[attr-defined]
    out, err = capsys.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    assert len([each for each in records if each.get("level") == "INFO"]) > 10
    assert [each for each in records if "_aws" in each]
    logged = out + err + "".join(str(vars(record)) for record in caplog.records)
    codes = {code for text in world.texts(CANARY) for code in re.findall(r"\b\d{6}\b", text)}
    assert codes
    assert any(BODY in text for text in world.texts(CANARY))
    for secret in (NATIONAL, "5556789", BODY, "Canaria", "canary text", *codes):
        assert secret not in logged, secret


def test_no_function_hands_its_event_to_the_log() -> None:
    for path in sorted((ROOT / "functions").glob("*/handler.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _WRITES_LOG:
                given = {ast.unparse(value) for value in [*node.args, *_values_in(node)]}
                assert not given & {"event", "entry", "message", "context", "error"}, path


_WRITES_LOG = (
    "record",
    "logger().info",
    "logger().warning",
    "logger().error",
    "logger().exception",
)


def _values_in(call: ast.Call) -> list[ast.expr]:
    return [value for node in ast.walk(call) if isinstance(node, ast.Dict) for value in node.values]
