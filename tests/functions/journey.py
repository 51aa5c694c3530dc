"""One long day of the service on the local stack, made to use every permission that there is.

Each step is a function below that takes the journey; they run in the order of the file. A new
function or permission is covered by one more step.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import io
import json
import re
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from botocore.exceptions import ConnectionClosedError
from moto.sns.models import sns_backends

from assent.clock import iso
from infra.demo.http import Answer, download
from infra.demo.proof import log_of
from infra.local.carrier import Faults
from infra.local.carrier import _error as refusal
from infra.local.cloud import ACCOUNT, REGION
from tests.functions import console_day, due_days, flow_day, rights_day
from tests.functions.test_campaign_api import PROGRAMME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.local.cloud import Around
    from infra.local.policies import Need
    from infra.local.stack import LocalStack

DISCLOSURE = (
    "I agree to receive recurring automated marketing texts from Example Shop, up to 4 msgs/month. "
    "Consent is not a condition of any purchase. Msg & data rates may apply. Reply STOP to cancel, "
    "HELP for help. Terms: https://example.com/terms Privacy: https://example.com/privacy"
)
ADA, BEN, CAT, DAN = (f"+1415555{number}" for number in range(6001, 6005))
ZOE = "+14155556290"
EVE = "+14155556291"
ORDINARY = [f"+1415555{number}" for number in range(6101, 6113)]
REFUSED, OPTED_OUT = "+14155556201", "+14155556202"
LISTED, OUT_THERE, NEVER_SEEN = "+14155556299", "+14155556298", "+14155556297"
BLOCKING, UNKNOWN = "+14155556203", "+14155556204"
MARKETING, COMPLIANCE = "marketing", "compliance"
REVIEWED = (
    "/v1/consents",
    "/v1/messages",
    "/v1/exports",
    "/v1/audit",
    "/v1/imports",
    "/v1/decisions",
    "/v1/dossiers",
)


@dataclass
class Journey:
    """A running stack, a caller, and what the steps leave to one another. used, refused: what
    functions needed, taken when the day is over.
    """

    stack: LocalStack
    notes: dict[str, str] = field(default_factory=dict)
    used: set[tuple[str, Need]] = field(default_factory=set)
    refused: set[tuple[str, Need]] = field(default_factory=set)

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        where = urlsplit(self.stack.url).netloc
        with contextlib.closing(http.client.HTTPConnection(where, timeout=30)) as connection:
            kind = {"content-type": "application/json", **(headers or {})}
            connection.request(method, path, None if body is None else json.dumps(body), kind)
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read()))

    def staff(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call a staff route as the group that may."""
        token = self.stack.token(COMPLIANCE if path.startswith(REVIEWED) else MARKETING)
        answer = self.call(method, path, body, {"authorization": f"Bearer {token}", **headers})
        assert answer.status < 300, (method, path, answer)
        return answer.body

    def public(self, path: str, body: Any, **headers: str) -> Any:
        answer = self.call("POST", path, body, headers)
        assert answer.status < 300, (path, answer)
        return answer.body

    def page(self, method: str, path: str, form: str = "") -> str:
        """Return the HTML of a subscriber's page."""
        where = urlsplit(self.stack.url).netloc
        with contextlib.closing(http.client.HTTPConnection(where, timeout=30)) as connection:
            kind = {"content-type": "application/x-www-form-urlencoded"} if form else {}
            connection.request(method, path, form or None, kind)
            response = connection.getresponse()
            assert response.status == HTTPStatus.OK, path.split("/")[1]
            return response.read().decode()

    def leads_to(self, path: str) -> str | None:
        """Follow a link as a phone's browser would, and return where it leads."""
        where = urlsplit(self.stack.url).netloc
        with contextlib.closing(http.client.HTTPConnection(where, timeout=30)) as connection:
            connection.request("GET", path, headers={"user-agent": "Mozilla/5.0 (iPhone)"})
            return connection.getresponse().getheader("location")

    def ask(self, phone: str, **headers: str) -> None:
        self.public("/v1/opt-ins", self.form(phone), **headers)

    @staticmethod
    def form(phone: str, programme_id: str = "vip") -> dict[str, Any]:
        return {
            "programme_id": programme_id,
            "phone": phone,
            "consent": True,
            "disclosure_version": 1,
            "profile": {"first_name": "Solo" if phone == ADA else "Ada"},
        }

    def agree(self, phone: str) -> None:
        before = len(self.stack.texts(phone))
        self.ask(phone)
        self.until(lambda: len(self.stack.texts(phone)) > before)
        found = re.search(r"\b\d{6}\b", self.stack.texts(phone)[-1].body)
        assert found is not None
        body = {"programme_id": "vip", "phone": phone, "code": found.group()}
        self.public("/v1/opt-ins/confirm", body)

    def text(self, phone: str, body: str) -> str:
        """A phone texts back; waits for the answer and returns it."""
        before = len(self.stack.texts(phone))
        self.stack.text_from(phone, body)
        self.until(lambda: len(self.stack.texts(phone)) > before)
        return self.stack.texts(phone)[-1].body

    def until(self, check: Callable[[], Any], seconds: float = 30) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = check()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"did not happen in {seconds} s; {self.stack.permissions.refused}")

    def standing(self, phone: str) -> str:
        found = self.staff("GET", f"/v1/consents?phone={quote(phone)}&programme_id=vip")
        return str(found["items"][0]["status"])

    def definition(self, **more: Any) -> dict[str, Any]:
        return {
            "name": "Spring",
            "programme_id": "vip",
            "segment_id": self.notes["segment_id"],
            "body": "Hi {{ first_name }}, 20% off today",
            "quiet_hours": "override",
            "quiet_hours_reason": "test",
            **more,
        }

    def campaign(self, **more: Any) -> str:
        return str(self.staff("POST", "/v1/campaigns", self.definition(**more))["campaign_id"])

    def segment(self, rule: dict[str, Any]) -> str:
        made = self.staff("POST", "/v1/segments", {"name": "Some", "rule": rule})
        return str(made["segment_id"])

    def order(self, **headers: str) -> str:
        """Order an export of today and return its path."""
        now = datetime.now(UTC)
        body = {"from": iso(now - timedelta(hours=1)), "to": iso(now)}
        first, again = (self.staff("POST", "/v1/exports", body, **headers) for _ in range(2))
        assert (first["export_id"] == again["export_id"]) is bool(headers)
        return f"/v1/exports/{first['export_id']}"

    def act(self, campaign_id: str, verb: str) -> Any:
        return self.staff("POST", f"/v1/campaigns/{campaign_id}/{verb}")

    def rehearse(self, campaign_id: str) -> Any:
        """Have the campaign rehearsed and return what was found."""
        path = f"/v1/campaigns/{campaign_id}/rehearsal"
        self.staff("POST", path)
        return self.until(lambda: next(filter(_is_over, [self.staff("GET", path)]), None))

    def launch(self, campaign_id: str) -> Any:
        assert self.rehearse(campaign_id)["status"] == "done"
        return self.act(campaign_id, "launch")

    def ended(self, campaign_id: str, status: str) -> Any:
        """Wait until the campaign has that status and return it."""

        def shown() -> Any:
            found = self.staff("GET", f"/v1/campaigns/{campaign_id}")
            return found if found["status"] == status else None

        return self.until(shown)

    def became(self, path: str, status: str) -> Any:
        """Wait until the export or import has that status and return it."""

        def shown() -> Any:
            found = self.staff("GET", path)
            return found if found["status"] == status else None

        return self.until(shown)

    @contextlib.contextmanager
    def around(self, operation: str, act: Around) -> Iterator[None]:
        """AWS answers an operation as `act` says while the block runs."""
        before = self.stack.cloud.around.get(operation)
        self.stack.cloud.around[operation] = act
        try:
            yield
        finally:
            del self.stack.cloud.around[operation]
            if before is not None:
                self.stack.cloud.around[operation] = before


