"""One campaign over the functions' own wiring, on whatever AWS the environment points at.

Everything is made from fixed values, so two stages make the same calls in the same order.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from assent.audience.rules import parse
from assent.audience.subscriber import Segment, Subscriber
from assent.aws import clients
from assent.aws import subscriber_item as packed
from assent.campaigns.checks import DefinitionChecks
from assent.campaigns.clearance import Clearance
from assent.campaigns.model import Campaign, CampaignStatus, Definition, QuietHours, Rehearsed
from assent.campaigns.sending import SendStatus
from assent.clock import SystemClock
from assent.consent.model import Consent, ConsentStatus, Standing
from assent.identifiers import CampaignId, ProgrammeId, SegmentId, SubscriberKey
from assent.phone import PhoneNumber
from assent.programmes.model import Programme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import ModuleType

    from assent.campaigns.model import Batch
    from assent.campaigns.preparing import Prepared, Preparing
    from assent.clock import Clock
    from tests.benchmarks.recorder import Recorder

ROOT = Path(__file__).parents[2]
CAMPAIGN = CampaignId("c_bench")
PROGRAMME = ProgrammeId("offers")
BODY = "{{ first_name | default('Hi') }}, 20% off everything today and tomorrow, in every shop"
_SEGMENT = SegmentId("s_everyone")
_BUCKET = "bench-campaigns"
_MANY = 1_000_000
_BORN, _YEARS = 1970, 12
_TIMEOUT = 120
# (name as in the environment, key attributes)
_TABLES = {
    "SUBSCRIBERS_TABLE": ["subscriber_key"],
    "CONSENT_EVENTS_TABLE": ["subscriber_key", "seq:N"],
    "EVIDENCE_TABLE": ["subscriber_key", "seq:N"],
    "CAMPAIGNS_TABLE": ["campaign_id", "part"],
    "MESSAGES_TABLE": ["subscriber_key", "sent_id"],
    "CONTROL_TABLE": ["pk"],
    "OUTBOX_TABLE": ["shard", "subscriber_key"],
    "PROGRAMMES_TABLE": ["programme_id", "part"],
    "SEGMENTS_TABLE": ["segment_id"],
}


def handler_of(function: str) -> ModuleType:
    """Return the function's own handler module."""
    path = ROOT / "functions" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"bench_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Worker(Protocol):
    """Where batches are sent: here, or in a process of its own as on Lambda."""

    def send(self, run: int, batch: Batch, campaign_id: CampaignId = CAMPAIGN) -> Sent: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """One invocation of SendBatch: its status, what it took, and when texts were published."""

    status: SendStatus
    seconds: float
    cpu_seconds: float = 0.0
    published: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """One child execution: its invocations of SendBatch, how often it asked for its turn, and the
    seconds that it lived."""

    sent: Sequence[Sent]
    asked: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One finished campaign; `recipients` were texted."""

    recipients: int
    rate: int
    children: Sequence[Child]

    @property
    def batches(self) -> int:
        return len(self.children)

    @property
    def invocations(self) -> Sequence[Sent]:
        return [sent for child in self.children for sent in child.sent]

    @property
    def published(self) -> list[float]:
        return sorted(at for sent in self.invocations for at in sent.published)


@dataclass(slots=True)
class Stage:
    """A set-up campaign. Make one with `stage`."""

    people: int
    rate: int
    clock: Clock = field(default_factory=SystemClock)
    before_sending: Callable[[], None] | None = None
    _wirings: dict[str, Any] = field(default_factory=dict)

    def wiring(self, function: str) -> Any:
        """Return what the function's own handler puts together."""
        if function not in self._wirings:
            module = handler_of(function)
            module.__dict__["SystemClock"] = lambda: self.clock
            self._wirings[function] = module.wiring()
        return self._wirings[function]

    def watch(self, recorder: Recorder) -> None:
        """Record every call from now on."""
        for client in (clients.dynamodb(), clients.s3(), clients.sms()):
            recorder.watch(client)

    def prepared_for_a_million(self) -> Prepared:
        """Return how the workflow would spread a million recipients."""
        plain = self.wiring("campaign_prepare")
        twin = replace(_draft(self.clock.now()), campaign_id=CampaignId("c_million"))
        plain.store.create(_rehearsed(plain, twin))
        many: Prepared = replace(plain, subscribers=_Many()).prepare(
            twin.campaign_id, "execution-2"
        )
        return many

    def prepare(self, campaign_id: CampaignId = CAMPAIGN) -> tuple[Prepared, list[Batch]]:
        """Take the campaign up and plan it."""
        prepared: Prepared = self.wiring("campaign_prepare").prepare(campaign_id, "execution-1")
        return prepared, list(self._plan(prepared, campaign_id))

    def add(self, campaign: Campaign, segment: Segment) -> None:
        """Create a segment and a campaign to it, ready to be launched."""
        prepare = self.wiring("campaign_prepare")
        prepare.segments.create(segment)
        prepare.store.create(_rehearsed(prepare, campaign))

    def share(self, workers: Sequence[Sequence[Worker]]) -> dict[CampaignId, list[float]]:
        """Send one campaign per group of workers, to a part of the people each, all at once; return
        when each one's texts were published."""
        now = self.clock.now()
        campaigns = [_sharing(number, len(workers), now) for number in range(len(workers))]
        for campaign, segment in campaigns:
            self.add(campaign, segment)
        planned = [self.prepare(campaign.campaign_id) for campaign, _ in campaigns]
        tasks: list[tuple[CampaignId, Worker, int, SimpleQueue[Batch]]] = []
        for (campaign, _), (prepared, batches), group in zip(
            campaigns, planned, workers, strict=True
        ):
            waiting: SimpleQueue[Batch] = SimpleQueue()
            for batch in batches:
                waiting.put(batch)
            tasks += [(campaign.campaign_id, each, prepared.run, waiting) for each in group]

        def work(task: tuple[CampaignId, Worker, int, SimpleQueue[Batch]]) -> list[Child]:
            campaign_id, worker, run, waiting = task
            children = []
            with contextlib.suppress(Empty):
                while True:
                    batch = waiting.get_nowait()
                    children.append(self._child(worker, run, batch, campaign_id))
            return children

        published: dict[CampaignId, list[float]] = {task[0]: [] for task in tasks}
        with ThreadPoolExecutor(len(tasks)) as pool:
            for task, children in zip(tasks, pool.map(work, tasks), strict=True):
                texts = (at for child in children for sent in child.sent for at in sent.published)
                published[task[0]].extend(texts)
        return published

    def run(self, workers: Sequence[Worker] = ()) -> Run:
        """Plan, send and close the campaign as the state machine does, with one child under way
        per worker; without workers in this process, one batch after the other."""
        prepared, batches = self.prepare()
        if self.before_sending:
            self.before_sending()
        waiting: SimpleQueue[Batch] = SimpleQueue()
        for batch in batches:
            waiting.put(batch)

        def work(worker: Worker) -> list[Child]:
            children = []
            with contextlib.suppress(Empty):
                while True:
                    children.append(self._child(worker, prepared.run, waiting.get_nowait()))
            return children

        everybody = list(workers) or [self]
        with ThreadPoolExecutor(len(everybody)) as pool:
            children = [child for some in pool.map(work, everybody) for child in some]
        closed = self.wiring("campaign_close").close(CAMPAIGN, prepared.run)
        assert closed.status.value == "closed", closed
        progress = self.wiring("campaign_close").store.progress(CAMPAIGN)
        assert progress.adds_up
        return Run(progress.parts_sent, self.rate, children)

    def send(self, run: int, batch: Batch, campaign_id: CampaignId = CAMPAIGN) -> Sent:
        """Send a batch in this process, one text after the other, in the order of the batch."""
        sending = replace(self.wiring("campaign_send"), workers=1)
        began, cpu = time.monotonic(), time.process_time()
        status = sending.send(campaign_id, run, batch, self.clock.monotonic() + _TIMEOUT)
        return Sent(status, time.monotonic() - began, time.process_time() - cpu)

    def _plan(self, prepared: Prepared, campaign_id: CampaignId) -> Iterator[Batch]:
        planning = self.wiring("campaign_plan")
        for number in range(prepared.slices):
            plan = planning.plan(campaign_id, prepared.run, number, prepared.slices)
            for release in plan.releases:
                yield from planning.manifests.read(release.manifest_key)

    def _child(
        self, worker: Worker, run: int, batch: Batch, campaign_id: CampaignId = CAMPAIGN
    ) -> Child:
        turns, began = self.wiring("campaign_pace"), time.monotonic()
        sent: list[Sent] = []
        asked = waited = 0
        while not sent or sent[-1].status is SendStatus.UNFINISHED:
            turn = turns.turn(campaign_id, run, batch, waited)
            asked += 1
            waited += turn.wait_seconds
            self.clock.sleep(turn.wait_seconds)
            if turn.may_begin:
                sent.append(worker.send(run, batch, campaign_id))
        assert sent[-1].status is SendStatus.DONE, sent[-1]
        return Child(sent, asked, time.monotonic() - began)


