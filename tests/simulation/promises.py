"""What must hold after every step, judged from what the services hold and from nothing else.

Each promise is stated on its own terms: from the items as written, the calls as they leave and the
texts as the carrier took them; never from what the code under test says of itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws.event_items import event_of
from assent.aws.tables import ConsentEventItem
from assent.messages.alphabet import count_parts
from tests.simulation.scheduler import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulation.carrier import Text
    from tests.simulation.dynamodb import Key
    from tests.simulation.expressions import Item
    from tests.simulation.network import Call
    from tests.simulation.world import World

# The send protocol's δ: from the beginning of the claim to the first byte of the text.
LEAVES_WITHIN = 2 * SECOND
# Claims this young may still have a text under way; the protocol's reaper waits for as long.
SETTLED_AFTER = 30 * SECOND
# What a worker may go on with after a change of status: a reading of up to a second, then a claim.
STEP = 12 * SECOND
STATUS_AGE = SECOND
_MARK = re.compile(r"Deal-(\d+)")
_STOPPED = re.compile(r"unsubscribed")
_CODE = re.compile(r"\b\d{6}\b")
_CLAIM_DIGITS = 1_000_000
_CALENDAR = timedelta(days=30)

Writes = list[tuple[str, "Key", "Item | None", "Item | None"]]


@dataclass
class Issued:
    """A claim as a worker asked for it: who, and when it first did."""

    sandbox: str
    at: int


@dataclass
class Promises:
    """Watches one world. `broken` says what was broken, first things first."""

    world: World
    rate: int
    promised: int = 8
    broken: list[str] = field(default_factory=list)
    campaign_of: dict[str, str] = field(default_factory=dict)
    phone_of: dict[str, str] = field(default_factory=dict)
    stopped_at: dict[str, int] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    texted: Counter[tuple[str, str]] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    stops_sent: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    sometimes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._claims: dict[tuple[str, str, int], Issued] = {}
        self._events: Counter[str] = Counter()
        self._heads: dict[str, str] = {}
        self._recent: deque[tuple[int, int]] = deque()
        self._status: dict[str, tuple[str, int]] = {}
        self._looked: dict[tuple[str, str], int] = {}
        self._tried: dict[tuple[str, str, str], int] = {}
        self._rows: dict[tuple[str, str], tuple[str, int]] = {}
        self._read_back()
        self.world.dynamodb.watchers.append(self.written)
        self.world.network.watchers.append(self.issued)
        self.world.published.append(self.taken)

    def _read_back(self) -> None:
        tables = self.world.dynamodb.tables
        for item in tables["ConsentEventsTable"].items.values():
            self._count_event(item)
        for item in tables["SubscribersTable"].items.values():
            self.phone_of[item["subscriber_key"]["S"]] = item["ph"]["S"]

    @property
    def is_broken(self) -> bool:
        return bool(self.broken or self.world.crashes)

    def no(self, promise: str) -> None:
        self.world.scheduler.note(f"BROKEN {promise}")
        self.broken.append(promise)

    # --- Writes ----------------------------------------------------------------------------------
    def written(self, writes: Writes) -> None:
        """Judge one atomic write."""
        acts = {
            "ConsentEventsTable": self._event,
            "SubscribersTable": self._subscriber,
            "CampaignsTable": self._campaign,
            "MessagesTable": self._row,
        }
        self._heard_once(writes)
        touched = set()
        # Events come first: the standing is judged by them.
        for name, key, before, after in sorted(writes, key=lambda w: w[0] != "ConsentEventsTable"):
            act = acts.get(name)
            if act is not None:
                act(key, before, after)
            if name in ("ConsentEventsTable", "SubscribersTable"):
                touched.add((after or before or {})["subscriber_key"]["S"])
        for subscriber_key in touched:
            self._together(subscriber_key)

    def _count_event(self, item: Item) -> None:
        event = event_of(ConsentEventItem.from_raw_data(dict(item)))
        name = event.subscriber_key
        if event.seq != self._events[name] + 1 or event.previous_hash != self._heads.get(name, ""):
            # Read back, items come in no order; the chain is then only counted.
            self._events[name] = max(self._events[name], event.seq)
        self._events[name] = max(self._events[name], event.seq)
        self._heads[name] = event.hash

    def _event(self, _: Key, before: Item | None, after: Item | None) -> None:
        if before is not None or after is None:
            self.no("an event is never changed or deleted")
            return
        event = event_of(ConsentEventItem.from_raw_data(dict(after)))
        name = event.subscriber_key
        if event.seq != self._events[name] + 1:
            self.no(f"events are numbered without a gap: {event.seq} after {self._events[name]}")
        if event.seq > 1 and event.previous_hash != self._heads.get(name):
            self.no("each event names the hash of the one before it")
        self._events[name], self._heads[name] = event.seq, event.hash
        if event.type == "withdrawn" and event.programme_id is None:
            self._stop(name, event.facts)
        if event.type == "started":
            self.sometimes["start recorded"] += 1
            self.stopped_at.pop(name, None)

    def _stop(self, name: str, facts: Mapping[str, object]) -> None:
        self.sometimes["stop recorded"] += 1
        if facts.get("superseded"):
            self.sometimes["stop older than a start"] += 1
        else:
            self.stopped_at.setdefault(name, self.world.scheduler.now)
        in_flight = facts.get("in_flight")
        if isinstance(in_flight, list):
            self.named[name].update(map(str, in_flight))
            self.sometimes["stop recorded with a claim in flight"] += bool(in_flight)
        if facts.get("reason") == "provider_opted_out":
            self.refused.add(name)

    def _heard_once(self, writes: Writes) -> None:
        """One input is one transaction, however many events it makes."""
        proofs = [
            json.loads(after["facts"]["S"])
            for name, _, _, after in writes
            if name == "EvidenceTable" and after is not None
        ]
        for heard in {proof.get("inbound_message_id") for proof in proofs} - {None}:
            self.heard[heard] += 1
            if self.heard[heard] > 1:
                self.no("a text that is delivered twice is recorded once")

    def _together(self, subscriber_key: str) -> None:
        """State and events change together, and each event has its evidence."""
        tables = self.world.dynamodb.tables
        item = tables["SubscribersTable"].items.get((f"S:{subscriber_key}",))
        seq = int(item["sq"]["N"]) if item else 0
        if seq != self._events[subscriber_key]:
            self.no(f"state and events together: seq {seq}, events {self._events[subscriber_key]}")
        elif item is not None and seq and item["hh"]["B"].hex() != self._heads[subscriber_key]:
            self.no("the standing holds the hash of the last event")
        if seq and (f"S:{subscriber_key}", f"N:{seq}") not in tables["EvidenceTable"].items:
            self.no("each event has its evidence")

    def _subscriber(self, _: Key, before: Item | None, after: Item | None) -> None:
        if after is None:
            self.no("a subscriber's item is never deleted")
            return
        subscriber_key = after["subscriber_key"]["S"]
        if "ph" in after:
            self.phone_of[subscriber_key] = after["ph"]["S"]
        was, now = _claims(before), _claims(after)
        for (programme, campaign), mark in now.items():
            if (programme, campaign) not in was:
                self._claimed(subscriber_key, before, (programme, campaign, mark))
            elif was[programme, campaign] != mark:
                self.no("a claim is never overwritten")
        for _programme, campaign in sorted(was.keys() - now.keys()):
            self.sometimes["claim released"] += 1
            if self.texted[self.phone_of[subscriber_key], campaign]:
                self.no("a claim whose text left is never released")

    def _claimed(
        self, subscriber_key: str, before: Item | None, claim: tuple[str, str, int]
    ) -> None:
        programme, campaign, mark = claim
        self.sometimes["claim written"] += 1
        consent = before["cs"]["M"].get(programme, {"S": "none"})["S"] if before else "none"
        if before is None or not consent.startswith("c"):
            self.no(f"no claim without confirmed consent (it was {consent[:1]})")
            return
        if "st" in before or "ho" in before or subscriber_key in self.stopped_at:
            self.no("no claim after a STOP was recorded")
        at = mark // _CLAIM_DIGITS
        if "pu" in before and int(before["pu"]["N"]) > at:
            self.no("no claim during a pause")
        status, since = self._status.get(campaign, ("running", 0))
        issued = self._claims.get((subscriber_key, campaign, mark))
        if issued is None:
            self.no("a claim carries the mark of the worker that wrote it")
        elif status not in ("running", "completed") and issued.at > since + STEP:
            self.no(f"no claim long after a campaign was {status}")
        chosen = before["pr"]["M"].get("max_per_month", {"N": str(self.promised)})
        limit = min(int(chosen["N"]), self.promised)
        known = sum(1 for (p, _) in _claims(before) if p == programme)
        if known >= limit:
            self.no(f"no more than {limit} texts a month, as promised and chosen")

    def _campaign(self, key: Key, before: Item | None, after: Item | None) -> None:
        if after is None or key[1] != "S:definition":
            return
        campaign, status = key[0].removeprefix("S:"), after["status"]["S"]
        was = before["status"]["S"] if before else None
        if status == was:
            return
        self.sometimes[f"campaign {status}"] += 1
        self._status[campaign] = (status, self.world.scheduler.now)
        if was in ("completed", "cancelled"):
            self.no(f"a campaign that is {was} stays so")
        if status == "completed":
            self._adds_up(campaign)

    def _row(self, key: Key, before: Item | None, after: Item | None) -> None:
        if after is None or after["purpose"]["S"] != "campaign":
            return
        outcome = after["outcome"]["S"]
        campaign, phone = after["campaign_id"]["S"], self.phone_of[after["subscriber_key"]["S"]]
        self.sometimes[f"text {outcome}"] += 1
        if before is not None and before["outcome"]["S"] == "sent" != outcome:
            self.no("what was sent never becomes anything else")
        if outcome == "sent":
            taken = self.texted[phone, campaign]
            if not taken:
                self.no("a text is sent when the carrier has taken it")
        self._rows[phone, campaign] = (outcome, self.world.scheduler.now)

    # --- Texts -----------------------------------------------------------------------------------
    def issued(self, call: Call) -> None:
        """Judge a call as it leaves its worker."""
        if call.operation == "GetItem" and call.request["TableName"] == "CampaignsTable":
            self._note_look(call)
        if call.operation == "UpdateItem" and call.request["TableName"] == "SubscribersTable":
            self._note_claim(call)
        if call.name == "sns.Publish":
            self._published(call)

    def _published(self, call: Call) -> None:
        body, phone = call.request["Message"], call.request["PhoneNumber"]
        self._pace(call.issued_at, count_parts(body).parts)
        if found := _MARK.search(body):
            self._leaves(call, phone, self.campaign_of[found.group(1)])
        elif _STOPPED.search(body):
            self._answers_stop(phone)
        elif _CODE.search(body):
            self.codes[phone] += 1
            self.sometimes["confirmation text"] += 1
            if self.codes[phone] > self.asked[phone]:
                self.no("a sign-up is answered by at most one text")

    def _note_look(self, call: Call) -> None:
        key = call.request["Key"]
        if key["part"]["S"] == "definition":
            self._looked[call.sandbox.name, key["campaign_id"]["S"]] = call.issued_at

    def _note_claim(self, call: Call) -> None:
        values = call.request["ExpressionAttributeValues"]
        mark = values.get(":mark") or values.get(":first", {}).get("M", {}).get(
            call.request["ExpressionAttributeNames"].get("#c", "")
        )
        if mark is None or "N" not in mark:
            return
        campaign = call.request["ExpressionAttributeNames"]["#c"]
        subscriber_key = call.request["Key"]["subscriber_key"]["S"]
        known = (subscriber_key, campaign, int(mark["N"]))
        if known in self._claims:
            return
        self._claims[known] = Issued(call.sandbox.name, call.issued_at)
        looked = self._looked.get((call.sandbox.name, campaign), 0)
        tried = (call.sandbox.name, subscriber_key, campaign)
        last = self._tried.get(tried, -(10**12))
        self._tried[tried] = call.issued_at
        # A second try follows the first at once, however long that took; only first ones count.
        if call.issued_at - looked > STATUS_AGE and call.issued_at - last > STEP:
            age = (call.issued_at - looked) / SECOND
            self.no(f"a text rests on a status read within the last second, not {age:.1f} s")

    def _leaves(self, call: Call, phone: str, campaign: str) -> None:
        holder = next(
            (
                (item, mark)
                for item in self.world.dynamodb.tables["SubscribersTable"].items.values()
                if item.get("ph", {}).get("S") == phone
                for (_, name), mark in _claims(item).items()
                if name == campaign
            ),
            None,
        )
        if holder is None:
            self.no("no text without a claim")
            return
        item, mark = holder
        issued = self._claims.get((item["subscriber_key"]["S"], campaign, mark))
        if issued is None or issued.sandbox != call.sandbox.name:
            self.no("no text on the claim of another worker")
        elif call.issued_at - issued.at > LEAVES_WITHIN:
            late = (call.issued_at - issued.at) / SECOND
            self.no(f"a text leaves within 2 s of its claim, not {late:.1f} s")
        if item["subscriber_key"]["S"] in self.stopped_at:
            self.sometimes["text left after a STOP, on a claim before it"] += 1
            if campaign not in self.named[item["subscriber_key"]["S"]]:
                self.no("a STOP names the claims in flight")

    def _answers_stop(self, phone: str) -> None:
        self.sometimes["STOP answered"] += 1
        self.replies[phone] += 1
        keys = [key for key, number in self.phone_of.items() if number == phone]
        item = (
            self.world.dynamodb.tables["SubscribersTable"].items.get((f"S:{keys[0]}",))
            if keys
            else None
        )
        events = self.world.dynamodb.tables["ConsentEventsTable"].items.values()
        is_recorded = item is not None and any(
            event["subscriber_key"]["S"] == keys[0] and event["type"]["S"] == "withdrawn"
            for event in events
        )
        if not is_recorded:
            self.no("a STOP is recorded before it is answered")
        if self.replies[phone] > self.stops_sent[phone]:
            self.no("a STOP is answered at most once")

    def _pace(self, now: int, parts: int) -> None:
        """Never more parts than the rate in any half-open second, by one true clock."""
        while self._recent and self._recent[0][0] <= now - SECOND:
            self._recent.popleft()
        self._recent.append((now, parts))
        total = sum(count for _, count in self._recent)
        spread = self.world.functions.spread()
        allowed = self.rate + (-(-self.rate * spread // SECOND) if spread > 8_000 else 0)
        if total > allowed and len(self._recent) > 1:
            self.no(f"never more than {self.rate} parts in a second ({total})")
        self.sometimes["rate used up"] += total == self.rate

    def taken(self, call: Call, text: Text) -> None:
        """Judge a text that the carrier took."""
        found = _MARK.search(text.body)
        if found is None:
            return
        campaign = self.campaign_of[found.group(1)]
        self.texted[text.phone, campaign] += 1
        if self.texted[text.phone, campaign] > 1:
            self.no("at most one text per person and campaign")

    # --- The end ---------------------------------------------------------------------------------
    def _adds_up(self, campaign: str) -> None:
        """planned = sum of the fates; and what is counted is what happened."""
        counters = self.world.dynamodb.tables["CampaignsTable"].items.get(
            (f"S:{campaign}", "S:counters"), {}
        )
        fates = {
            name.removeprefix("fates#"): int(value["N"])
            for name, value in counters.items()
            if name.startswith("fates#")
        }
        planned = int(counters.get("planned", {"N": "0"})["N"])
        if planned != sum(fates.values()):
            self.no(f"planned is the sum of the fates: {planned}, {fates}")
        self._is_true(campaign, fates)

    def _is_true(self, campaign: str, fates: dict[str, int]) -> None:
        rows = Counter(
            outcome for (_, name), (outcome, _) in self._rows.items() if name == campaign
        )
        late = self._late(campaign)
        for outcome in ("sent", "refused", "in_doubt"):
            counted = fates.get(outcome, 0)
            if abs(counted - rows[outcome]) > late:
                self.no(f"{outcome}: {counted} counted, {rows[outcome]} in the ledger")
        for phone, name in self.texted:
            outcome, _ = self._rows.get((phone, name), ("nothing", 0))
            if name == campaign and outcome not in ("sent", "in_doubt"):
                self.no(f"whoever was texted is counted as sent or in doubt, not {outcome}")

    def _late(self, campaign: str) -> int:
        """How many rows came so late that they may have been counted as in doubt before."""
        late = 0
        for _, name, mark in self._claims:
            if name != campaign:
                continue
            claimed_at = mark // _CLAIM_DIGITS
            for (_, other), (outcome, at) in self._rows.items():
                if other == campaign and outcome == "sent" and at - claimed_at > SETTLED_AFTER:
                    late += 1
        return late

    def at_the_end(
        self, campaigns: dict[str, str], words: dict[str, list[tuple[int, str]]]
    ) -> None:
        """Judge a world in which nothing is left to happen."""
        table = self.world.dynamodb.tables["CampaignsTable"].items
        for campaign in campaigns.values():
            status = table[f"S:{campaign}", "S:definition"]["status"]["S"]
            if status == "completed":
                self._adds_up(campaign)
            elif status == "cancelled":
                self._is_settled(campaign, table)
            else:
                self.no(f"with faults off, every campaign finishes, and does not stay {status}")
        for phone, said in words.items():
            self._heeded(phone, said)

    def nobody_left_behind(self, silent: set[str]) -> None:
        """Who opted out with the carrier only is opted out here after a reconciliation."""
        self.sometimes["opt-out known to the carrier only"] += len(silent)
        for item in self.world.dynamodb.tables["SubscribersTable"].items.values():
            if item.get("ph", {}).get("S") in silent and "st" not in item:
                self.no("an opt-out that only the carrier knows is learnt")

    def _is_settled(self, campaign: str, table: Any) -> None:
        definition = table[f"S:{campaign}", "S:definition"]
        if "frozen" not in definition or "NULL" in definition["frozen"]:
            return
        counters = table.get((f"S:{campaign}", "S:counters"), {})
        slices = json.loads(definition["frozen"]["S"])["slices"]
        counted = {name: int(value["N"]) for name, value in counters.items() if "N" in value}
        if counted.get("slices_planned", 0) < slices or counted.get(
            "batches_done", 0
        ) < counted.get("batches", 0):
            self.no("with faults off, a cancelled campaign is settled")
            return
        self._adds_up(campaign)

    def _heeded(self, phone: str, said: list[tuple[int, str]]) -> None:
        """The last keyword by the carrier's time decides; a tie is a STOP."""
        last = max(at for at, _ in said)
        is_out = any(at == last and word == "STOP" for at, word in said)
        item = next(
            (
                each
                for each in self.world.dynamodb.tables["SubscribersTable"].items.values()
                if each.get("ph", {}).get("S") == phone
            ),
            None,
        )
        if is_out and (item is None or "st" not in item):
            self.no("every STOP that is delivered ends withdrawn")
        if is_out and item and any(c["S"].startswith("c") for c in item["cs"]["M"].values()):
            self.no("after a STOP nothing is confirmed")
        stops = [at for at, word in said if word == "STOP"]
        # A worker whose clock is behind takes a START for older than it is: refused, to be safe.
        is_clear = last - max(stops, default=0) > self.world.functions.spread()
        if is_out or not is_clear or item is None or "st" not in item:
            return
        # Nor does it know better than a carrier that refuses the number before the STOP arrives.
        if item["subscriber_key"]["S"] not in self.refused:
            self.no("a START after the last STOP lifts it")


def _claims(item: Item | None) -> dict[tuple[str, str], int]:
    if item is None:
        return {}
    return {
        (programme, campaign): int(mark["N"])
        for programme, of_programme in item["cl"]["M"].items()
        for campaign, mark in of_programme["M"].items()
    }
