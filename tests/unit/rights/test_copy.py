"""A copy of what is held: the same in the file and on the page, from every store there is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from assent.audience.engagement import Act, Activity
from assent.audience.subscriber import Subscriber
from assent.evidence.history import HistoryService
from assent.evidence.staff_audit import AuditAction, AuditOutcome, Deed, StaffAudit
from assent.inbound.inbox import Box, InboxItem
from assent.messages.ledger import LedgerRow, Outcome, Purpose
from assent.rights.copy import LINK_VALID_FOR, Copies, Copy, Held
from assent.web.rights_pages import draw_copy
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_export_sources import InMemoryTexts
from tests.fakes.in_memory_inbox_store import InMemoryInboxStore
from tests.fakes.in_memory_papers import InMemoryPapers
from tests.fakes.in_memory_staff_audit_store import InMemoryStaffAuditStore
from tests.fakes.in_memory_subscriber_scan import InMemorySubscriberScan
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.sequential_ids import SequentialIds
from tests.fakes.subscriber_table import SubscriberTable
from tests.unit.consent.people import KEY, OFFERS, PHONE, World

LINK = "https://sms.example/l/abc"


@dataclass
class Desk:
    """What a copy is made of."""

    world: World = field(default_factory=World)
    inbox: InMemoryInboxStore = field(default_factory=InMemoryInboxStore)
    audit: InMemoryStaffAuditStore = field(default_factory=InMemoryStaffAuditStore)
    papers: InMemoryPapers = field(default_factory=InMemoryPapers)
    texts: InMemoryTexts = field(default_factory=InMemoryTexts)
    table: SubscriberTable = field(default_factory=SubscriberTable)

    def make(self) -> Copy:
        keys, clock = LocalPhoneKeys(), self.world.clock
        held = Held(
            people=InMemorySubscriberScan(self.table),
            history=HistoryService(self.world.store, keys),
            requests=self.world.store,
            texts=self.texts,
            replies=self.inbox,
            audit=StaffAudit(self.audit, clock),
        )
        return Copies(held, self.papers, draw_copy, keys, clock, SequentialIds()).make(PHONE)

    @property
    def document(self) -> dict[str, Any]:
        (text,) = (body for name, (body, _) in self.papers.files.items() if name.endswith(".json"))
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def page(self) -> str:
        return next(body for name, (body, _) in self.papers.files.items() if name.endswith("html"))


def full_desk() -> Desk:
    desk = Desk()
    desk.world.confirmed_to(OFFERS)
    person = Subscriber(
        desk.world.standing,
        "US",
        NOON,
        {"first_name": "<Zoë>", "topics": ["hats"], "attributes.tier": "gold"},
        {Act.CLICKED: Activity(NOON, 3, ((20000, 3),))},
    )
    desk.table.put(person)
    desk.texts = InMemoryTexts(
        [LedgerRow(KEY, NOON, Purpose.CAMPAIGN, Outcome.SENT, f"Look: {LINK}", 1)]
    )
    desk.inbox.put(InboxItem("in_1", Box.FEEDBACK, KEY, "Nice hats", NOON, "feedback"))
    deed = Deed("eve", ("compliance",), AuditAction.CONSENTS_READ, AuditOutcome.DONE, "r", "1")
    StaffAudit(desk.audit, desk.world.clock).record([replace(deed, subscriber_key=KEY)])
    return desk


def test_the_file_holds_something_of_every_store() -> None:
    desk = full_desk()
    desk.make()
    found = desk.document
    assert found["phone"] == "+16125550103"
    assert found["profile"]["attributes.tier"] == "gold"
    assert found["engagement"] == [
        {"act": "clicked", "total": 3, "last_at": found["engagement"][0]["last_at"]}
    ]
    assert found["consents"][0]["status"] == "confirmed"
    assert [each["type"] for each in found["events"]] == ["requested", "confirmed"]
    assert all(each["evidence"] is not None and each["is_intact"] for each in found["events"])
    assert found["requests"][0]["programme_id"] == OFFERS
    assert found["links"] == [LINK]
    assert found["replies"][0]["body"] == "Nice hats"
    assert found["staff_access"]["by_action"] == {"consents_read": 1}
    assert '"eve"' not in json.dumps(found)


def test_the_page_says_the_same_and_nothing_in_it_is_markup() -> None:
    desk = full_desk()
    desk.make()
    for text in ("&lt;Zoë&gt;", "gold", "Nice hats", LINK, "staff opened or changed your data: 1"):
        assert text in desk.page
    assert "<Zoë>" not in desk.page
    assert "<script" not in desk.page


def test_both_links_end_after_a_quarter_of_an_hour() -> None:
    desk = Desk()
    made = desk.make()
    assert set(desk.papers.links.values()) == {LINK_VALID_FOR} == {timedelta(minutes=15)}
    assert made.until == desk.world.clock.now() + LINK_VALID_FOR
    assert (made.file[-5:], made.page[-5:]) == (".json", ".html")


def test_a_number_never_seen_is_answered_too() -> None:
    desk = Desk()
    desk.make()
    assert desk.document["state"] is None
    assert desk.document["events"] == []
    assert "Nothing is held under this number" in desk.page
