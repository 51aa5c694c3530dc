"""One run: campaigns are launched, people answer, staff change their minds, and things go wrong.

After a while all faults end; then whatever was begun must finish.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.functions.programmes import DEMO
from tests.simulation.faults import Faults, Trouble
from tests.simulation.people import PHONES, STRANGERS, ask, town
from tests.simulation.promises import Promises
from tests.simulation.sandboxes import installed
from tests.simulation.scheduler import SECOND
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FAULTY = 90 * SECOND
_REST = 4 * 3600 * SECOND
_REAPED_EVERY = 900 * SECOND
_TOO_MANY_STEPS = 60_000


@dataclass
class Result:
    """What came of a run."""

    seed: int
    broken: list[str]
    hash: str
    trace: list[str]
    steps: int
    met: Counter[str]
    sometimes: Counter[str]
    texts: int
    faults: str
    fates: Mapping[str, int] = field(default_factory=dict)


class Story:
    """What people and staff do in one run, drawn from its seed."""

    def __init__(self, world: World, promises: Promises, segment_id: str) -> None:
        self.world = world
        self.promises = promises
        self.campaigns: dict[str, str] = {}
        self.talkers: set[str] = set()
        self.silent: set[str] = set()
        self.words: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._segment_id = segment_id
        self._chance = world.scheduler.chance
        self._wanted = 0
        self._refused: Counter[str] = Counter()

    def begin(self) -> None:
        self._wanted = self._chance.choice((1, 1, 2))
        for number in range(self._wanted):
            self._at(self._chance.randint(0, 3 * SECOND), functools.partial(self._draft, number))
        for phone in self._chance.sample(PHONES, self._chance.randint(0, 6)):
            self.talkers.add(phone)
            if self._chance.random() < 0.3:
                self._at(self._chance.randint(0, 40 * SECOND), functools.partial(self._talk, phone))
        for phone in self._chance.sample(STRANGERS, self._chance.choice((0, 0, 1, 2))):
            self._at(self._chance.randint(0, 30 * SECOND), functools.partial(self._join, phone))
        faults = self.world.faults
        self.world.carrier.refuses_opted_out = self._chance.random() < 0.5
        for phone in self._chance.sample(PHONES, 2):
            if phone not in self.talkers and faults.strikes(Trouble.PROVIDER_BLOCKS, 0.3):
                wait = self._chance.randint(0, 20 * SECOND)
                self._at(wait, functools.partial(self._leave_silently, phone))
        self._at(_REAPED_EVERY, self._reap)

    def _at(self, delay: int, act: Callable[[], object]) -> None:
        self.world.scheduler.after(delay, act)

    # --- Staff -----------------------------------------------------------------------------------
    def _draft(self, number: int) -> None:
        body = {
            "name": f"Campaign {number}",
            "programme_id": DEMO,
            "segment_id": self._segment_id,
            "body": f"Hi {{{{ first_name | default('there') }}}}, Deal-{number} is on",
        }

        def made(status: int, answer: Any) -> None:
            if status != 201:
                self._at(2 * SECOND, functools.partial(self._draft, number))
                return
            name = answer["campaign_id"]
            self.campaigns[str(number)] = self.promises.campaign_of[str(number)] = name
            self._rehearse(name)

        if str(number) not in self.campaigns:
            self._staff("", made, body)

    def _rehearse(self, name: str) -> None:
        """Have it rehearsed, and look in a while whether it was."""

        def begun(_: int, __: Any) -> None:
            self._at(3 * SECOND, lambda: self._launch(name))

        self._staff(f"/{name}/rehearsal", begun)

    def _launch(self, name: str) -> None:
        def launched(status: int, _: Any) -> None:
            if status == 200:
                self._meddle(name)
            elif self._status(name) in ("draft", "rehearsed", "scheduled"):
                # A rehearsal that died is given up after an hour; nobody clicks every second.
                self._refused[name] += 1
                wait = min(2 ** self._refused[name], 600) * SECOND
                self._at(wait, lambda: self._rehearse(name))

        self._staff(f"/{name}/launch", launched)

    def _status(self, name: str) -> str:
        table = self.world.dynamodb.tables["CampaignsTable"].items
        return str(table[f"S:{name}", "S:definition"]["status"]["S"])

    def _meddle(self, name: str) -> None:
        """Change their mind, or start it twice, or stop its execution by hand; most of those who
        text do so while they are being texted."""
        for phone in sorted(self.talkers - self.words.keys()):
            self._at(self._chance.randint(0, 9 * SECOND), functools.partial(self._talk, phone))
        for verb in ("pause", "cancel"):
            if self._chance.random() < (0.3 if verb == "pause" else 0.1):
                longest = self._chance.choice((4, 8, 25)) * SECOND
                wait = self._chance.randint(0, longest)
                self._at(wait, functools.partial(self._act, name, verb))
        faults = self.world.faults
        if faults.strikes(Trouble.SECOND_EXECUTION, 0.6):
            payload = f'{{"campaign_id": "{name}"}}'
            machine = self.world.references["CampaignStateMachine"]
            again = functools.partial(self.world.machine.start, machine, f"{name}-by-hand", payload)
            self._at(self._chance.randint(0, 20 * SECOND), again)
        if faults.strikes(Trouble.STOPPED_EXECUTION, 0.4):
            self._at(self._chance.randint(0, 15 * SECOND), lambda: self._stop_execution(name))

    def _act(self, name: str, verb: str) -> None:
        def acted(status: int, _: Any) -> None:
            if verb == "pause" and status == 200:
                wait = self._chance.randint(SECOND, 60 * SECOND)
                self._at(wait, lambda: self._act(name, "resume"))
            if verb == "resume" and status >= 500:
                self._at(5 * SECOND, lambda: self._act(name, "resume"))

        self._staff(f"/{name}/{verb}", acted)

    def _stop_execution(self, name: str) -> None:
        machine = self.world.machine
        for arn in [each for each in machine.status if f":{name}" in each]:
            machine.stop(arn)

    def _staff(self, path: str, then: Callable[[int, Any], None], body: Any = None) -> None:
        self.world.http("campaign_api", ("POST", f"/v1/campaigns{path}"), body, then, "marketing")

    def _reap(self) -> None:
        self.world.functions.invoke("campaign_reap", {"id": "schedule"}, lambda *_: None)
        self._at(_REAPED_EVERY, self._reap)

    # --- People ----------------------------------------------------------------------------------
    def _talk(self, phone: str) -> None:
        """Text STOP, perhaps again, perhaps START after it."""
        if phone in self.words:
            return
        self.say(phone, "STOP")
        if self._chance.random() < 0.3:
            self._at(self._chance.randint(0, 3 * SECOND), lambda: self.say(phone, "STOP"))
        if self._chance.random() < 0.35:
            self._at(self._chance.randint(0, 30 * SECOND), lambda: self.say(phone, "START"))

    def _leave_silently(self, phone: str) -> None:
        """Opt out with the carrier by a way that never reaches us."""
        self.world.scheduler.note(f"{phone} leaves with the carrier")
        self.world.carrier.opted_out.add(phone)
        self.silent.add(phone)

    def reconcile(self) -> None:
        self.world.functions.invoke("opt_outs_reconcile", {"id": "schedule"}, lambda *_: None)

    def say(self, phone: str, word: str) -> None:
        if word == "STOP":
            self.promises.stops_sent[phone] += 1
        self.words[phone].append((self.world.text_in(phone, word), word))

    def _join(self, phone: str) -> None:
        """Fill the form, and answer YES to the text when it comes; some say STOP instead."""
        self.promises.asked[phone] += 1
        ask(self.world, phone)

        def look(tries: int) -> None:
            if any(text.phone == phone for text in self.world.carrier.texts):
                word = "STOP" if self._chance.random() < 0.2 else "YES"
                if word == "STOP":
                    self.say(phone, word)
                else:
                    self.world.text_in(phone, word)
            elif tries:
                self._at(5 * SECOND, lambda: look(tries - 1))

        self._at(2 * SECOND, lambda: look(10))

    # --- The end ---------------------------------------------------------------------------------
    @property
    def is_over(self) -> bool:
        """Whether nothing is left to happen but the clock."""
        if len(self.campaigns) < self._wanted:
            return False
        ended = ("completed", "cancelled")
        if any(self._status(name) not in ended for name in self.campaigns.values()):
            return False
        queues = self.world.queues.values()
        return all(queue.is_empty for queue in queues) and not self.world.sandbox_of

    def calm_down(self) -> None:
        """End all faults; staff finish what they left."""
        self.world.faults.is_calm = True
        self.world.scheduler.note("calm")
        for queue in self.world.queues.values():
            queue.redrive()
        for name in self.campaigns.values():
            status = self._status(name)
            if status == "paused":
                self._act(name, "resume")
            elif status in ("draft", "rehearsed"):
                self._rehearse(name)


def play(
    seed: int,
    *,
    rate: int = 4,
    faults: Callable[[Any], Faults] = Faults.drawn,
) -> Result:
    """Run one seed to its end, or to the first promise that is broken."""
    start = town()
    parameters = {"PartsPerSecond": str(rate)}
    world = World(
        seed,
        lambda scheduler: faults(scheduler.chance),
        parameters=parameters,
        saved=start.saved,
        page=5,
    )
    promises = Promises(world, rate)
    story = Story(world, promises, start.segment_id)
    with installed(world):
        try:
            _play(world, promises, story)
        finally:
            world.end()
    broken = promises.broken + [
        f"no handler fails like this: {crash.sandbox} {crash.error!r}" for crash in world.crashes
    ]
    scheduler = world.scheduler
    return Result(
        seed,
        broken,
        scheduler.hash,
        scheduler.trace,
        scheduler.steps,
        world.faults.met,
        promises.sometimes,
        len(world.carrier.texts),
        str(world.faults),
    )


def _play(world: World, promises: Promises, story: Story) -> None:
    scheduler = world.scheduler
    story.begin()

    def is_enough() -> bool:
        return promises.is_broken or scheduler.steps > _TOO_MANY_STEPS

    scheduler.run(scheduler.now + _FAULTY, is_enough)
    if promises.is_broken:
        return
    story.calm_down()
    rest_until = scheduler.now + _REST
    while scheduler.now < rest_until and not is_enough() and not story.is_over:
        scheduler.run(min(rest_until, scheduler.now + 60 * SECOND), is_enough)
    if scheduler.steps > _TOO_MANY_STEPS:
        promises.no("with faults off, a run comes to its end")
    for _ in range(2):
        story.reconcile()
        scheduler.run(scheduler.now + 3700 * SECOND, is_enough)
    if not promises.is_broken:
        promises.at_the_end(story.campaigns, story.words)
        promises.nobody_left_behind(story.silent)
