"""The world before a run: a programme, a segment, and people who agreed by form and code.

All of it is made by the shipped functions, without faults, once per process; each run begins with
a copy.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assent.clock import SystemClock
from assent.programmes.service import ProgrammeService
from tests.functions.programmes import COUNTRIES, DEMO, DISCLOSURE, draft
from tests.simulation.faults import Faults
from tests.simulation.sandboxes import Sandbox, installed, module_of
from tests.simulation.scheduler import SECOND
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.world import Saved

FUNCTIONS = (
    "campaign_api",
    "campaign_close",
    "campaign_pace",
    "campaign_plan",
    "campaign_prepare",
    "campaign_reap",
    "campaign_send",
    "confirmation_send",
    "consent_api",
    "inbound_sms",
    "opt_outs_reconcile",
)
# Minneapolis has no statutory cap, Miami has three texts a day.
PHONES = tuple(f"+1{'612' if number % 3 else '305'}555{number:04d}" for number in range(100, 112))
STRANGERS = tuple(f"+1612555{number:04d}" for number in range(200, 206))
# These chose one text a month, so that a second campaign must leave them out.
MODEST = frozenset(PHONES[::2])
_DAYS_LATER = 9


@dataclass(frozen=True)
class Town:
    """What a run begins with."""

    saved: Saved
    segment_id: str


def within(world: World, function: str, work: Callable[[Any], Any]) -> Any:
    """Run `work` on a function's parts, as that function would."""
    found: list[Any] = []
    sandbox = Sandbox(f"setting-up-{function}", function)

    def over(answer: Any, error: BaseException | None) -> None:
        if error is not None:
            raise error
        found.append(answer)

    actor = world.actor(sandbox.name, sandbox, lambda: work(module_of(function).wiring()), over)
    world.scheduler.resume(actor)
    world.scheduler.run(world.scheduler.now + 60 * SECOND, lambda: bool(found))
    return found[0]


@functools.cache
def town() -> Town:
    """Return the town, made once."""
    world = World(0, lambda scheduler: Faults.none(scheduler.chance))
    for name in FUNCTIONS:
        module_of(name)
    with installed(world):
        within(world, "consent_api", lambda parts: _publish(parts.programmes))
        made: list[Any] = []
        rule = {"name": "All", "rule": {"all": True}}
        world.http(
            "campaign_api",
            ("POST", "/v1/segments"),
            rule,
            lambda status, body: made.append((status, body)),
            "marketing",
        )
        world.scheduler.run(world.scheduler.now + 30 * SECOND)
        assert made, world.crashes
        assert made[0][0] == 201, made
        for phone in PHONES:
            agree(world, phone)
        assert not world.crashes, world.crashes
        saved = world.save()
        world.end()
    later = type(saved)(saved.at + _DAYS_LATER * 86_400 * SECOND, saved.tables, saved.objects)
    return Town(later, made[0][1]["segment_id"])


def _publish(store: Any) -> None:
    service = ProgrammeService(store, SystemClock(), COUNTRIES)
    service.create(draft())
    service.publish_disclosure(DEMO, "en", DISCLOSURE)
    service.publish_disclosure(DEMO, "fr", DISCLOSURE)


def agree(world: World, phone: str) -> None:
    """Sign up by the form and type the code."""
    ask(world, phone)
    world.scheduler.run(world.scheduler.now + 20 * SECOND)
    texts = [text.body for text in world.carrier.texts if text.phone == phone]
    assert texts, (phone, world.crashes, world.raised)
    code = re.search(r"\b\d{6}\b", texts[-1])
    assert code is not None
    answers: list[int] = []
    typed = {"programme_id": DEMO, "phone": phone, "code": code.group()}
    world.http(
        "consent_api",
        ("POST", "/v1/opt-ins/confirm"),
        typed,
        lambda status, _: answers.append(status),
    )
    world.scheduler.run(world.scheduler.now + 20 * SECOND)
    assert answers == [200], answers


def ask(world: World, phone: str, then: Callable[[int, Any], None] = lambda *_: None) -> None:
    """Send the sign-up form."""
    form = {
        "programme_id": DEMO,
        "phone": phone,
        "consent": True,
        "disclosure_version": 1,
        "profile": {"first_name": f"Ada{phone[-2:]}"},
        **({"max_per_month": 1} if phone in MODEST else {}),
    }
    world.http("consent_api", ("POST", "/v1/opt-ins"), form, then)