def _is_over(rehearsal: Any) -> bool:
    return bool(rehearsal["status"] != "running")


# Consent


def a_programme_is_published_and_changed(journey: Journey) -> None:
    terms = {**PROGRAMME, "countries": ["US"]}
    journey.staff("POST", "/v1/programmes", terms)
    wording = {"locale": "en", "text": DISCLOSURE}
    journey.staff("POST", "/v1/programmes/vip/disclosures", wording)
    del terms["programme_id"]
    journey.staff("PUT", "/v1/programmes/vip", {**terms, "version": 1})
    assert len(journey.staff("GET", "/v1/programmes")["items"]) == 1
    assert journey.call("GET", "/v1/programmes/vip").body["disclosure"]["version"] == 1
    assert journey.call("GET", "/v1/openapi.json").body["openapi"]


def people_agree_by_code_and_by_text(journey: Journey) -> None:
    for phone in (ADA, *ORDINARY, REFUSED, OPTED_OUT):
        journey.agree(phone)
    journey.ask(BEN)
    journey.until(lambda: journey.stack.texts(BEN))
    journey.text(BEN, "YES")
    assert {journey.standing(ADA), journey.standing(BEN)} == {"confirmed"}


def a_person_says_yes_and_chooses_on_their_own_pages(journey: Journey) -> None:
    """A short name leaves room for the link in the text, and each page leads on to the next."""
    short = {**PROGRAMME, "programme_id": "go", "name": "Go", "brand": "Go", "countries": ["US"]}
    journey.staff("POST", "/v1/programmes", short)
    words = {"locale": "en", "text": DISCLOSURE.replace("Example Shop", "Go")}
    journey.staff("POST", "/v1/programmes/go/disclosures", words)
    journey.public("/v1/opt-ins", journey.form(ZOE, "go"))
    text = journey.until(lambda: journey.stack.texts(ZOE))[0].body
    link = re.search(r"(/c/\w+) to confirm", text)
    assert link is not None, text
    assert "Yes, text me" in journey.page("GET", link[1])
    own = re.search(r'href="(/p/\w+)', journey.page("POST", link[1]))
    assert own is not None
    assert "Your choices are saved" in journey.page("POST", own[1], "action=save&max_per_month=1")
    assert "Your consent history" in journey.page("GET", f"{own[1]}?view=data")
    assert "Stopped." in journey.page("POST", own[1], "action=stop&scope=all")
    assert "reply START" in journey.page("GET", own[1])


