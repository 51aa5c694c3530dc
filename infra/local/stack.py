"""The whole service in this process: deploy the template, serve its API, move its queues, run its
workflows.

with LocalStack.start(port=0) as stack:
    stack.url, stack.token("marketing"), stack.client("dynamodb"), stack.output("ApiUrl")
    stack.invoke("campaign_send", event)
"""

from __future__ import annotations

import contextlib
import gc
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from infra.local import assembly
from infra.local.backlog import Backlog
from infra.local.carrier import Carrier, Text
from infra.local.cloud import Cloud
from infra.local.deploy import Deployment
from infra.local.downloads import Downloads
from infra.local.edge import Edge
from infra.local.http_server import HttpServer
from infra.local.inbound import Inbound, Reply
from infra.local.local_routes import LocalRoutes
from infra.local.logs import capture, own_log
from infra.local.phone_key import keep_phone_keys
from infra.local.provider_opt_outs import patch_opt_out_list
from infra.local.queues import QueuePump, Waker
from infra.local.schedules import OneTimeTimer, Timer
from infra.local.service_calls import permissions
from infra.local.staff import Staff
from infra.local.table_queries import patch_queries
from infra.local.template import load_template
from infra.local.transactions import patch_transactions
from infra.local.workflows import patch_workflows, stop_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from infra.local.events import Request, Response

ROOT = Path(__file__).resolve().parents[2]
KEPT_KEYS = ROOT / ".local" / "phone-keys.json"
STACK_NAME = "assent-local"
PARAMETERS = {
    # Wider than the template's default, so that the demo can show rules of many places.
    "AllowedCountries": "US,CA,GB,FR,AU,SE,DE,BR,ES,IT,NL,PL,CZ,MX,JP,ZA,NZ,IE",
    # Everybody here has one address, and the numbers kept for drama fill a few blocks.
    "SignUpsPerIp": "1000000",
    "SignUpsPerPrefix": "1000000",
    "TextsPerHour": "1000000",
    "TextsPerCountryDay": "1000000",
    # Nobody need answer for a stranger's hundred test sign-ups.
    "LeastConfirmedPercent": "0",
}


@dataclass(frozen=True)
class Options:
    """How to start. port 0 takes a free one. log_dir None: a temporary folder, gone at the end.

    parameters override the template's; load says whether functions are imported at once (else at
    first use). seed fills the stack before it answers anybody, so that nobody meets it half made.
    """

    port: int = 0
    template: Path = ROOT / "template.yaml"
    parameters: dict[str, str] = field(default_factory=dict)
    log_dir: Path | None = None
    load: bool = True
    schedules: bool = True
    seed: Callable[[LocalStack], None] | None = None


