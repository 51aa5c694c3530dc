"""The console's way to everything: the staff API over HTTP, in the name of who is signed in.

So the console has no rules, rights or tables of its own: what the API checks, refuses and enters in
the audit holds for it as for any other caller, with the person's own token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from assent.errors import AssentError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import PoolManager

_CONNECT_SECONDS, _READ_SECONDS = 2.0, 20.0
_LEAST_BAD, _TRY_AGAIN = 400, (429, 503, 504)


class ApiProblemError(AssentError):
    """The API said no: `status`, its stable `problem` code, and the fields it names."""

    code = "api_problem"

    def __init__(
        self, status: int, problem: str, detail: str, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.problem, self.fields = status, problem, dict(fields or {})


class StaffApi(Protocol):
    """The staff API in one person's name."""

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Return what it answers. Raises ApiProblemError, and TryAgainError when it is busy."""
        ...

    def put(self, link: str, content: bytes) -> None:
        """Take a file to a link that the API gave. Raises TryAgainError when that fails."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class HttpStaffApi:
    """A `StaffApi`. `site` is its address, `token` speaks for the person."""

    pool: PoolManager
    site: str
    token: str

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        where = self.site + path + (f"?{urlencode(query)}" if query else "")
        sent = None if body is None else json.dumps(body).encode()
        return _read(*self._exchange(method, where, sent, headers))

    def put(self, link: str, content: bytes) -> None:
        status, _ = self._exchange("PUT", link, content, {})
        if status >= _LEAST_BAD:
            message = "The file could not be kept. Try again in a moment."
            raise TryAgainError(message)

    def _exchange(
        self, method: str, where: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        try:
            answer = self.pool.request(
                method,
                where,
                body=body,
                headers=headers,
                timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
                # A change whose answer was lost is never made a second time unasked.
                retries=False,
                redirect=False,
            )
        except HTTPError:
            message = "The service cannot be reached. Try again in a moment."
            raise TryAgainError(message) from None
        return answer.status, answer.data


def _read(status: int, data: bytes) -> Any:
    try:
        found = json.loads(data)
    except ValueError:
        found = {}
    if status < _LEAST_BAD:
        return found
    detail = str(found.get("detail") or "The service refused this.")
    if status in _TRY_AGAIN:
        raise TryAgainError(detail)
    fields = {str(each["field"]): str(each["problem"]) for each in found.get("fields", ())}
    raise ApiProblemError(status, str(found.get("code", "")), detail, fields)
