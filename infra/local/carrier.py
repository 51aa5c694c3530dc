"""The phone network: takes texts at the socket where SNS would, keeps what phones received, and
misbehaves on demand.

It stands in botocore's place of sending, so the product's own adapter meets real botocore errors
and its own time-outs, and every copy that the SDK sends is counted.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from infra.local.cloud import Send

_THOUSAND = 1000


@dataclass(frozen=True)
class Faults:
    """How the carrier behaves. Shares are of all texts, 0 to 1; together at most 1. The rest is
    simply delivered.

    latency_ms: added to every answer. throttle: refused with Throttling, not sent. refuse: refused
    for good. accept_then_hang: sent, but no answer before the caller's read time-out (which passes
    after hang_ms). reset: sent, then the connection breaks. error_5xx: not sent, 500.
    error_5xx_accepted: sent, 500 all the same. connect_timeout: never reached. duplicate: delivered
    twice, answered once. seed: makes the draw repeatable.
    """

    latency_ms: float = 0
    hang_ms: float = 50
    throttle: float = 0
    refuse: float = 0
    accept_then_hang: float = 0
    reset: float = 0
    error_5xx: float = 0
    error_5xx_accepted: float = 0
    connect_timeout: float = 0
    duplicate: float = 0
    seed: int | None = None

    def shares(self) -> dict[str, float]:
        """Share by kind of fault."""
        plain = ("latency_ms", "hang_ms", "seed")
        return {
            each.name: getattr(self, each.name) for each in fields(self) if each.name not in plain
        }


class InvalidFaultsError(ValueError):
    """The behaviour asked for makes no sense; the message says why."""


def parse_faults(body: Any) -> Faults:
    """Faults from JSON. Raises InvalidFaultsError."""
    known = {each.name for each in fields(Faults)}
    if not isinstance(body, dict) or not set(body) <= known:
        raise InvalidFaultsError(f"give an object with any of: {', '.join(sorted(known))}")
    if any(
        not isinstance(value, int | float) or isinstance(value, bool) or value < 0
        for value in body.values()
    ):
        raise InvalidFaultsError("every value is a number, not negative")
    faults = Faults(**body)
    if sum(faults.shares().values()) > 1 + 1e-9:
        raise InvalidFaultsError("the shares add up to more than 1")
    return faults


@dataclass(frozen=True)
class Text:
    """One text that reached a phone. Seconds since 1970: `at` when it did, `published_at` when its
    publish came to the endpoint, before it waited for anything that is only this machine's."""

    message_id: str
    to: str
    sender: str
    body: str
    at: float
    published_at: float

    def as_json(self) -> dict[str, Any]:
        """The shape of GET /_local/messages."""
        from assent.messages.alphabet import count_parts

        return {
            "id": self.message_id,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "parts": count_parts(self.body).parts,
            "sent_at": iso(self.at),
            "published_at": self.published_at,
        }


