"""The virtual phones: what each received, when, and how it answers."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.demo.http import Client

# So long nothing may change: a machine is slow, not dead.
PATIENCE_SECONDS = 300.0
_BEFORE_ALL = "1970-01-01T00:00:00Z"
# A confirmation text is the one with a code in it: that is how a person knows it, too. Six digits
# inside a link are none.
_CODE = re.compile(r"\b\d{6}\b")


class DemoError(RuntimeError):
    """An act did not come to its end; the message says which and what was seen."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text that reached a phone: `at` when it did, `published_at` when the phone company's door
    took it in."""

    text_id: str
    to: str
    sender: str
    body: str
    parts: int
    at: datetime
    published_at: datetime

    @property
    def asks_to_confirm(self) -> bool:
        """Whether a person is asked for an answer; the service's own number is nobody's phone."""
        return bool(_CODE.search(self.body)) and self.sender != self.to


class Phones:
    """Keeps up with what phones receive; for one thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._texts: list[Text] = []
        self._by_number: dict[str, list[Text]] = defaultdict(list)
        found = client.get("/_local/messages")
        self._since = str(found[-1]["id"]) if found else _BEFORE_ALL

    def read(self, wait_seconds: int = 0) -> Sequence[Text]:
        """Fetch and return the texts that came in since the last time, oldest first; where there
        are none, wait so long for one."""
        query = {"since": self._since, "wait": str(wait_seconds)}
        new = [_text(each) for each in self._client.get("/_local/messages", query)]
        if new:
            self._since = new[-1].text_id
        self._texts += new
        for text in new:
            self._by_number[text.to].append(text)
        return new

    def texts(self) -> Sequence[Text]:
        """Return all texts since the demo began, oldest first."""
        return list(self._texts)

    def texts_to(self, number: str) -> Sequence[Text]:
        """Return what one phone received."""
        return list(self._by_number.get(number, ()))

    def settle(self) -> None:
        """Return when the service has nothing more to work off, and all texts were read. Raises
        DemoError when its queues stand still."""
        last, moved_at = -1, time.monotonic()
        while held := self._client.get("/_local/backlog")["messages"]:
            if self.read(wait_seconds=1) or held != last:
                last, moved_at = held, time.monotonic()
            if time.monotonic() - moved_at > PATIENCE_SECONDS:
                message = f"{held} messages stay in the service's queues"
                raise DemoError(message)
        self.read()

    def reply(self, number: str, body: str) -> datetime:
        """Text back from a phone; return when the phone company took it."""
        taken = self._client.post("/_local/messages", {"from": number, "body": body})
        return datetime.fromisoformat(taken["sent_at"])


def _text(found: Any) -> Text:
    return Text(
        text_id=str(found["id"]),
        to=str(found["to"]),
        sender=str(found["from"]),
        body=str(found["body"]),
        parts=int(found["parts"]),
        at=datetime.fromisoformat(found["sent_at"]),
        published_at=datetime.fromtimestamp(found["published_at"], UTC),
    )
