"""The virtual phones: what each received, when, and how it answers."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.demo.http import Client

# A confirmation text is the one with a code in it: that is how a person knows it, too. Six digits
# inside a link are none.
_CODE = re.compile(r"\b\d{6}\b")


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
    """Keeps up with what phones receive. `read` is for one thread, the rest for any."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._texts: list[Text] = []
        self._by_number: dict[str, list[Text]] = defaultdict(list)
        found = client.get("/_local/messages")
        self._since = str(found[-1]["id"]) if found else ""

    def read(self) -> Sequence[Text]:
        """Fetch and return the texts that came in since the last time, oldest first."""
        query = {"since": self._since} if self._since else None
        new = [_text(each) for each in self._client.get("/_local/messages", query)]
        if new:
            self._since = new[-1].text_id
        with self._lock:
            self._texts += new
            for text in new:
                self._by_number[text.to].append(text)
        return new

    def texts(self) -> Sequence[Text]:
        """Return all texts since the demo began, oldest first."""
        with self._lock:
            return list(self._texts)

    def texts_to(self, number: str) -> Sequence[Text]:
        """Return what one phone received."""
        with self._lock:
            return list(self._by_number.get(number, ()))

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
