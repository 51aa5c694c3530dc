"""The first act: people sign up, and each answers on their phone as soon as a text shows.

One thread does it all, and no more than a few people are ever left unanswered, so the pace of the
sign-ups is the service's own: a slow machine takes longer and comes to the same end.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from infra.demo.report import Bar
from infra.demo.signups import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.demo.choosing import Choosing
    from infra.demo.findings import Findings
    from infra.demo.http import Client
    from infra.demo.phones import Phones, Text
    from infra.demo.signups import SignUp

_MOST_UNANSWERED = 12


@dataclass(slots=True)
class SigningUp:
    """`nonce` keeps this morning's sign-ups apart from another's; `speed` 0 is as fast as the
    service answers."""

    client: Client
    phones: Phones
    choosing: Choosing
    findings: Findings
    nonce: str
    speed: float = 0.0
    _waiting: dict[str, deque[SignUp]] = field(default_factory=lambda: defaultdict(deque))
    _answered: int = 0

    def play(self, rows: Sequence[SignUp]) -> None:
        """Bring in all rows, and return when nobody waits for a text any more."""
        pages, begun = self._pages(rows), time.monotonic()
        self.findings.rows = len(rows)
        bar = Bar("Sign-ups", len(rows))
        for done, row in enumerate(rows, start=1):
            if self.speed:
                self._pass_time(begun + row.after_seconds / self.speed)
            while self._unanswered >= _MOST_UNANSWERED:
                self._hear_or_give_up()
            self._post(row, pages)
            self._hear(self.phones.read())
            bar.show(done, f"{self._answered} answered")
        while self._unanswered:
            self._hear_or_give_up()
        self.phones.settle()
        bar.end(len(rows), f"{self._answered} answered")

    @property
    def _unanswered(self) -> int:
        return sum(map(len, self._waiting.values()))

    def _pass_time(self, until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            self._hear(self.phones.read(wait_seconds=1) if left > 1 else ())
            time.sleep(max(0.0, min(until - time.monotonic(), 1.0)))

    def _hear_or_give_up(self) -> None:
        """Wait for a text. Once the service has nothing left to do, none will come for those who
        still wait: they were known already, or may not be texted."""
        texts = self.phones.read(wait_seconds=1)
        if not texts:
            known = len(self.phones.texts())
            self.phones.settle()
            texts = self.phones.texts()[known:]
            if not texts:
                self._waiting.clear()
        self._hear(texts)

    def _pages(self, rows: Sequence[SignUp]) -> Mapping[str, Shown]:
        """Return what the sign-up page shows to visitors of each language."""
        pages = {}
        for locale in {row.fields["locale"] for row in rows}:
            path = f"/v1/programmes/{self.choosing.programme_id}"
            words = self.client.get(path, {"locale": locale})["disclosure"]
            pages[locale] = Shown(words["locale"], words["version"])
        return pages

    def _post(self, row: SignUp, pages: Mapping[str, Shown]) -> None:
        form = row.form(self.choosing.programme_id, pages[row.fields["locale"]])
        key = {"idempotency-key": f"demo-{self.nonce}-{row.line}"}
        answer = self.client.call("POST", "/v1/opt-ins", form, key)
        is_accepted = answer.status == HTTPStatus.ACCEPTED
        if is_accepted:
            self.findings.accepted += 1
        else:
            self.findings.refused[answer.code] += 1
        if not row.number:
            return
        self.findings.lines.setdefault(row.number, row.line)
        self.findings.people[row.number].append(row)
        if row.is_bot or not is_accepted:
            self.findings.untextable.add(row.number)
        else:
            self._waiting[row.number].append(row)

    def _hear(self, texts: Sequence[Text]) -> None:
        for text in texts:
            if text.asks_to_confirm and (waiting := self._waiting[text.to]):
                self._answer(text, waiting.popleft())

    def _answer(self, text: Text, row: SignUp) -> None:
        if not row.reply:
            return
        if not (row.is_agreed and self.choosing.say_yes(text, row.line)):
            self.phones.reply(text.to, row.reply)
        self._answered += 1
        if row.is_agreed:
            self.findings.agreed.add(text.to)
