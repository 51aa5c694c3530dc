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
from typing import TYPE_CHECKING, Any

from assent.audience.rules import parse
from assent.audience.subscriber import Segment, Subscriber
from assent.aws import clients
from assent.aws import subscriber_item as packed
from assent.campaigns.model import Campaign, CampaignStatus, Definition, QuietHours
from assent.campaigns.sending import SendStatus
from assent.clock import SystemClock
from assent.consent.model import Consent, ConsentStatus, Standing
from assent.identifiers import CampaignId, ProgrammeId, SegmentId, SubscriberKey
from assent.phone import PhoneNumber
from assent.programmes.model import Programme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from assent.campaigns.model import Batch
    from assent.campaigns.preparing import Prepared
    from assent.clock import Clock
    from tests.benchmarks.recorder import Recorder

ROOT = Path(__file__).parents[2]
CAMPAIGN = CampaignId("c_bench")
PROGRAMME = ProgrammeId("offers")
BODY = "{{ first_name | default('Hi') }}, 20% off everything today and tomorrow, in every shop"
_SEGMENT = SegmentId("s_everyone")
_BUCKET = "bench-campaigns"
_MANY = 1_000_000
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


@dataclass(frozen=True, slots=True)
class Run:
    """One finished campaign. `sending_seconds` and `cpu_seconds` are of SendBatch alone, summed
    over its invocations and as one process; `recipients` were texted."""

    recipients: int
    batches: int
    rate: int
    seconds: float
    cpu_seconds: float
    sending_seconds: float
    pacing_seconds: float
    invocations: int


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
            path = ROOT / "functions" / function / "handler.py"
            spec = importlib.util.spec_from_file_location(f"bench_{function}", path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
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
        plain.store.create(twin)
        many: Prepared = replace(plain, subscribers=_Many()).prepare(
            twin.campaign_id, "execution-2"
        )
        return many

    def prepare(self) -> tuple[Prepared, list[Batch]]:
        """Take the campaign up and plan it."""
        prepared: Prepared = self.wiring("campaign_prepare").prepare(CAMPAIGN, "execution-1")
        return prepared, list(self._plan(prepared))

    def run(self, concurrency: int = 3) -> Run:
        """Plan, send and close the campaign, as the state machine does."""
        prepared, batches = self.prepare()
        for function in ("campaign_pace", "campaign_send"):
            self.wiring(function)
        if self.before_sending:
            self.before_sending()
        began, cpu = time.monotonic(), time.process_time()
        with ThreadPoolExecutor(concurrency) as pool:
            children = list(pool.map(lambda batch: self._child(prepared.run, batch), batches))
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        closed = self.wiring("campaign_close").close(CAMPAIGN, prepared.run)
        assert closed.status.value == "closed", closed
        progress = self.wiring("campaign_close").store.progress(CAMPAIGN)
        assert progress.adds_up
        return Run(
            recipients=progress.parts_sent,
            batches=len(batches),
            rate=self.rate,
            seconds=seconds,
            cpu_seconds=cpu,
            sending_seconds=sum(sent for _, sent, _ in children),
            pacing_seconds=sum(paced for paced, _, _ in children),
            invocations=sum(times for _, _, times in children),
        )

    def _plan(self, prepared: Prepared) -> Iterator[Batch]:
        planning = self.wiring("campaign_plan")
        for number in range(prepared.slices):
            plan = planning.plan(CAMPAIGN, prepared.run, number, prepared.slices)
            for release in plan.releases:
                yield from planning.manifests.read(release.manifest_key)

    def _child(self, run: int, batch: Batch) -> tuple[float, float, int]:
        """Return (seconds in ReserveRate, seconds in SendBatch, invocations of SendBatch)."""
        turns, sending = self.wiring("campaign_pace"), self.wiring("campaign_send")
        pacing = sent = 0.0
        for times in range(1, 50):
            began = time.monotonic()
            wait = turns.wait_seconds(CAMPAIGN, run, batch)
            pacing += time.monotonic() - began
            self.clock.sleep(wait)
            began = time.monotonic()
            status = sending.send(CAMPAIGN, run, batch, self.clock.monotonic() + 120)
            sent += time.monotonic() - began
            if status is not SendStatus.UNFINISHED:
                assert status is SendStatus.DONE, status
                return pacing, sent, times
        message = "the batch does not come to an end"
        raise AssertionError(message)


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
    prepare.store.create(_draft(made.clock.now()))
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
            "birth_year": 1980,
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
