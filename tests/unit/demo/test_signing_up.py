"""However late the service is, everybody who gets a text answers it, and few wait at a time."""

from __future__ import annotations

import io
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from infra.demo.choosing import Choosing
from infra.demo.findings import Findings
from infra.demo.http import Answer
from infra.demo.phones import Phones, Text
from infra.demo.signing_up import SigningUp
from infra.demo.signups import SignUp
from tests.fakes.frozen_clock import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence


class SlowService:
    """Texts the confirmations of what it took in, each `lag` readings of the phones later."""

    def __init__(self, lag: int, untexted: frozenset[str] = frozenset()) -> None:
        self.lag, self.untexted = lag, untexted
        self.due = deque[tuple[int, str]]()
        self.readings = self.most_waiting = 0
        self.replies: list[tuple[str, str]] = []

    def call(self, _method: str, _path: str, body: Any, _headers: Any) -> Answer:
        if body["phone"] not in self.untexted:
            self.due.append((self.readings + self.lag, body["phone"]))
        self.most_waiting = max(self.most_waiting, len(self.due))
        return Answer(202, {})

    def get(self, path: str, query: Any = None, group: str = "") -> Any:
        del query, group
        if path == "/_local/backlog":
            return {"messages": len(self.due)}
        if path != "/_local/messages":
            return {"disclosure": {"locale": "en", "version": 1}}
        self.readings += 1
        found = []
        while self.due and self.due[0][0] <= self.readings:
            found.append(self._text(self.due.popleft()[1]))
        return found

    def post(self, _path: str, body: Any) -> Any:
        self.replies.append((body["from"], body["body"]))
        return {"sent_at": NOON.isoformat()}

    def _text(self, to: str) -> dict[str, Any]:
        return {
            "id": f"{self.readings}-{to}",
            "to": to,
            "from": "+12065550199",
            "body": "Your code is 123456",
            "parts": 1,
            "sent_at": NOON.isoformat(),
            "published_at": NOON.timestamp(),
        }


def row(line: int, reply: str = "YES") -> SignUp:
    number = f"+1612555{line:04d}"
    fields = dict.fromkeys(
        ("first_name", "postal_code", "time_zone", "birth_year", "interests", "max_per_month"), ""
    )
    fields |= {"phone": number, "country": "US", "consent": "true", "locale": "en", "page_url": "p"}
    return SignUp(line, 0.0, number, reply, is_bot=False, fields=fields)


def played(service: SlowService, rows: Sequence[SignUp], monkeypatch: Any) -> Findings:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    client: Any = service
    browser: Any = None
    findings = Findings()
    choosing = Choosing(client, browser, findings.ways, "demo", 7)
    SigningUp(client, Phones(client), choosing, findings, "nonce").play(rows)
    return findings


@pytest.mark.parametrize("lag", [0, 3, 40], ids=["at once", "late", "very late"])
def test_the_same_people_confirm_however_late_their_texts_come(
    lag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(line, reply="YES" if line % 3 else "") for line in range(10, 90, 10)]
    service = SlowService(lag)
    findings = played(service, rows, monkeypatch)
    yes = {each.number for each in rows if each.reply}
    assert findings.agreed == yes
    assert {number for number, _ in service.replies} == yes


def test_no_more_than_a_dozen_are_left_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    service = SlowService(lag=200)
    findings = played(service, [row(line) for line in range(20, 620, 10)], monkeypatch)
    assert len(findings.agreed) == 60
    assert service.most_waiting <= 12


def test_who_gets_no_text_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(line) for line in range(20, 420, 10)]
    mute = frozenset(each.fields["phone"] for each in rows[:30])
    findings = played(SlowService(2, mute), rows, monkeypatch)
    assert findings.agreed == {each.number for each in rows[30:]}


def test_a_text_is_what_a_phone_got() -> None:
    at = NOON + timedelta(seconds=1)
    asked = Text("m", "+1", "+2", "Your code is 123456", 1, at, at)
    assert asked.asks_to_confirm