class LocalStack:
    """A running local stack. Make one with start(); it is a context manager."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._undo = contextlib.ExitStack()
        self.cloud = Cloud()
        self.failed: dict[str, Exception] = {}

    @classmethod
    def start(cls, port: int = 0, **options: Any) -> Self:
        """Deploy and serve; options are the fields of Options.

        Raises OSError when the port is taken, CloudAlreadyRunningError when this process already
        has a stack, TemplateError or botocore's ClientError when the template cannot be deployed.
        """
        stack = cls(Options(port=port, **options))
        with _no_collection(), contextlib.ExitStack() as undo:
            stack._undo = undo
            stack._start()
            stack._undo = undo.pop_all()
        return stack

    def stop(self) -> None:
        """Stop every thread, forget all state, put the process back as it was."""
        self._undo.close()
        gc.unfreeze()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def client(self, service: str) -> Any:
        """The boto3 client of a service of the local AWS."""
        return self.cloud.client(service)

    def output(self, name: str) -> str:
        """An output of the template. Raises KeyError."""
        return self.deployment.outputs()[name]

    def physical_id(self, logical_id: str) -> str:
        """The physical id (Ref) of a resource: a table's name, a queue's URL. Raises
        TemplateError.
        """
        return str(self.deployment.reference(logical_id))

    def token(self, group: str, user: str | None = None) -> str:
        """A staff token of the group. Raises UnknownGroupError."""
        return self.staff.token(group, user).token

    def invoke(self, function: str, event: Any) -> Any:
        """Invoke a function by logical id, folder name, physical name or ARN; raises what the
        handler raises.
        """
        return self.functions.find(function).invoke(event)

    def texts(self, to: str | None = None) -> list[Text]:
        """Texts that phones received, oldest first."""
        return self.carrier.texts(to)

    def text_from(
        self, phone: str, body: str, to: str | None = None, at: float | None = None
    ) -> dict[str, Any]:
        """A phone texts back; at in seconds since 1970."""
        return self.inbound.deliver(Reply(phone, body, to, at))

    def ask(self, request: Request) -> Response:
        """What the edge answers, without a socket: works before the port is served, too."""
        return self._edge.answer(request)

    def _start(self) -> None:
        server = HttpServer(self._options.port)
        self._undo.callback(server.stop)
        self.url = f"http://127.0.0.1:{server.port}"
        self._start_cloud()
        self._start_logs()
        self._deploy()
        self._load_functions()
        self._carry_texts()
        self._open_edge()
        if self._options.seed:
            self._options.seed(self)
        server.serve(self._edge.answer)
        self._start_pumps()
        self._start_schedules()

    def _start_logs(self) -> None:
        folder = self._options.log_dir
        if folder is None:
            temporary = tempfile.TemporaryDirectory(prefix="assent-local-")
            folder = Path(self._undo.enter_context(temporary))
        self.log_dir = folder
        self._undo.enter_context(capture(folder))
        self._undo.enter_context(own_log(folder / "local.log"))

    def _start_cloud(self) -> None:
        self.cloud.start()
        self._undo.callback(self.cloud.stop)
        _forget_clients()
        self._undo.callback(_forget_clients)
        patch_transactions(self._undo)
        patch_queries(self._undo)
        patch_opt_out_list(self._undo)
        patch_workflows(self.cloud, self._invoke_task, self._undo)
        if self.cloud.dynamodb_endpoint:
            keep_phone_keys(KEPT_KEYS, self._undo)

    def _deploy(self) -> None:
        parameters = PARAMETERS | {"PublicUrl": self.url} | self._options.parameters
        template = load_template(self._options.template, parameters)
        known = {name: value for name, value in parameters.items() if name in template.parameters}
        self.deployment = Deployment(self.cloud, template, STACK_NAME, self.url, known)
        self.deployment.deploy()
        machines = self.deployment.of_type("AWS::StepFunctions::StateMachine")
        arns = [self.physical_id(each) for each in machines]
        self._undo.callback(stop_all, self.cloud, arns)

    def _load_functions(self) -> None:
        self.functions = assembly.functions(self.deployment)
        self.permissions = permissions(self.deployment, self.functions)
        self.permissions.enforce(self._undo)
        if self._options.load:
            self.failed = self.functions.load()

    def _invoke_task(self, function: str, payload: Any) -> dict[str, Any]:
        return self.functions.invoke_api(function, payload)

    def _carry_texts(self) -> None:
        path = assembly.inbound_path(self.deployment)
        self.carrier = Carrier(path.number)
        self.cloud.around["sns.Publish"] = self.carrier.around
        self.inbound = Inbound(self.cloud, self.carrier, path)

    def _open_edge(self) -> None:
        pool = assembly.staff_pool(self.deployment)
        self.staff = Staff(self.cloud, pool.pool_id, pool.client_id)
        urls = [each.queue_url for each in assembly.mappings(self.deployment, self.functions)]
        backlog = Backlog(self.cloud, urls)
        local = LocalRoutes(self.carrier, self.inbound, self.staff, self.deployment, backlog)
        api = assembly.http_api(self.deployment)
        downloads = Downloads(self.cloud, self.url, self.permissions)
        self._edge = Edge(api, self.functions, local.answer, downloads)

    def _start_pumps(self) -> None:
        found = assembly.mappings(self.deployment, self.functions)
        pumps = [QueuePump(self.cloud, mapping) for mapping in found]
        for pump in pumps:
            pump.start()
            self._undo.callback(pump.stop)

        self.cloud.after_call.append(Waker(pumps))

    def _start_schedules(self) -> None:
        self.schedules = assembly.schedules(self.deployment, self.functions)
        if self._options.schedules:
            one_time = OneTimeTimer(self.cloud)
            one_time.start()
            self._undo.callback(one_time.stop)
        for schedule in self.schedules if self._options.schedules else []:
            if schedule.seconds is not None:
                timer = Timer(schedule, schedule.seconds)
                timer.start()
                self._undo.callback(timer.stop)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Start-up makes a million objects that stay: searching them for garbage takes a second."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.enable()


def _forget_clients() -> None:
    """The product keeps its AWS clients for the life of a process; one made before moto was there
    would miss it.
    """
    module = sys.modules.get("assent.aws.clients")
    for each in vars(module).values() if module else ():
        clear = getattr(each, "cache_clear", None)
        if clear:
            clear()
