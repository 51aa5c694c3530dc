"""The shipped Lambda functions in simulated sandboxes: each with its wiring, its clock, its end.

Handlers are loaded anew here, so that what is taken over (clock, ids, clients) is taken over for
this simulation only. Everything below them is the code that ships.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import sys
import types
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assent.aws import clients, tables
from assent.errors import AssentError
from tests.architecture.deployable import functions, template
from tests.functions.world import CREDENTIALS, environment
from tests.simulation.network import taken_over

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from tests.simulation.actors import Actor
    from tests.simulation.network import Network
    from tests.simulation.scheduler import Scheduler

ROOT = Path(__file__).parents[2]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SITE = "https://texts.example"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass
class Sandbox:
    """One container of one function. `skew` is its clock's error in microseconds."""

    name: str
    function: str
    skew: int = 0
    frozen_until: int = 0
    is_alive: bool = True
    is_busy: bool = False
    actors: list[Actor] = field(default_factory=list)
    parts: Any = None
    api: Any = None


class _Stage:
    """Where the one simulation that runs in this process is to be found by the handlers."""

    world: Any = None


STAGE = _Stage()


def current() -> tuple[Any, Actor, Sandbox]:
    """Return the world, and the actor and sandbox that are running."""
    world = STAGE.world
    actor = world.scheduler.current
    return world, actor, world.sandbox_of[actor]


class SimulatedClock:
    """A `Clock` that the scheduler owns; each sandbox sees its own error in it."""

    def now(self) -> datetime:
        world, _, sandbox = current()
        return EPOCH + timedelta(microseconds=world.scheduler.now + sandbox.skew)

    def monotonic(self) -> float:
        world, _, _ = current()
        return float(world.scheduler.now - world.began_at) / 1e6

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            world, actor, sandbox = current()
            world.network.sleep(actor, sandbox, seconds)


class SeededIds:
    """An `Ids` whose chance is the run's."""

    def new(self, prefix: str) -> str:
        chance: random.Random = STAGE.world.scheduler.chance
        return f"{prefix}_" + "".join(chance.choice(_ALPHABET) for _ in range(12))

    def code(self) -> str:
        return f"{STAGE.world.scheduler.chance.randrange(10**6):06d}"

    def salt(self) -> str:
        return f"{STAGE.world.scheduler.chance.getrandbits(128):032x}"


def _randbelow(below: int) -> int:
    found: int = STAGE.world.scheduler.chance.randrange(below)
    return found


def _carry(client: Any, operation: str, request: dict[str, Any]) -> Any:
    world, actor, sandbox = current()
    return world.network.exchange(client, actor, sandbox, operation, request)


class _Clients:
    """The shipped clients, made afresh when first asked for, with their sockets taken away."""

    def __getattr__(self, name: str) -> Callable[[], Any]:
        shipped = getattr(clients, name).__wrapped__
        with environment({**CREDENTIALS, "AWS_EC2_METADATA_DISABLED": "true"}):
            client = taken_over(shipped(), _carry)
        found = functools.partial(lambda made: made, client)
        setattr(self, name, found)
        return found


_CLIENTS = _Clients()


@functools.cache
def module_of(function: str) -> types.ModuleType:
    """Return a function's handler for use in simulations."""
    path = ROOT / "functions" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"functions_simulated.{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SystemClock, module.RandomIds, module.clients = SimulatedClock, SeededIds, _CLIENTS
    module.shipped_wiring = module.wiring.__wrapped__
    module.wiring = functools.partial(_parts, module, function)
    if hasattr(module, "logger"):
        module.logger = _Silent
    if hasattr(module, "api"):
        shipped = getattr(module.api, "__wrapped__", module.api)
        module.api = functools.partial(_api, shipped)
    return module  # type: ignore[no-any-return]


def _parts(module: Any, function: str) -> Any:
    world, _, sandbox = current()
    if sandbox.parts is None:
        with environment({**CREDENTIALS, **variables(function, world.references)}):
            sandbox.parts = module.shipped_wiring()
    return sandbox.parts


