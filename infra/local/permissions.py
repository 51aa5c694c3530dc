"""Holds every call that a function makes against the function's own role, as AWS would.

moto does not ask IAM. So each call passes here first: in whose name it is made, what it needs,
whether the role allows that. A refused call raises what AWS raises; whatever was used is kept, so
that a test can find the permissions that nobody uses.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from infra.local.cloud import ACCOUNT
from infra.local.patching import replace
from infra.local.policies import Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.local.needs import Needs
    from infra.local.policies import Role

_acting: contextvars.ContextVar[str | None] = contextvars.ContextVar("acting", default=None)
# How each service says it; all others say AccessDeniedException with status 400.
_REFUSALS = {"s3": "AccessDenied", "sqs": "AccessDenied", "sns": "AuthorizationError"}
# Where every client of botocore, boto3 and PynamoDB comes past, with names still in plain sight.
_CALL = "_make_api_call"
_FORBIDDEN, _BAD_REQUEST = 403, 400
log = logging.getLogger(__name__)


@contextlib.contextmanager
def acting_as(function: str | None) -> Iterator[None]:
    """AWS calls of this thread are made under the role of the function (logical id) while the block
    runs; None: by nobody whose role matters.
    """
    token = _acting.set(function)
    try:
        yield
    finally:
        _acting.reset(token)


class Permissions:
    """Decides calls by role, and remembers them. used, refused: (function, need), once each."""

    def __init__(self, roles: Mapping[str, Role], needs: Needs) -> None:
        self.roles = roles
        self._needs = needs
        self._decided: dict[tuple[str, Need], bool] = {}
        self._signers: dict[str, str] = {}

    @property
    def used(self) -> set[tuple[str, Need]]:
        """What functions needed and were allowed."""
        return {asked for asked, allowed in list(self._decided.items()) if allowed}

    @property
    def refused(self) -> set[tuple[str, Need]]:
        """What functions needed and were not allowed."""
        return {asked for asked, allowed in list(self._decided.items()) if not allowed}

    def may(self, function: str, need: Need) -> bool:
        """Whether the function's role allows it; the answer is kept."""
        asked = (function, need)
        allowed = self._decided.get(asked)
        if allowed is None:
            allowed = self._decided[asked] = self.roles[function].allows(need)
            if not allowed:
                log.warning("%s may not %s", function, need)
        return allowed

    def signer(self, query: Mapping[str, str]) -> str | None:
        """The function that signed a link, by the link's query."""
        return self._signers.get(_signature(query))

    def enforce(self, undo: contextlib.ExitStack) -> None:
        """Check every call of this process until undo is closed."""
        from botocore.client import BaseClient
        from botocore.signers import RequestSigner

        plain_call: Any = vars(BaseClient)[_CALL]
        plain_sign = RequestSigner.generate_presigned_url

        def call(client: Any, operation: str, params: Any) -> Any:
            function = _acting.get()
            if function is None:
                return plain_call(client, operation, params)
            self._check(function, client, operation, params)
            # What moto does to answer is not the function's doing.
            with acting_as(None), self._without_listing(function, client, operation, params):
                return plain_call(client, operation, params)

        def sign(signer: Any, *args: Any, **more: Any) -> str:
            url: str = plain_sign(signer, *args, **more)
            function = _acting.get()
            if function is not None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
                self._signers[_signature(query)] = function
            return url

        replace(BaseClient, _CALL, call, undo)
        replace(RequestSigner, "generate_presigned_url", sign, undo)
        _follow_threads(undo)

    def _check(self, function: str, client: Any, operation: str, params: Any) -> None:
        service = client.meta.service_model.service_name
        for need in self._needs.of(service, operation, params):
            if not self.may(function, need):
                raise self._refusal(function, client, operation, need)

    def _refusal(self, function: str, client: Any, operation: str, need: Need) -> Exception:
        role = self.roles[function].logical_id
        message = (
            f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{function} is not authorized to "
            f"perform: {need.action} on resource: {need.resource} because no identity-based "
            f"policy allows the {need.action} action"
        )
        service = client.meta.service_model.service_name
        code = _REFUSALS.get(service, "AccessDeniedException")
        status = _FORBIDDEN if service in _REFUSALS else _BAD_REQUEST
        answer = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        error: Exception = client.exceptions.from_code(code)(answer, operation)
        return error

    @contextlib.contextmanager
    def _without_listing(
        self, function: str, client: Any, operation: str, params: Any
    ) -> Iterator[None]:
        """S3 tells only those who may list a bucket that an object is not there."""
        from botocore.exceptions import ClientError

        try:
            yield
        except ClientError as error:
            missing = error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404")
            if not missing or client.meta.service_model.service_name != "s3":
                raise
            need = Need("s3:ListBucket", f"arn:aws:s3:::{params['Bucket']}")
            if self.roles[function].allows(need):
                raise
            raise self._refusal(function, client, operation, need) from error


def _signature(query: Mapping[str, str]) -> str:
    return query.get("X-Amz-Signature") or query.get("Signature") or ""


def _carried(run: Callable[..., Any]) -> Callable[..., Any]:
    function = _acting.get()
    if function is None:
        return run

    def carry(*args: Any, **more: Any) -> Any:
        with acting_as(function):
            return run(*args, **more)

    return carry


def _follow_threads(undo: contextlib.ExitStack) -> None:
    """Threads and pool tasks act for the function that started them, not for the pool's first
    user.
    """
    from concurrent.futures import ThreadPoolExecutor

    plain_start, plain_submit = threading.Thread.start, ThreadPoolExecutor.submit

    def start(thread: threading.Thread) -> None:
        thread.run = _carried(thread.run)  # type: ignore[method-assign]
        plain_start(thread)

    def submit(pool: Any, task: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
        return plain_submit(pool, _carried(task), *args, **more)

    replace(threading.Thread, "start", start, undo)
    replace(ThreadPoolExecutor, "submit", submit, undo)