def a_person_signs_up_on_the_programmes_own_page(journey: Journey) -> None:
    shown = journey.page("GET", "/s/vip")
    token = re.search(r'name="form_token" value="([^"]+)"', shown)
    assert token is not None
    sent = {"phone": EVE, "country": "US", "consent": "yes", "disclosure_version": 1}
    form = urlencode({**sent, "locale": "en", "form_token": token[1]})
    assert "Look at your phone" in journey.page("POST", "/s/vip", form)
    text = journey.until(lambda: journey.stack.texts(EVE))[0].body
    code = re.search(r"\b\d{6}\b", text)
    assert code is not None
    confirm = urlencode({"action": "confirm", "phone": EVE, "code": code.group()})
    assert "You will get our texts" in journey.page("POST", "/s/vip", confirm)
    assert "attachShadow" in journey.page("GET", "/embed.js")
    assert '"lang":"fr"' in journey.page("GET", "/embed/fr")


def a_repeated_sign_up_is_answered_from_memory(journey: Journey) -> None:
    for _ in range(2):
        journey.ask(CAT, **{"Idempotency-Key": "form-1"})
    journey.until(lambda: journey.stack.texts(CAT))
    assert len(journey.stack.texts(CAT)) == 1


# Inbound


def a_person_stops_and_starts_again(journey: Journey) -> None:
    assert "unsubscribed" in journey.text(ADA, "STOP")
    assert journey.standing(ADA) == "withdrawn"
    journey.text(ADA, "START")
    assert journey.standing(ADA) == "confirmed"
    assert journey.text(ADA, "HELP")
    journey.text(DAN, "STOP")
    assert journey.standing(DAN) != "confirmed"


def a_question_lands_in_the_inbox(journey: Journey) -> None:
    journey.stack.text_from(BEN, "Do you open on Sundays?")
    journey.until(lambda: journey.staff("GET", "/v1/inbox?box=feedback")["items"])


def a_text_that_may_be_a_stop_is_read_and_let_go(journey: Journey) -> None:
    journey.stack.text_from(BEN, "Which bus stop is nearest?")
    (item,) = journey.until(lambda: journey.staff("GET", "/v1/inbox")["items"])
    decision = {"decision": "release", "note": "asks for the way"}
    decided = journey.staff("POST", f"/v1/inbox/{item['item_id']}/decision", decision)
    assert decided["box"] == "done"
    assert journey.staff("GET", "/v1/inbox")["items"] == []
    assert journey.standing(BEN) == "confirmed"


