"""Steps of the day in which staff act for a person and what is due comes about.

Days do not pass on the local stack; the dates in its tables are put back instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from assent.clock import iso
from tests.functions.test_campaign_api import PROGRAMME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.journey import Journey

EVE, FAY, GUS, HAL, IDA = (f"+1415555{number}" for number in range(6301, 6306))
# It is afternoon in one of these at any hour.
_ALL_ROUND = (
    "Pacific/Auckland",
    "Asia/Tokyo",
    "Asia/Dhaka",
    "Europe/Moscow",
    "Europe/London",
    "America/Sao_Paulo",
    "America/Denver",
    "Pacific/Honolulu",
)


def staff_enter_a_person_and_erase_another(journey: Journey) -> None:
    entry = {
        "programme_id": "vip",
        "phone": EVE,
        "disclosure_version": 1,
        "note": "Signed the card at the till",
    }
    for _ in range(2):
        journey.staff("POST", "/v1/staff/opt-ins", entry, **{"Idempotency-Key": "till-1"})
    journey.until(lambda: journey.stack.texts(EVE))
    nowhere = {**entry, "programme_id": "none"}
    token = {"authorization": f"Bearer {journey.stack.token('marketing')}"}
    key = {"Idempotency-Key": "till-2"}
    assert journey.call("POST", "/v1/staff/opt-ins", nowhere, {**token, **key}).status == 404
    _ask(journey, FAY)
    _write_something(journey, FAY)
    assert _erase(journey, FAY) == 200
    assert _bodies(journey, FAY) == {""}


def what_is_due_comes_about(journey: Journey) -> None:
    """An end, a reminder, and an erasure that was cut short."""
    _recall_requests(journey)
    _ask(journey, GUS)
    _ask(journey, HAL)
    _write_something(journey, EVE)

    def fail(request: Any, send: Callable[[], Any]) -> Any:
        raise RuntimeError("the function ends here")

    with journey.around("dynamodb.DeleteItem", fail):
        assert _erase(journey, EVE) == 500
    _put_back(journey, GUS, timedelta(hours=80))
    _put_back(journey, HAL, timedelta(hours=25))
    _erasures_are_due(journey)
    before = len(journey.stack.texts(HAL))
    done = journey.stack.invoke("consent_lifecycle", {"id": "schedule"})
    assert (done["expired"], done["reminded"]) == (1, 1), done
    assert done["erased"] >= 1
    assert len(journey.stack.texts(HAL)) == before + 1
    assert _bodies(journey, EVE) == {""}


def a_word_to_join_is_asked_for_its_yes(journey: Journey) -> None:
    _change_programme(journey, {"join_words": ["coffee"]})
    text = journey.text(IDA, "Coffee")
    assert "YES" in text


def _ask(journey: Journey, phone: str) -> None:
    """Sign up from a place where it is afternoon, so that a reminder may go out."""
    now = datetime.now(UTC)
    zone = next(z for z in _ALL_ROUND if 13 <= now.astimezone(ZoneInfo(z)).hour <= 18)
    form = {**journey.form(phone), "profile": {"time_zone": zone}}
    journey.public("/v1/opt-ins", form)
    journey.until(lambda: journey.stack.texts(phone))


def _write_something(journey: Journey, phone: str) -> None:
    journey.stack.text_from(phone, f"I am at home, call {phone}")
    said = f"call {phone}"
    table = journey.stack.physical_id("InboxTable")
    journey.until(lambda: said in repr(_items(journey, table)))


def _erase(journey: Journey, phone: str) -> int:
    token = {"authorization": f"Bearer {journey.stack.token('compliance')}"}
    body = {"phone": phone, "reason": "Asked by letter"}
    return journey.call("POST", "/v1/erasures", body, token).status


def _bodies(journey: Journey, phone: str) -> set[str]:
    found = journey.staff("GET", f"/v1/messages?phone={quote(phone)}")["items"]
    return {each["body"] for each in found}


def _recall_requests(journey: Journey) -> None:
    _change_programme(journey, {"sends_reminder": True})


def _change_programme(journey: Journey, rules: dict[str, Any]) -> None:
    items = journey.staff("GET", "/v1/programmes")["items"]
    (version,) = [each["version"] for each in items if each["programme_id"] == "vip"]
    terms = {name: value for name, value in PROGRAMME.items() if name != "programme_id"}
    changed = {**terms, "countries": ["US"], "opt_in": rules, "version": version}
    journey.staff("PUT", "/v1/programmes/vip", changed)


def _key(journey: Journey, phone: str) -> str:
    return str(journey.staff("GET", f"/v1/consents?phone={quote(phone)}")["subscriber_key"])


def _put_back(journey: Journey, phone: str, by: timedelta) -> None:
    """Make a sign-up older than it is."""
    key, past = _key(journey, phone), datetime.now(UTC) - by
    dates = {
        "requested_at": {"S": iso(past)},
        "remind_at": {"S": iso(past + timedelta(hours=24))},
        "request_expires_at": {"S": iso(past + timedelta(hours=72))},
        "texted_at": {"L": [{"S": iso(past)}]},
    }
    _set(journey, f"request#{key}#vip", dates)
    _set(journey, f"due#{key}#vip", {"due_at": {"S": iso(past + timedelta(hours=24))}})


def _erasures_are_due(journey: Journey) -> None:
    table = journey.stack.physical_id("ControlTable")
    for item in _items(journey, table):
        pk = item["pk"]["S"]
        if pk.startswith("due#") and pk.endswith("#"):
            _set(journey, pk, {"due_at": {"S": iso(datetime.now(UTC) - timedelta(minutes=1))}})


def _set(journey: Journey, pk: str, values: dict[str, Any]) -> None:
    journey.stack.client("dynamodb").update_item(
        TableName=journey.stack.physical_id("ControlTable"),
        Key={"pk": {"S": pk}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def _items(journey: Journey, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = journey.stack.client("dynamodb").scan(TableName=table)["Items"]
    return found
