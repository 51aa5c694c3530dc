"""Steps of the day in which a purchase and a sign-up start flows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from infra.local.carrier import _error as refusal
from tests.functions.due_days import _ALL_ROUND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.journey import Journey

# A block of their own: sign-ups to one are limited.
JAN, KIM = "+13125556401", "+13125556402"
_BODY = "Hi {{ first_name }}, thanks: {{ 'https://example.com/a' | link }}"
_STEP = {"after_hours": 0, "body": _BODY}


def _flow(journey: Journey, occasion: str, steps: list[dict[str, Any]]) -> str:
    """Draft, check and activate a flow, and return its path."""
    body = {
        "name": "After",
        "programme_id": "vip",
        "trigger": {"occasion": occasion},
        "steps": steps,
    }
    path = f"/v1/flows/{journey.staff('POST', '/v1/flows', body)['flow_id']}"
    journey.staff("PUT", path, {**body, "name": "Afterwards", "version": 1})
    assert journey.staff("GET", f"{path}/check")["errors"] == []
    assert journey.staff("POST", f"{path}/activate")["status"] == "active"
    return path


def _in_daylight(journey: Journey, phone: str) -> None:
    """Let it be afternoon where the person is."""
    zone = next(z for z in _ALL_ROUND if 12 <= datetime.now(ZoneInfo(z)).hour < 18)
    token = {"authorization": f"Bearer {journey.stack.token('systems')}"}
    facts = {"items": [{"phone": phone, "profile": {"time_zone": zone}}]}
    answer = journey.call("PUT", "/v1/subscribers/attributes", facts, token)
    assert answer.body["items"][0]["status"] == "done"


def _buys(journey: Journey, phone: str) -> None:
    token = {"authorization": f"Bearer {journey.stack.token('systems')}"}
    bought = {"items": [{"phone": phone, "kind": "purchase"}]}
    answer = journey.call("POST", "/v1/behaviour-events", bought, token)
    assert answer.body["items"][0]["status"] == "done"


def a_purchase_starts_a_flow(journey: Journey) -> None:
    """One person is texted and follows the link; the carrier refuses the other as opted out."""
    journey.agree(JAN)
    journey.agree(KIM)
    _in_daylight(journey, JAN)
    _in_daylight(journey, KIM)
    later = {"after_hours": 24, "body": "And again"}
    path = _flow(journey, "purchase", [_STEP, later])
    before = len(journey.stack.texts(JAN))
    _buys(journey, JAN)
    _buys(journey, KIM)
    journey.until(lambda: journey.staff("GET", path)["entered"] == 2)
    done = _run_while_refused(journey, KIM)
    assert (done["sent"], done["failed"]) == (1, 1), done
    text = journey.stack.texts(JAN)[-1].body
    assert len(journey.stack.texts(JAN)) == before + 1
    assert "Hi Ada, thanks" in text
    assert journey.leads_to("/l/" + text.partition("/l/")[2].split()[0]) == "https://example.com/a"
    shown = journey.staff("GET", path)
    assert shown["steps"][0]["fates"] == {"sent": 1, "refused": 1}, shown
    assert journey.standing(KIM) == "withdrawn"
    _ends(journey, path)


def _run_while_refused(journey: Journey, phone: str) -> Any:
    carry = journey.stack.carrier.around

    def refuse(request: Any, send: Callable[[], Any]) -> Any:
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        if quote(phone, safe="") in body:
            return refusal(request, 400, "OptedOut", "opted out")
        return carry(request, send)

    with journey.around("sns.Publish", refuse):
        return journey.stack.invoke("flow_run", {"id": "schedule"})


def _ends(journey: Journey, path: str) -> None:
    """A second run texts nobody; the end of the flow is that of both ways."""
    assert journey.stack.invoke("flow_run", {"id": "schedule"}).get("sent", 0) == 0
    assert journey.staff("POST", f"{path}/pause")["status"] == "paused"
    assert journey.staff("POST", f"{path}/end")["status"] == "ended"
    assert journey.stack.invoke("flow_run", {"id": "schedule"})["ended"] == 2
    journey.stack.invoke("flow_run", {"id": "schedule"})
    assert journey.staff("GET", path)["under_way"] == 0


def a_sign_up_is_found_by_the_daily_look(journey: Journey) -> None:
    path = _flow(journey, "sign_up", [{"after_hours": 1, "body": "Welcome"}])
    lou = "+13125556403"
    journey.agree(lou)
    assert journey.stack.invoke("flow_run", {"id": "schedule"})["entered"] == 1
    assert journey.staff("GET", path)["under_way"] == 1
    assert journey.staff("GET", "/v1/flows")["items"]
    journey.staff("POST", f"{path}/end")