def an_unreadable_text_is_put_aside_and_a_second_copy_is_not_read(journey: Journey) -> None:
    topic = journey.stack.output("InboundTopicArn")
    publish = journey.stack.client("sns").publish
    publish(TopicArn=topic, Message="no JSON")
    publish(TopicArn=topic, Message=json.dumps({"originationNumber": CAT}))
    bucket = journey.stack.output("QuarantineBucketName")
    listing = journey.stack.client("s3").list_objects_v2
    journey.until(lambda: len(listing(Bucket=bucket).get("Contents", [])) == 2)
    text = {
        "originationNumber": BEN,
        "destinationNumber": "+12065550199",
        "messageKeyword": "HELP",
        "messageBody": "HELP",
        "inboundMessageId": str(uuid.uuid4()),
    }
    before = len(journey.stack.texts(BEN))
    for _ in range(2):
        publish(TopicArn=topic, Message=json.dumps(text))
    journey.until(lambda: len(journey.stack.texts(BEN)) > before)


# The provider's own opt-outs


def the_provider_and_carriers_tell_of_opt_outs(journey: Journey) -> None:
    """The list by the hour, with a number that nobody here has seen, and reports by the topic."""
    stack, publish = journey.stack, journey.stack.client("sns").publish
    listed = sns_backends[ACCOUNT][REGION].opt_out_numbers
    listed.append(LISTED)
    for word in ("STOP", "START"):
        journey.text(LISTED, word)
    journey.agree(OUT_THERE)
    journey.agree(BLOCKING)
    listed += [OUT_THERE, NEVER_SEEN]
    assert stack.invoke("opt_outs_reconcile", {"id": "schedule"})["is_complete"]
    assert journey.standing(OUT_THERE) == "withdrawn"
    for phone in (UNKNOWN, BLOCKING):
        told = json.dumps(
            {
                "eventType": "TEXT_BLOCKED",
                "messageId": f"m-{phone}",
                "destinationPhoneNumber": phone,
            }
        )
        publish(TopicArn=stack.output("DeliveryTopicArn"), Message=told)
    publish(TopicArn=stack.output("DeliveryTopicArn"), Message="no JSON")
    history = f"/v1/consents/history?phone={quote(UNKNOWN)}"
    journey.until(lambda: journey.staff("GET", history)["items"])
    journey.until(lambda: journey.standing(BLOCKING) == "withdrawn")
    bucket = stack.output("QuarantineBucketName")
    listing = stack.client("s3").list_objects_v2
    journey.until(lambda: listing(Bucket=bucket, Prefix="delivery/").get("Contents"))


# Campaigns


def a_segment_is_made_changed_and_counted(journey: Journey) -> None:
    segment_id = journey.segment({"all": True})
    path = f"/v1/segments/{segment_id}"
    rule = {"field": "first_name", "op": "exists"}
    journey.staff("PUT", path, {"name": "Named", "rule": rule, "version": 1})
    assert journey.staff("GET", path)["rule"] == rule
    assert journey.staff("GET", f"{path}/count?programme_id=vip")["textable"] > 0
    assert len(journey.staff("GET", f"{path}/sample?limit=2")["items"]) == 2
    assert journey.staff("GET", "/v1/segments")["items"]
    journey.notes["segment_id"] = segment_id


def systems_report_what_people_are_and_do(journey: Journey) -> None:
    """The store fails at first, and the same call is done later; asked again it is not."""
    token = {"authorization": f"Bearer {journey.stack.token('systems')}"}
    once = {**token, "Idempotency-Key": "orders-1"}
    facts = {"items": [{"phone": ADA, "attributes": {"tier": "gold"}}]}
    bought = {"items": [{"phone": ADA, "kind": "purchase"}]}

    def fail(request: Any, send: Callable[[], Any]) -> Any:
        if b"act#" in request.body:
            raise ConnectionClosedError(endpoint_url=request.url)
        return send()

    with journey.around("dynamodb.TransactWriteItems", fail):
        assert journey.call("POST", "/v1/behaviour-events", bought, once).status == 503
    for _ in range(2):
        described = journey.call("PUT", "/v1/subscribers/attributes", facts, once)
        recorded = journey.call("POST", "/v1/behaviour-events", bought, once)
        for answer in (described, recorded):
            assert [row["status"] for row in answer.body["items"]] == ["done"], answer


def a_text_is_stored_and_previewed(journey: Journey) -> None:
    text = {"name": "Spring", "locale": "en", "body": "Hi {{ first_name }}, it\u2019s spring"}
    made = journey.staff("POST", "/v1/templates", text)
    path = f"/v1/templates/{made['template_id']}"
    journey.staff("POST", f"{path}/versions", {**text, "version": 1, "others": {"fr": "Salut"}})
    assert journey.staff("GET", path)["version"] == 2
    assert journey.staff("GET", "/v1/templates")["items"]
    asked = {"programme_id": "vip", "template_id": made["template_id"], "phone": ADA}
    shown = journey.staff("POST", "/v1/templates/preview", asked)
    assert "Hi Solo" in shown["text"]
    assert shown["culprits"][0]["instead"] == "'"


