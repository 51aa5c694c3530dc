"""No staff request is answered before it is entered, and no route can forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.event_handler import Response

from assent.errors import CampaignNotFoundError, ChangedMeanwhileError, TryAgainError
from assent.evidence.staff_audit import AuditAction, AuditOutcome, StaffAudit
from assent.http.audited import AUDITED, Concerns, named_in_path, outcome_of
from assent.http.openapi import apis
from assent.http.resolver import Api, key_of
from assent.http.staff import PERMITTED
from assent.identifiers import SubscriberKey
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_staff_audit_store import InMemoryStaffAuditStore
from tests.functions.inbound import an_entry, an_event
from tests.functions.requests import Answer, Client, answer, request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assent.evidence.staff_audit import AuditEntry, Tip
    from tests.functions.world import World

ANN, BOB = SubscriberKey("k1_ann"), SubscriberKey("k1_bob")
ACTOR = "5448a4c8-7081-70f1-2bbf-0f6fd8a0d5f1"


class BrokenStore(InMemoryStaffAuditStore):
    """A store that fails from its nth write on."""

    def __init__(self, error: Exception, good: int = 0) -> None:
        super().__init__()
        self.error, self.good = error, good

    def append(self, entries: Sequence[AuditEntry], after: Tip) -> None:
        if self.good == 0:
            raise self.error
        self.good -= 1
        super().append(entries, after)


class Edge:
    """Two staff routes of one function, and what was entered."""

    def __init__(self, store: InMemoryStaffAuditStore | None = None) -> None:
        self.store = store or InMemoryStaffAuditStore()
        self.api = Api(is_staff=True, audit=lambda: StaffAudit(self.store, FrozenClock()))
        self.done: list[str] = []
        self.act: Callable[[], None] = lambda: None

        @self.api.get("/v1/messages")
        def read_messages() -> Response[str]:
            self.act()
            return Response(200, "application/json", '{"secret": "a person\'s texts"}')

        @self.api.get("/v1/inbox")
        def read_inbox() -> Response[str]:
            self.api.concerns(BOB, ANN, BOB)
            return Response(200, "application/json", "{}")

        @self.api.post("/v1/campaigns/<campaign_id>/launch")
        def launch_campaign(campaign_id: str) -> Response[str]:
            self.act()
            self.done.append(campaign_id)
            return Response(200, "application/json", "{}")

        @self.api.get("/v1/forgotten")
        def read_forgotten() -> Response[str]:
            return Response(200, "application/json", '{"secret": 1}')

        self.api.ready()

    def names(self) -> None:
        self.api.concerns(ANN)

    def call(self, method: str, path: str, group: str = "compliance") -> Answer:
        event = request(method, path, group=group)
        return answer(self.api.resolve(event, None))  # type: ignore[arg-type]

    def entered(self) -> list[tuple[str, str, str | None, str | None]]:
        return [
            (e.deed.action.value, e.deed.outcome.value, e.deed.about, e.deed.subscriber_key)
            for e in self.store.entries
        ]


def test_every_staff_route_has_an_audit_action_and_no_action_lacks_a_route() -> None:
    staff = {key_of(r) for api in apis() for r in api.routes() if key_of(r) in PERMITTED}
    assert set(AUDITED) == set(PERMITTED) == staff


def test_every_action_is_some_routes_own() -> None:
    used = [each.action for each in AUDITED.values()]
    assert len(used) == len(set(used))
    assert set(AuditAction) - set(used) == {AuditAction.EXPORT_LINKED}


def test_staff_routes_cannot_be_made_without_an_audit() -> None:
    with pytest.raises(ValueError, match="audited"):
        Api(is_staff=True)


def test_a_read_is_entered_once_with_who_and_whom() -> None:
    edge = Edge()
    edge.act = edge.names
    assert edge.call("GET", "/v1/messages").status == 200
    assert edge.entered() == [("messages_read", "done", None, ANN)]
    (entry,) = edge.store.entries
    assert (entry.deed.actor, entry.deed.groups) == (ACTOR, ("compliance",))
    assert (entry.deed.route, entry.deed.request_id) == ("GET /v1/messages", "VBuHPiiQIAMEMlw=")


def test_a_list_of_people_is_entered_once_for_each() -> None:
    edge = Edge()
    edge.call("GET", "/v1/inbox")
    assert [key for *_, key in edge.entered()] == [ANN, BOB]


def test_a_change_is_entered_before_it_is_made_and_after() -> None:
    edge = Edge()
    seen: list[int] = []
    edge.act = lambda: seen.append(len(edge.entered()))
    edge.call("POST", "/v1/campaigns/c_1/launch", "marketing")
    assert seen == [1]
    assert edge.entered() == [
        ("campaign_launched", "begun", "c_1", None),
        ("campaign_launched", "done", "c_1", None),
    ]


@pytest.mark.parametrize(
    "error", [TryAgainError("no"), ChangedMeanwhileError("no"), RuntimeError("+14155550142")]
)
def test_no_data_leaves_when_the_entry_cannot_be_written(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    edge = Edge(BrokenStore(error))
    edge.act = edge.names
    found = edge.call("GET", "/v1/messages")
    assert (found.status, found.code) == (503, "try_again")
    assert "secret" not in found.text
    (line,) = caplog.records
    assert line.message == "staff_audit_failed"
    assert "4155550142" not in found.text + str(vars(line))


def test_nothing_is_changed_when_the_beginning_cannot_be_entered() -> None:
    edge = Edge(BrokenStore(TryAgainError("no")))
    assert edge.call("POST", "/v1/campaigns/c_1/launch", "marketing").status == 503
    assert edge.done == []


def test_a_change_whose_end_could_not_be_entered_has_its_beginning() -> None:
    edge = Edge(BrokenStore(TryAgainError("no"), good=1))
    assert edge.call("POST", "/v1/campaigns/c_1/launch", "marketing").status == 503
    assert edge.done == ["c_1"]
    assert edge.entered() == [("campaign_launched", "begun", "c_1", None)]


def test_a_route_about_one_person_that_names_nobody_answers_nothing() -> None:
    edge = Edge()
    found = edge.call("GET", "/v1/messages")
    assert (found.status, found.code) == (500, "internal_error")
    assert "secret" not in found.text


def test_a_route_about_nobody_that_names_somebody_answers_nothing() -> None:
    edge = Edge()
    edge.act = edge.names
    assert edge.call("POST", "/v1/campaigns/c_1/launch", "marketing").status == 500


def test_what_a_group_may_not_do_is_entered_as_tried() -> None:
    edge = Edge()
    assert edge.call("POST", "/v1/campaigns/c_1/launch", "compliance").status == 403
    assert edge.entered() == [("campaign_launched", "forbidden", "c_1", None)]
    assert edge.done == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(CampaignNotFoundError("no"), "refused"), (ZeroDivisionError(), "failed")],
)
def test_how_a_request_failed_is_entered(error: Exception, outcome: str) -> None:
    edge = Edge()

    def fail() -> None:
        raise error

    edge.act = fail
    edge.call("GET", "/v1/messages")
    assert edge.entered() == [("messages_read", outcome, None, None)]


def test_a_route_in_no_table_is_closed() -> None:
    edge = Edge()
    found = edge.call("GET", "/v1/forgotten")
    assert (found.status, found.code) == (403, "forbidden")
    assert edge.entered() == []


def test_a_route_with_groups_and_no_action_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(AUDITED, "GET /v1/inbox")
    found = Edge().call("GET", "/v1/inbox")
    assert (found.status, found.code) == (403, "forbidden")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "done"),
        (201, "done"),
        (403, "forbidden"),
        (404, "refused"),
        (422, "refused"),
        (429, "refused"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_an_outcome_is_that_of_the_answer(status: int, outcome: str) -> None:
    assert outcome_of(status) is AuditOutcome(outcome)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("c_7f3k9q", "c_7f3k9q"),
        ("demo", "demo"),
        ("4155550142", None),
        ("+14155550142", None),
        ("x" * 65, None),
        ("a b", None),
    ],
)
def test_a_number_in_the_place_of_an_id_is_not_entered(value: str, named: str | None) -> None:
    assert named_in_path({"campaign_id": value}) == named


def test_routes_over_one_persons_data_say_so() -> None:
    person = {key for key, each in AUDITED.items() if each.concerns is Concerns.PERSON}
    assert person >= {"GET /v1/messages", "GET /v1/consents", "GET /v1/consents/history"}


@pytest.fixture
def marketing_of_exports(world: World) -> Client:
    return Client(world, "export_api", "marketing")


class TestOnTheTable:
    """The reviewer asks on the real wiring."""

    PHONE = "+14155554107"

    def items(self, compliance: Client, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = compliance.get("/v1/audit", limit="3", **query).json
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    def test_who_looked_at_a_number_is_shown_with_this_very_question(
        self, compliance: Client
    ) -> None:
        for path in ("/v1/consents", "/v1/consents/history", "/v1/messages"):
            assert compliance.get(path, phone=self.PHONE).status == 200
        found = self.items(compliance, subject_phone=self.PHONE)
        assert [each["action"] for each in found] == [
            "messages_read",
            "history_read",
            "consents_read",
        ]
        again = self.items(compliance, subject_phone=self.PHONE)
        assert again[0]["action"] == "audit_read"
        assert {each["actor"] for each in again} == {ACTOR}
        assert all(each["is_intact"] for each in again)
        assert len({each["subscriber_key"] for each in again}) == 1

    def test_an_actor_and_a_day_are_shown(self, compliance: Client, marketing: Client) -> None:
        marketing.get("/v1/segments")
        by_actor = self.items(compliance, actor=ACTOR)
        assert "segments_read" in {each["action"] for each in by_actor}
        day = by_actor[0]["at"][:10]
        by_day = self.items(compliance, day=day)
        assert {each["seq"] for each in by_actor} <= {each["seq"] for each in by_day}
        assert all(each["is_intact"] for each in by_day)

    def test_marketing_may_not_read_it(self, marketing_of_exports: Client) -> None:
        found = marketing_of_exports.get("/v1/audit", day="2026-11-23")
        assert (found.status, found.code) == (403, "forbidden")

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ({}, 422, "invalid_input"),
            ({"day": "2026-11-23", "actor": "x"}, 422, "invalid_input"),
            ({"subject_phone": "x"}, 422, "invalid_phone"),
            ({"subject_phone": ""}, 422, "invalid_phone"),
            ({"day": "2026-02-30"}, 422, "invalid_input"),
            ({"day": "yesterday"}, 400, "malformed_request"),
            ({"actor": "a b"}, 400, "malformed_request"),
            ({"actor": "a", "cursor": "x"}, 422, "invalid_cursor"),
            ({"actor": "a", "who": "x"}, 400, "malformed_request"),
        ],
    )
    def test_a_bad_question_is_refused(
        self, compliance: Client, query: dict[str, str], status: int, code: str
    ) -> None:
        found = compliance.get("/v1/audit", **query)
        assert (found.status, found.code) == (status, code)

    def test_a_created_thing_is_named(self, compliance: Client, marketing: Client) -> None:
        made = marketing.send("POST", "/v1/segments", {"name": "All", "rule": {"all": True}}).json
        entered = self.items(compliance, actor=ACTOR)
        about = {(e["action"], e["outcome"]): e["about"] for e in reversed(entered)}
        assert about["segment_created", "done"] == made["segment_id"]
        assert about["segment_created", "begun"] is None

    def test_a_stop_of_a_number_without_any_programme_is_told(
        self, world: World, compliance: Client
    ) -> None:
        stranger = "+14155554088"
        stop = an_entry(originationNumber=stranger, messageBody="STOP")
        world.invoke("inbound_sms", an_event(stop))
        found = compliance.get("/v1/consents", phone=stranger).json
        assert (found["items"], found["stopped"], found["as_known"]) == ([], True, False)