# Routes take long to build and hold nothing of a run but its last request: used again.
_APIS: dict[str, list[Any]] = {}


def _api(shipped: Callable[[], Any]) -> Any:
    _, _, sandbox = current()
    if sandbox.api is None:
        spare = _APIS.setdefault(sandbox.function, [])
        sandbox.api = spare.pop() if spare else shipped()
    return sandbox.api


def variables(function: str, references: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a function, as the template declares it."""
    logical_id = "".join(word.capitalize() for word in function.split("_"))
    told = functions()[logical_id]["Environment"]["Variables"]
    return {name: _told(value, references) for name, value in told.items()}


def _told(value: Mapping[str, Any], references: Mapping[str, str]) -> str:
    """Return what a reference names; of a condition its first branch, or the site if that is ""."""
    if "Fn::If" in value:
        return _told(value["Fn::If"][1], references) or _SITE
    return references[value["Ref"]]


@functools.cache
def timeout_of(function: str) -> float:
    """Return a function's time-out in seconds."""
    logical_id = "".join(word.capitalize() for word in function.split("_"))
    declared = functions()[logical_id].get("Timeout")
    everywhere = template()["Globals"]["Function"].get("Timeout", 3)
    return float(declared if declared is not None else everywhere)


def _campaign_module_with(name: str) -> Any:
    """Return the one module of campaigns that defines this constant."""
    (found,) = (
        module
        for path, module in sys.modules.items()
        if path.startswith("assent.campaigns.") and hasattr(module, name)
    )
    return found


class _ActorsOwn:
    """What is a thread's own in the shipped code is an actor's own here."""

    def __getattr__(self, name: str) -> Any:
        try:
            return current()[1].local[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        current()[1].local[name] = value


class _Silent:
    """A logger that says nothing."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None


def _replacements() -> list[tuple[Any, str, Any]]:
    """Return (module, name, value) of what a simulation takes over besides the handlers' own."""
    claim_store = importlib.import_module("assent.aws.claim_store")
    telemetry = importlib.import_module("assent.telemetry")
    one_attempt = importlib.import_module("assent.aws.one_attempt")
    silent = _Silent()
    replaced: list[tuple[Any, str, Any]] = [
        (claim_store, "secrets", types.SimpleNamespace(randbelow=_randbelow)),
        (telemetry, "_TALLY", silent),
        (one_attempt, "_door", _ActorsOwn()),
    ]
    # A dozen people stand for millions: several slices, and several batches in each.
    for name, value in (("_SUBSCRIBERS_PER_SLICE", 8), ("_MAX_BATCH", 4)):
        replaced.append((_campaign_module_with(name), name, value))
    logger = telemetry.logger
    for name, module in list(sys.modules.items()):
        if name.startswith("assent.") and getattr(module, "logger", None) is logger:
            replaced.append((module, "logger", lambda: silent))
        if name.startswith("assent.aws.") and getattr(module, "bind", None) is tables.bind:
            replaced.append((module, "bind", _bound))
        if name.startswith("assent.aws.") and getattr(module, "clients", None) is clients:
            replaced.append((module, "clients", _CLIENTS))
    return replaced


@contextmanager
def installed(world: Any) -> Iterator[None]:
    """Make `world` the simulation of this process; at the end all is as it was."""
    replaced = _replacements()
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    for module, name, value in replaced:
        setattr(module, name, value)
    STAGE.world = world
    # Coverage follows threads, not greenlets, and would make a run three times as long.
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
        STAGE.world = None
        for module, name, value in before:
            setattr(module, name, value)


@functools.cache
def _bound(model: Any, table_name: str, client: Any) -> Any:
    """Making a model class takes a millisecond, and a run makes hundreds of them."""
    return _BIND(model, table_name, client)


_BIND = tables.bind


class Lambda:
    """Invokes functions: in a warm sandbox or a new one, until they end, crash or time out."""

    def __init__(self, world: Any, scheduler: Scheduler, network: Network) -> None:
        self._world = world
        self._scheduler = scheduler
        self._network = network
        self._sandboxes: dict[str, list[Sandbox]] = {}
        self._numbers = 0
        self.max_skew = 1_000
        self.invocations = 0
        self._skews = [0, 0]
        network.crash, network.step_clock = self.crash, self.step_clock

    def invoke(self, function: str, event: Any, ended: Callable[[Any, str | None], None]) -> None:
        """Start an invocation; `ended` gets its answer as JSON, or the name of what it raised."""
        self.invocations += 1
        sandbox, delay = self._sandbox(function)
        sandbox.is_busy = True
        self._scheduler.after(delay, lambda: self._begin(sandbox, event, ended))

    def _sandbox(self, function: str) -> tuple[Sandbox, int]:
        chance = self._scheduler.chance
        warm = [
            each
            for each in self._sandboxes.setdefault(function, [])
            if each.is_alive and not each.is_busy
        ]
        if warm and chance.random() < 0.9:
            return warm[0], chance.randint(2_000, 20_000)
        self._numbers += 1
        sandbox = Sandbox(f"{function}-{self._numbers}", function)
        self.step_clock(sandbox, chance.randint(-self.max_skew, self.max_skew))
        self._sandboxes[function].append(sandbox)
        return sandbox, chance.randint(100_000, 600_000)

    def _begin(
        self, sandbox: Sandbox, event: Any, ended: Callable[[Any, str | None], None]
    ) -> None:
        limit = timeout_of(sandbox.function)
        deadline = self._scheduler.now + round(limit * 1e6)
        body = json.dumps(event)
        module = module_of(sandbox.function)

        def work() -> Any:
            context = _Context(self._scheduler, deadline, sandbox.name)
            return json.loads(json.dumps(module.handler(json.loads(body), context)))

        def over(answer: Any, error: BaseException | None) -> None:
            sandbox.is_busy = False
            sandbox.actors.clear()
            self._scheduler.note(f"{sandbox.name} ends {_outcome(answer, error)}")
            if error is not None and not sandbox.is_alive:
                ended(None, "Sandbox.Crashed")
            elif error is not None:
                self._world.failed(sandbox, error)
                ended(None, type(error).__name__)
            else:
                ended(answer, None)

        actor = self._world.actor(sandbox.name, sandbox, work, over)
        self._scheduler.note(f"{sandbox.name} begins")
        self._scheduler.after(round(limit * 1e6), lambda: self._time_out(sandbox, actor))
        self._scheduler.resume(actor)

    def _time_out(self, sandbox: Sandbox, actor: Actor) -> None:
        if not actor.is_over:
            self._scheduler.note(f"{sandbox.name} times out")
            self.crash(sandbox)

    def close(self) -> None:
        """Give back what can be used again."""
        for sandbox in [each for found in self._sandboxes.values() for each in found]:
            if sandbox.api is not None:
                _APIS[sandbox.function].append(sandbox.api)

    def step_clock(self, sandbox: Sandbox, by: int) -> None:
        """Change a sandbox's wall clock by microseconds; its monotonic clock goes on."""
        sandbox.skew += by
        self._skews = [min(self._skews[0], sandbox.skew), max(self._skews[1], sandbox.skew)]

    def spread(self) -> int:
        """Return how far apart any two clocks have ever been, in microseconds."""
        return self._skews[1] - self._skews[0]

    def crash(self, sandbox: Sandbox) -> None:
        """End a sandbox: nothing of it runs ever again."""
        if not sandbox.is_alive:
            return
        sandbox.is_alive = False
        for actor in reversed(list(sandbox.actors)):
            self._scheduler.kill(actor)


def _outcome(answer: Any, error: BaseException | None) -> str:
    if error is None:
        return json.dumps(answer)[:60] if isinstance(answer, dict) else "ok"
    code = error.code if isinstance(error, AssentError) else ""
    return f"{type(error).__name__} {code}"


@dataclass
class _Context:
    """What Lambda passes beside the event."""

    scheduler: Scheduler
    deadline: int
    function_name: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:simulated"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        return (self.deadline - self.scheduler.now) // 1000