def a_campaign_is_changed_paused_resumed_and_cancelled(journey: Journey) -> None:
    campaign_id = journey.campaign()
    path = f"/v1/campaigns/{campaign_id}"
    shown = journey.staff("GET", path)
    fields = ("name", "programme_id", "segment_id", "body", "quiet_hours", "quiet_hours_reason")
    changed = {name: shown[name] for name in fields}
    journey.staff("PUT", path, {**changed, "name": "Summer", "version": shown["version"]})
    journey.stack.carrier.misbehave(Faults(latency_ms=600))
    journey.launch(campaign_id)
    journey.ended(campaign_id, "running")
    journey.act(campaign_id, "pause")
    journey.ended(campaign_id, "paused")
    journey.act(campaign_id, "resume")
    journey.ended(campaign_id, "running")
    journey.act(campaign_id, "cancel")
    journey.ended(campaign_id, "cancelled")
    journey.stack.carrier.misbehave(Faults())
    assert journey.staff("GET", "/v1/campaigns")["items"]


def a_campaign_is_rehearsed_and_approved_by_a_second_person(journey: Journey) -> None:
    campaign_id = journey.campaign(name="Rehearsed")
    path = f"/v1/campaigns/{campaign_id}"
    staff = {"authorization": f"Bearer {journey.stack.token(MARKETING)}"}
    refused = journey.call("POST", f"{path}/launch", None, staff)
    assert (refused.status, refused.body["code"]) == (409, "rehearsal_needed")
    found = journey.rehearse(campaign_id)
    assert (found["errors"], found["report"]["cost"]["unpriced"]) == ([], [])
    assert found["report"]["recipients"] > len(ORDINARY)
    second = {"authorization": f"Bearer {journey.stack.token(COMPLIANCE)}"}
    approved = journey.call("POST", f"{path}/approve", None, second)
    assert (approved.status, approved.body["status"]) == (200, "rehearsed")
    journey.act(campaign_id, "cancel")


def a_rehearsal_that_fails_says_so(journey: Journey) -> None:
    def fail(request: Any, send: Callable[[], Any]) -> Any:
        raise RuntimeError("the table does not answer")

    campaign_id = journey.campaign(name="Unrehearsed")
    with journey.around("dynamodb.Scan", fail):
        assert journey.rehearse(campaign_id)["status"] == "failed"


def everything_is_stopped_and_let_go(journey: Journey) -> None:
    campaign_id = journey.campaign(name="Stopped")
    journey.rehearse(campaign_id)
    path = f"/v1/campaigns/{campaign_id}"
    staff = {"authorization": f"Bearer {journey.stack.token(MARKETING)}"}
    assert journey.staff("POST", "/v1/campaigns/stop-all")["is_stopped"] is True
    assert journey.call("POST", f"{path}/launch", None, staff).body["code"] == "sending_stopped"
    assert journey.staff("POST", "/v1/campaigns/stop-all/release")["is_stopped"] is False
    assert journey.staff("GET", f"{path}/progress")["left"] == 0
    journey.act(campaign_id, "cancel")


def a_campaign_is_put_off_and_cancelled(journey: Journey) -> None:
    campaign_id = journey.campaign(name="Later")
    journey.rehearse(campaign_id)
    path = f"/v1/campaigns/{campaign_id}"
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    for more in (
        {"schedule_at": f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}"},
        {"schedule_at": f"{tomorrow:%Y-%m-%dT%H:%M:%S}", "recipient_local": True},
    ):
        shown = journey.staff("POST", f"{path}/launch", more)
        assert (shown["status"], bool(shown["starts_at"])) == ("scheduled", True)
    scheduler = journey.stack.client("scheduler")
    assert len(scheduler.list_schedules()["Schedules"]) == 1
    journey.act(campaign_id, "cancel")
    assert scheduler.list_schedules()["Schedules"] == []