def iso(at: float) -> str:
    """Seconds since 1970 as ISO 8601 with milliseconds, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Publish(NamedTuple):
    """A request, how to pass it on, what it says, and when it came."""

    request: Any
    send: Send
    form: dict[str, str]
    at: float


class Carrier:
    """Accepts SNS publishes to phone numbers."""

    def __init__(self, default_sender: str) -> None:
        self._default_sender = default_sender
        self._texts: list[Text] = []
        self._last: dict[str, Text] = {}
        self._lock = threading.Lock()
        self._rang = threading.Condition(self._lock)
        self._faults = Faults()
        self._random = random.Random()  # noqa: S311 - draws faults, not secrets
        self._counts: Counter[str] = Counter()

    @property
    def faults(self) -> Faults:
        """The present behaviour."""
        return self._faults

    def misbehave(self, faults: Faults) -> None:
        """Behave so from now on; counts begin again."""
        with self._lock:
            self._faults = faults
            self._random = random.Random(faults.seed)  # noqa: S311
            self._counts.clear()

    def report(self) -> dict[str, Any]:
        """The behaviour and what came of it so far: attempts by outcome."""
        with self._lock:
            return {"faults": asdict(self._faults), "outcomes": dict(self._counts)}

    def texts(self, to: str | None = None) -> list[Text]:
        """Texts that reached phones, oldest first."""
        with self._lock:
            found = list(self._texts)
        return found if to is None else [text for text in found if text.to == to]

    def wait_for_text(self, known: int, seconds: float) -> None:
        """Return when there are more texts than are known, or after so many seconds."""
        with self._rang:
            self._rang.wait_for(lambda: len(self._texts) > known, timeout=seconds)

    def last_to(self, phone: str) -> Text | None:
        """The last text that a phone received."""
        return self._last.get(phone)

    def clear(self) -> None:
        """Forget all texts."""
        with self._lock:
            self._texts.clear()
            self._last.clear()

    def around(self, request: Any, send: Send) -> Any:
        """Stands around SNS Publish: texts are handled here, publishes to topics pass on."""
        published_at = time.time()
        form = {name: values[0] for name, values in parse_qs(_text(request.body)).items()}
        if "PhoneNumber" not in form:
            return send()
        with self._lock:
            kind, faults = self._draw(), self._faults
        if faults.latency_ms:
            time.sleep(faults.latency_ms / _THOUSAND)
        handler = getattr(self, f"_{kind}")
        return handler(_Publish(request, send, form, published_at))

    def _draw(self) -> str:
        point = self._random.random()
        kind = "deliver"
        for name, share in self._faults.shares().items():
            if point < share:
                kind = name
                break
            point -= share
        self._counts[kind] += 1
        return kind

    def _keep(self, publish: _Publish, message_id: str | None = None) -> None:
        text = Text(
            message_id=message_id or str(uuid.uuid4()),
            to=publish.form["PhoneNumber"],
            sender=_sender(publish.form) or self._default_sender,
            body=publish.form.get("Message", ""),
            at=time.time(),
            published_at=publish.at,
        )
        with self._lock:
            self._texts.append(text)
            self._last[text.to] = text
            self._rang.notify_all()

    def _deliver(self, publish: _Publish) -> Any:
        response = publish.send()
        if response is not None and response.status_code == 200:  # noqa: PLR2004
            self._keep(publish, _message_id(response))
        return response

    def _duplicate(self, publish: _Publish) -> Any:
        response = self._deliver(publish)
        self._keep(publish, _message_id(response))
        return response

    def _throttle(self, publish: _Publish) -> Any:
        return _error(publish.request, 400, "Throttling", "Rate exceeded")

    def _refuse(self, publish: _Publish) -> Any:
        reason = "Invalid parameter: PhoneNumber Reason: the number is not valid to publish to"
        return _error(publish.request, 400, "InvalidParameter", reason)

    def _error_5xx(self, publish: _Publish) -> Any:
        return _error(publish.request, 500, "InternalFailure", "The request processing has failed")

    def _error_5xx_accepted(self, publish: _Publish) -> Any:
        self._keep(publish)
        return self._error_5xx(publish)

    def _accept_then_hang(self, publish: _Publish) -> Any:
        from botocore.exceptions import ReadTimeoutError

        self._keep(publish)
        time.sleep(self._faults.hang_ms / _THOUSAND)
        raise ReadTimeoutError(endpoint_url=publish.request.url)

    def _reset(self, publish: _Publish) -> Any:
        from botocore.exceptions import ConnectionClosedError

        self._keep(publish)
        raise ConnectionClosedError(endpoint_url=publish.request.url)

    def _connect_timeout(self, publish: _Publish) -> Any:
        from botocore.exceptions import ConnectTimeoutError

        raise ConnectTimeoutError(endpoint_url=publish.request.url)


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body or "")


def _sender(form: dict[str, str]) -> str | None:
    """The origination number, else the sender id, among the numbered MessageAttributes of the query
    protocol.
    """
    attributes = {
        form[key]: form.get(key.replace(".Name", ".Value.StringValue"), "")
        for key in form
        if key.startswith("MessageAttributes.entry.") and key.endswith(".Name")
    }
    return attributes.get("AWS.MM.SMS.OriginationNumber") or attributes.get("AWS.SNS.SMS.SenderID")


def _message_id(response: Any) -> str | None:
    _, _, rest = response.content.decode().partition("<MessageId>")
    return rest.partition("</MessageId>")[0] or None


def _error(request: Any, status: int, code: str, message: str) -> Any:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders
    from moto.core.botocore_stubber import MockRawResponse

    body = (
        '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error>'
        f"<Type>{'Sender' if status < 500 else 'Receiver'}</Type>"  # noqa: PLR2004
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    headers, raw = HTTPHeaders(), MockRawResponse(body)
    headers["content-type"] = "text/xml"
    return AWSResponse(request.url, status, headers, raw)