@contextlib.contextmanager
def stage(people: int, rate: int, clock: Clock | None = None) -> Iterator[Stage]:
    """Set up a campaign to `people` at `rate` parts per second on the AWS of the environment."""
    names = {name: name.lower().replace("_", "-") for name in _TABLES}
    variables = {
        **names,
        "CAMPAIGN_BUCKET": _BUCKET,
        "ORIGINATION_IDENTITY": "+12065550100",
        "PARTS_PER_SECOND": str(rate),
        "BRAND": "Example Shop",
        "PUBLIC_URL": "https://sms.example.com",
        "LINK_KEY_ID": "unused",
        "LINK_KEY_VERSIONS": "1",
        "APPROVAL_ABOVE": "0",
        "MOST_OPT_OUTS_PERCENT": "3",
        "OPT_OUTS_JUDGED_AFTER": "200",
        "MOST_FAILURES_PERCENT": "50",
        "FAILURES_JUDGED_AFTER": "20",
        "DAILY_PARTS": "0",
        "MONTHLY_SPEND_LIMIT": "0",
        "PRICES_PER_PART": "",
        "SMS_SERVICE": "sns",
        "TEXT_SECONDS_TO_LIVE": "3600",
        "MAX_PRICE": "",
        "CONFIGURATION_SET": "",
        "PROTECT_CONFIGURATION": "",
    }
    before = dict(os.environ)
    os.environ.update(variables)
    _forget_clients()
    try:
        _create(names)
        made = Stage(people, rate, clock or SystemClock())
        _fill(made, names)
        yield made
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget_clients()