def a_campaign_meets_refusals_and_is_completed(journey: Journey) -> None:
    carry = journey.stack.carrier.around

    def refuse(request: Any, send: Callable[[], Any]) -> Any:
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        if quote(REFUSED, safe="") in body:
            return refusal(request, 400, "InvalidParameter", "not a number")
        if quote(OPTED_OUT, safe="") in body:
            return refusal(request, 400, "OptedOut", "opted out")
        return carry(request, send)

    campaign_id = journey.campaign()
    with journey.around("sns.Publish", refuse):
        journey.launch(campaign_id)
        progress = journey.ended(campaign_id, "completed")["progress"]
    assert (progress["sent"] > 0, progress["refused"]) == (True, 2)
    journey.until(lambda: journey.standing(OPTED_OUT) == "withdrawn")


def a_campaign_leaves_a_share_out(journey: Journey) -> None:
    variants = [{"name": name, "body": f"{name} for {{{{ first_name }}}}"} for name in "AB"]
    campaign_id = journey.campaign(body=None, variants=variants, hold_out_percent=50)
    journey.launch(campaign_id)
    progress = journey.ended(campaign_id, "completed")["progress"]
    assert progress["held_out"] > 0
    assert sum(progress["variants"].values()) == progress["sent"] + progress["in_doubt"]


def a_campaign_for_one_person(journey: Journey) -> None:
    """One row is written differently from many."""
    rule = {"field": "first_name", "op": "eq", "value": "Solo"}
    once = {"Idempotency-Key": "campaign-1"}
    body = (
        'Hi {{ first_name }}, only for you: {{ "https://shop.example/spring" | link }} . '
        "Less of us: {{ preferences_link }}"
    )
    wanted = journey.definition(segment_id=journey.segment(rule), body=body)
    first, again = (journey.staff("POST", "/v1/campaigns", wanted, **once) for _ in range(2))
    assert first["campaign_id"] == again["campaign_id"]
    journey.launch(first["campaign_id"])
    assert journey.ended(first["campaign_id"], "completed")["progress"]["sent"] == 1
    link = re.search(r"https?://[^/]+(/p/\w+)\s", journey.stack.texts(ADA)[-1].body)
    assert link is not None
    assert "Example Shop" in journey.page("GET", link[1])
    followed = re.search(r"https?://[^/]+(/l/\w+)\s", journey.stack.texts(ADA)[-1].body)
    assert followed is not None
    for _ in range(2):
        assert journey.leads_to(followed[1]) == "https://shop.example/spring"
    progress = journey.staff("GET", f"/v1/campaigns/{first['campaign_id']}")["progress"]
    assert progress["clicks"] == {"-:0": 1}


def a_campaign_whose_execution_died_is_taken_up_again(journey: Journey) -> None:
    """It dies between the texts and the batch's result: who was claimed must be looked up."""
    lost: list[str] = []

    def lose(request: Any, send: Callable[[], Any]) -> Any:
        if b"batch#" not in request.body:
            return send()
        lost.append("result")
        raise RuntimeError("the function ends here")

    campaign_id = journey.campaign(name="Restarted")
    client = journey.stack.client("stepfunctions")
    machine = journey.stack.output("CampaignStateMachineArn")
    with journey.around("dynamodb.TransactWriteItems", lose):
        journey.launch(campaign_id)
        journey.until(lambda: lost)
        running = client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
        for each in running["executions"]:
            client.stop_execution(executionArn=each["executionArn"])
    restarted = journey.until(
        lambda: journey.stack.invoke("campaign_reap", {"id": "schedule"})["restarted"]
    )
    assert campaign_id in restarted
    journey.ended(campaign_id, "completed")


# Evidence


def a_reviewer_reads_everything_about_a_number(journey: Journey) -> None:
    query = f"phone={quote(ADA)}"
    assert journey.staff("GET", f"/v1/messages?{query}")["items"]
    assert journey.staff("GET", f"/v1/consents/history?{query}")["items"]


def a_reviewer_reads_who_read_it(journey: Journey) -> None:
    (entry, *_) = journey.staff("GET", f"/v1/audit?subject_phone={quote(ADA)}")["items"]
    assert journey.staff("GET", f"/v1/audit?actor={entry['actor']}")["items"]
    assert journey.staff("GET", f"/v1/audit?day={entry['at'][:10]}")["items"]


def the_hours_are_closed_and_anybody_reads_the_checkpoint(journey: Journey) -> None:
    """What was recorded a moment ago is sealed when somebody asks for it."""
    assert journey.stack.invoke("evidence_seal", {"id": "schedule"})["digests"] >= 1
    until = iso(datetime.now(UTC))
    report = journey.stack.invoke("evidence_seal", {"until": until})
    assert (report["events"] > 0, report["mismatches"]) == (True, 0)
    assert journey.call("GET", "/v1/checkpoint").body["digest"]["until"] == until


