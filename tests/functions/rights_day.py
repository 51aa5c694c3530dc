"""Steps of the day in which compliance answers for the rights of persons and reads the reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from assent.clock import iso
from infra.demo.http import download
from tests.functions.due_days import _erasures_are_due

if TYPE_CHECKING:
    from tests.functions.journey import Journey

LEA = "+14155556401"
# The day's last pass finds everything over that may be deleted at all.
AT_ONCE = {"RetentionDays": "former_people=0,inbox=0,quarantine=0"}


def _right(journey: Journey, path: str, **body: Any) -> Any:
    token = {"authorization": f"Bearer {journey.stack.token('compliance')}"}
    method = "POST" if body else "GET"
    answer = journey.call(method, path, body or None, token)
    assert answer.status < 300, (path, answer)
    return answer.body


def a_person_asks_what_is_held(journey: Journey) -> None:
    journey.agree(LEA)
    made = _right(journey, "/v1/access-requests", phone=LEA)
    assert LEA in download(made["file"]).decode()
    assert "Your consent history" in download(made["page"]).decode()


def a_restricted_person_gets_no_text(journey: Journey) -> None:
    reason = "accuracy is contested"
    assert _right(journey, "/v1/restrictions", phone=LEA, state="on", reason=reason)["changed"]
    before = len(journey.stack.texts(LEA))
    rule = {"field": "consent", "programme": "vip", "op": "eq", "value": "confirmed"}
    counted = journey.staff("GET", f"/v1/segments/{journey.segment(rule)}/count")
    assert _right(journey, "/v1/restrictions", phone=LEA, state="off", reason="settled")["changed"]
    again = journey.staff("GET", f"/v1/segments/{journey.segment(rule)}/count")
    assert again["matched"] == counted["matched"] + 1
    assert len(journey.stack.texts(LEA)) == before


def a_legal_hold_puts_an_erasure_off(journey: Journey) -> None:
    hold = {"phone": LEA, "reason": "claim 7"}
    assert _right(journey, "/v1/legal-holds", **hold, state="on")["changed"]
    erased = _right(journey, "/v1/erasures", phone=LEA, reason="asked by letter")
    assert erased["status"] == "queued"
    assert _right(journey, "/v1/legal-holds", **hold, state="off")["changed"]
    _erasures_are_due(journey)
    assert journey.stack.invoke("consent_lifecycle", {"id": "schedule"})["erased"] >= 1
    assert _right(journey, "/v1/erasures", phone=LEA, reason="again")["status"] == "erased"


def what_is_over_is_deleted_and_the_week_is_reviewed(journey: Journey) -> None:
    _confirmations_were_yesterday(journey)
    # Of a person under a hold, not even the ledger expires.
    _right(journey, "/v1/legal-holds", phone=LEA, reason="claim 8", state="on")
    journey.text(LEA, "HELP")
    assert journey.stack.invoke("retention", {"id": "schedule"})["is_complete"]
    found = _right(journey, "/v1/retention")
    deleted = {each["rule"]: each["deleted"] for each in found["items"]}
    assert set(deleted) == {"former_people", "inbox", "quarantine"}
    assert all(deleted.values()), deleted
    review_id = journey.stack.invoke("review", {"id": "schedule"})["review_id"]
    assert [each["review_id"] for each in _right(journey, "/v1/reviews")["items"]] == [review_id]
    review = _right(journey, f"/v1/reviews/{review_id}")
    assert review["report"]["evidence"]["checked"] > 0
    assert "Proof of consents" in download(review["page"]).decode()


def _confirmations_were_yesterday(journey: Journey) -> None:
    """A review is of whole days: put the confirmations into yesterday's index."""
    client = journey.stack.client("dynamodb")
    table = journey.stack.physical_id("ConsentEventsTable")
    at = datetime.now(UTC) - timedelta(days=1)
    for item in client.scan(TableName=table)["Items"]:
        if item["type"]["S"] != "confirmed":
            continue
        shard, place = item["day_shard"]["S"].split("#")[1], item["at_id"]["S"].split("#", 1)[1]
        client.update_item(
            TableName=table,
            Key={"subscriber_key": item["subscriber_key"], "seq": item["seq"]},
            UpdateExpression="SET day_shard = :day, at_id = :at",
            ExpressionAttributeValues={
                ":day": {"S": f"{at.date().isoformat()}#{shard}"},
                ":at": {"S": f"{iso(at)}#{place}"},
            },
        )