def _forget_clients() -> None:
    for make in (clients.dynamodb, clients.s3, clients.sms):
        make.cache_clear()


def _create(names: dict[str, str]) -> None:
    client: Any = clients.dynamodb()
    for variable, keys in _TABLES.items():
        attributes = [(key.partition(":")[0], key.partition(":")[2] or "S") for key in keys]
        client.create_table(
            TableName=names[variable],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in attributes
            ],
            KeySchema=[
                {"AttributeName": name, "KeyType": kind}
                for (name, _), kind in zip(attributes, ("HASH", "RANGE"), strict=False)
            ],
        )
    clients.s3().create_bucket(Bucket=_BUCKET)


def _fill(made: Stage, names: dict[str, str]) -> None:
    prepare = made.wiring("campaign_prepare")
    prepare.programmes.create(
        Programme(
            programme_id=PROGRAMME,
            name="Weekly offers",
            brand="Example Shop",
            description="Deals of the week",
            max_per_month=8,
            countries=("US",),
            locales=("en",),
            terms_url="https://shop.example/terms",
            privacy_url="https://shop.example/privacy",
        )
    )
    prepare.segments.create(Segment(_SEGMENT, "Everyone", parse({"all": True})))
    prepare.store.create(_rehearsed(prepare, _draft(made.clock.now())))
    client: Any = clients.dynamodb()
    people = [_person(number, made.clock.now()) for number in range(made.people)]
    for start in range(0, len(people), 25):
        chunk: Sequence[Subscriber] = people[start : start + 25]
        puts = [{"PutRequest": {"Item": packed.item_of(person)}} for person in chunk]
        client.batch_write_item(RequestItems={names["SUBSCRIBERS_TABLE"]: puts})


def _draft(now: datetime) -> Campaign:
    definition = Definition(
        name="Bench",
        programme_id=PROGRAMME,
        segment_id=_SEGMENT,
        body=BODY,
        quiet_hours=QuietHours.OVERRIDE,
        quiet_hours_reason="nobody is texted",
    )
    return Campaign(CAMPAIGN, definition, CampaignStatus.DRAFT, now, "bench")


def _rehearsed(preparing: Preparing, draft: Campaign) -> Campaign:
    """Return the campaign as a rehearsal would leave it."""
    checks = DefinitionChecks(preparing.programmes, preparing.segments)
    clearance = Clearance(preparing.programmes, preparing.segments)
    seen = clearance.fingerprint(draft, checks.check(draft.definition))
    found = Rehearsed("r_bench", seen, draft.created_at, recipients=1)
    return replace(draft, status=CampaignStatus.REHEARSED, rehearsed=found)


def _sharing(number: int, of: int, now: datetime) -> tuple[Campaign, Segment]:
    """Return the number-th of some campaigns with nobody in common, and its segment."""
    own = SegmentId(f"s_{number}")
    draft = _draft(now)
    campaign = replace(
        draft,
        campaign_id=CampaignId(f"{CAMPAIGN}_{number}"),
        definition=replace(draft.definition, segment_id=own),
    )
    years = [_BORN + each for each in range(_YEARS) if each % of == number]
    rule = {"field": "birth_year", "op": "in", "value": years}
    return campaign, Segment(own, f"Part {number}", parse(rule))


def _person(number: int, now: datetime) -> Subscriber:
    """An ordinary subscriber: two programmes, a profile, numbers from the range kept for drama."""
    consent = Consent(ConsentStatus.CONFIRMED, 1, now)
    area, line = divmod(number, 100)
    return Subscriber(
        standing=Standing(
            subscriber_key=SubscriberKey(f"k1_{number:032d}"),
            phone=PhoneNumber.stored(f"+1{201 + area}55501{line:02d}"),
            seq=4,
            head_hash="ab" * 32,
            consents={PROGRAMME: consent, ProgrammeId("news"): consent},
        ),
        country="US",
        created_at=now,
        profile={
            "first_name": "Alexandra",
            "birth_year": _BORN + number % _YEARS,
            "time_zone": "America/New_York",
            "postal_code": "10001",
            "topics": ["deals", "events"],
            "locale": "en",
        },
    )


class _Many:
    """A list of a million."""

    def approximate_count(self) -> int:
        return _MANY