def a_person_leaves_because_of_a_campaign(journey: Journey) -> None:
    assert "unsubscribed" in journey.text(ORDINARY[-2], "STOP")


def an_export_is_ordered_built_and_downloaded(journey: Journey) -> None:
    """In pieces, as a large one is: every call has time for one page only."""
    function = journey.stack.functions.find("export_build")
    patient, function.spec = function.spec, dataclasses.replace(function.spec, timeout=1)
    path = journey.order(**{"Idempotency-Key": "export-1"})
    link = journey.became(path, "done")["link"]
    function.spec = patient
    assert log_of(download(link)).count(b"\n") > len(ORDINARY)
    assert journey.staff("GET", "/v1/exports")["items"]


def people_of_an_old_list_are_accepted_asked_and_left_out(journey: Journey) -> None:
    wording = "I agree to recurring automated marketing texts from Example Shop. STOP ends it."
    proved = f"{{}},yes,2026-01-05T10:00:00Z,{wording},the shop,2026-01-05T10:02:00Z,YES"
    body = {"programme_id": PROGRAMME["programme_id"], "name": "old list", "country": "US"}
    once = {"Idempotency-Key": "import-1"}
    made, same = (journey.staff("POST", "/v1/imports", body, **once) for _ in range(2))
    assert made["import_id"] == same["import_id"]
    rows = [
        "phone,status,consented_at,wording,where,confirmed_at,confirmed_by",
        proved.format("+14155556311"),
        f"+14155556312,yes,2026-01-05T10:00:00Z,{wording},the shop,,",
        "+14155556313,stop,,,,,",
        f"{ORDINARY[-1]},stop,,,,,",
    ]
    put(made["upload"], "\n".join(rows).encode())
    path = f"/v1/imports/{made['import_id']}"
    journey.staff("POST", f"{path}/check")
    foreseen = journey.became(path, "checked")["check"]["fates"]
    assert foreseen == {"accepted": 1, "asked": 1, "opted_out": 2}
    journey.staff("POST", f"{path}/start")
    done = journey.became(path, "done")
    assert done["run"]["fates"] == foreseen
    assert download(done["run"]["reports"][0]).count(b"\n") == len(rows)
    assert journey.staff("GET", "/v1/imports")["items"]
    query = f"phone={quote('+14155556311')}"
    assert journey.staff("GET", f"/v1/consents?{query}")["items"][0]["status"] == "confirmed"
    again = journey.staff("POST", "/v1/imports", {**body, "name": "another"})
    journey.staff("POST", f"/v1/imports/{again['import_id']}/cancel")


def put(link: str, body: bytes) -> None:
    """Upload a file as a browser without credentials does."""
    where = urlsplit(link)
    with contextlib.closing(http.client.HTTPConnection(where.netloc, timeout=30)) as connection:
        connection.request("PUT", f"{where.path}?{where.query}", body)
        assert connection.getresponse().status == HTTPStatus.OK


def everything_is_exported_about_all_and_about_some(journey: Journey) -> None:
    now = datetime.now(UTC)
    names = ["consent_events", "current_consents", "messages", "opt_outs", "staff_audit"]
    body = {"from": iso(now - timedelta(hours=1)), "to": iso(now), "datasets": names}
    for more in ({"file_format": "jsonl"}, {"phones": [ADA, BEN]}):
        made = journey.staff("POST", "/v1/exports", {**body, **more})
        done = journey.became(f"/v1/exports/{made['export_id']}", "done")
        assert done["rows"] > 0


def a_reviewer_asks_why_and_orders_a_dossier(journey: Journey) -> None:
    """Of somebody whom a campaign texted: why it did, and everything as one bundle."""
    phone = next(p for p in ORDINARY if any("20% off" in t.body for t in journey.stack.texts(p)))
    texts = journey.staff("GET", f"/v1/messages?phone={quote(phone)}")["items"]
    text = next(each for each in texts if each["campaign_id"] and each["decision"])
    assert all(rule["passed"] for rule in text["decision"])
    query = f"phone={quote(phone)}&campaign_id={text['campaign_id']}"
    why = journey.staff("GET", f"/v1/decisions?{query}")
    assert why["recorded"]["message_id"] == text["message_id"]
    assert why["verdict"] == "may"
    made = journey.staff("POST", "/v1/dossiers", {"phone": phone})
    done = journey.became(f"/v1/exports/{made['export_id']}", "done")
    with zipfile.ZipFile(io.BytesIO(download(done["link"]))) as bundle:
        page = bundle.read("dossier.html").decode()
    assert phone in page
    assert "20% off" in page


