"""A loopback endpoint for an AWS service of the JSON protocol, built from botocore's own model.

What is asked is checked against the service's input shapes and what is answered against its output
shapes, so that a stub can lag behind the service but not contradict it.
"""

from __future__ import annotations

import functools
import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from botocore.model import OperationModel, ServiceModel

    Operation = Callable[[dict[str, Any]], dict[str, Any]]


class ServiceError(Exception):
    """An error that the model declares, with the members of its shape."""

    def __init__(self, code: str, message: str, status: int = 400, **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.members = members


class ServiceStub:
    """Serves the operations of a class: each is a method under its name in botocore, such as
    `put_opted_out_number`, from input members to output members. `calls` holds every one."""

    def __init__(self, service: str, operations: object) -> None:
        session = botocore.session.get_session()
        self.model: ServiceModel = session.get_service_model(service)
        self._operations = operations
        self._lock = threading.Lock()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failing: list[ServiceError] = []
        handler = functools.partial(_Handler, self)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def client(self, **options: Any) -> Any:
        """Return botocore's client of this service, talking to the stub."""
        return botocore.session.get_session().create_client(
            self.model.service_name,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            **options,
        )

    def answer(self, target: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        """Return status and body for one request; whatever the model forbids is refused."""
        name = target.rpartition(".")[2]
        try:
            operation = self.model.operation_model(name)
            asked: dict[str, Any] = json.loads(body)
            with self._lock:
                return 200, self._perform(operation, asked)
        except ServiceError as error:
            return error.status, {
                "__type": error.code,
                "message": str(error),
                "Message": str(error),
                **error.members,
            }

    def _perform(self, operation: OperationModel, asked: dict[str, Any]) -> dict[str, Any]:
        self._check(operation.input_shape, asked)
        method = xform_name(operation.name)
        self.calls.append((method, asked))
        if self.failing:
            raise self._declared(operation, self.failing.pop(0))
        perform: Operation | None = getattr(self._operations, method, None)
        if perform is None:
            raise ServiceError("UnknownOperationException", f"{operation.name} is not served")
        try:
            answer = perform(asked)
        except ServiceError as error:
            raise self._declared(operation, error) from None
        members = set(operation.output_shape.members)  # type: ignore[union-attr]
        assert set(answer) <= members, f"{operation.name} answers {set(answer) - members}"
        return answer

    @staticmethod
    def _check(shape: Any, asked: dict[str, Any]) -> None:
        unknown = set(asked) - set(shape.members)
        report = ParamValidator().validate(asked, shape)
        if unknown or report.has_errors():
            problem = report.generate_report() or f"unknown members {unknown}"
            raise ServiceError("ValidationException", problem, Reason="INVALID_PARAMETER")

    @staticmethod
    def _declared(operation: OperationModel, error: ServiceError) -> ServiceError:
        declared = {each.name for each in operation.error_shapes}
        assert error.code in declared, f"{operation.name} never answers {error.code}"
        return error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, stub: ServiceStub, *connection: Any) -> None:
        self._stub = stub
        super().__init__(*connection)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self._stub.answer(self.headers["X-Amz-Target"], body)
        data = json.dumps(answer, default=_epoch).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def _epoch(value: object) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()