def an_export_is_cancelled_and_taken_up_again(journey: Journey) -> None:
    path = journey.order()
    with contextlib.suppress(AssertionError):
        journey.staff("POST", f"{path}/cancel")
        journey.staff("POST", f"{path}/resume")
    assert download(journey.became(path, "done")["link"])


def an_export_that_fails_is_given_up(journey: Journey) -> None:
    def fail(request: Any, send: Callable[[], Any]) -> Any:
        raise RuntimeError("the bucket does not answer")

    with journey.around("s3.UploadPart", fail):
        journey.became(journey.order(), "failed")


# All


def a_request_that_was_refused_may_be_repeated(journey: Journey) -> None:
    """The reservation of its key is deleted."""
    staff = {group: f"Bearer {journey.stack.token(group)}" for group in (MARKETING, COMPLIANCE)}
    nowhere = journey.definition(segment_id="seg-none")
    of_none = {"programme_id": "none", "name": "x"}
    backwards = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    refused: list[tuple[str, Any, dict[str, str]]] = [
        ("/v1/opt-ins", journey.form(DAN, "none"), {}),
        ("/v1/campaigns", nowhere, {"authorization": staff[MARKETING]}),
        ("/v1/imports", of_none, {"authorization": staff[COMPLIANCE]}),
        ("/v1/exports", backwards, {"authorization": staff[COMPLIANCE]}),
    ]
    for path, body, headers in refused:
        sent = {**headers, "Idempotency-Key": "refused-1"}
        assert journey.call("POST", path, body, sent).status in (404, 422), path


STEPS: list[Callable[[Journey], None]] = [
    a_programme_is_published_and_changed,
    people_agree_by_code_and_by_text,
    a_person_says_yes_and_chooses_on_their_own_pages,
    a_person_signs_up_on_the_programmes_own_page,
    a_repeated_sign_up_is_answered_from_memory,
    a_person_stops_and_starts_again,
    a_question_lands_in_the_inbox,
    a_text_that_may_be_a_stop_is_read_and_let_go,
    an_unreadable_text_is_put_aside_and_a_second_copy_is_not_read,
    the_provider_and_carriers_tell_of_opt_outs,
    systems_report_what_people_are_and_do,
    a_segment_is_made_changed_and_counted,
    a_text_is_stored_and_previewed,
    a_campaign_is_rehearsed_and_approved_by_a_second_person,
    a_rehearsal_that_fails_says_so,
    everything_is_stopped_and_let_go,
    a_campaign_is_put_off_and_cancelled,
    a_campaign_meets_refusals_and_is_completed,
    a_campaign_leaves_a_share_out,
    a_campaign_whose_execution_died_is_taken_up_again,
    a_campaign_for_one_person,
    a_campaign_is_changed_paused_resumed_and_cancelled,
    a_reviewer_reads_everything_about_a_number,
    a_reviewer_reads_who_read_it,
    the_hours_are_closed_and_anybody_reads_the_checkpoint,
    console_day.a_newcomer_runs_a_campaign_in_the_console,
    a_person_leaves_because_of_a_campaign,
    an_export_is_ordered_built_and_downloaded,
    everything_is_exported_about_all_and_about_some,
    a_reviewer_asks_why_and_orders_a_dossier,
    an_export_is_cancelled_and_taken_up_again,
    an_export_that_fails_is_given_up,
    people_of_an_old_list_are_accepted_asked_and_left_out,
    a_request_that_was_refused_may_be_repeated,
    due_days.staff_enter_a_person_and_erase_another,
    due_days.what_is_due_comes_about,
    due_days.a_word_to_join_is_asked_for_its_yes,
    flow_day.a_purchase_starts_a_flow,
    flow_day.a_sign_up_is_found_by_the_daily_look,
    rights_day.a_person_asks_what_is_held,
    rights_day.a_restricted_person_gets_no_text,
    rights_day.a_legal_hold_puts_an_erasure_off,
    rights_day.what_is_over_is_deleted_and_the_week_is_reviewed,
]
