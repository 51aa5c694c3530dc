"""One morning in acts: people sign up and answer, a campaign runs, some stop, the log is read."""

from __future__ import annotations

import csv
import io
import json
import queue
import random
import secrets
import threading
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from infra.demo.browser import Browser
from infra.demo.choosing import OWN_MAXIMUM, Choosing
from infra.demo.findings import Findings, Stop
from infra.demo.http import download
from infra.demo.phones import Phones
from infra.demo.proof import log_of, prove
from infra.demo.report import Bar
from infra.demo.signups import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.demo.http import Client
    from infra.demo.phones import Text
    from infra.demo.signups import SignUp

PROGRAMME = "demo"
MARKETING, COMPLIANCE = "marketing", "compliance"
_WORKERS = 2
_POLL_SECONDS = 0.1
_QUIET_SECONDS = 1.0
_PATIENCE_SECONDS = 120.0
_STOP_SHARE = 0.05
_HOLD_OUT_PERCENT = 2
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_FATES = (
    "sent",
    "refused",
    "suppressed",
    "not_renderable",
    "held_out",
    "in_doubt",
    "cancelled",
)
_UNSENT = ("throttled", "aborted")
_ENDED = frozenset({"completed", "cancelled", "paused"})


class DemoError(RuntimeError):
    """An act did not come to its end; the message says which and what was seen."""


@dataclass(slots=True)
class Story:
    """The acts share what they found. `speed` 0: as fast as the service takes it."""

    client: Client
    asked_rate: int
    speed: float = 0.0
    seed: int = 7
    findings: Findings = field(default_factory=Findings)
    _nonce: str = field(default_factory=lambda: secrets.token_hex(4))
    _started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, rows: Sequence[SignUp]) -> Findings:
        """Play all acts. Raises DemoError, UnexpectedAnswerError or OSError."""
        self.findings.asked_rate = self.asked_rate
        phones = Phones(self.client)
        choosing = Choosing(
            self.client, Browser(self.client.netloc), self.findings.ways, PROGRAMME, self.seed
        )
        with _Replies(phones, self.findings, choosing) as replies:
            self._sign_up(rows, replies)
            replies.wait()
        choosing.choose(phones.texts())
        self._run_early_campaign(phones, choosing)
        self._run_campaign(phones)
        self._export()
        self.findings.texts = phones.texts()
        return self.findings

    # Act 1: sign-ups, each person answering on their phone meanwhile.

    def _sign_up(self, rows: Sequence[SignUp], replies: _Replies) -> None:
        pages = self._pages(rows)
        bar = Bar("Sign-ups", len(rows))
        begun, self.findings.rows = time.monotonic(), len(rows)
        with ThreadPoolExecutor(_WORKERS) as pool:
            pending = deque[Any]()
            for row in rows:
                if self.speed:
                    time.sleep(max(0, begun + row.after_seconds / self.speed - time.monotonic()))
                replies.expect(row)
                if row.number:
                    self.findings.lines.setdefault(row.number, row.line)
                pending.append(pool.submit(self._post, row, pages))
                while len(pending) > _WORKERS:
                    pending.popleft().result()
                bar.show(row.line - 1, f"{replies.answered} answered")
            for each in pending:
                each.result()
        bar.end(len(rows), f"{replies.answered} answered")

    def _pages(self, rows: Sequence[SignUp]) -> Mapping[str, Shown]:
        """Return what the sign-up page shows to visitors of each language."""
        pages = {}
        for locale in {row.fields["locale"] for row in rows}:
            found = self.client.get(f"/v1/programmes/{PROGRAMME}", {"locale": locale})
            words = found["disclosure"]
            pages[locale] = Shown(words["locale"], words["version"])
        return pages

    def _post(self, row: SignUp, pages: Mapping[str, Shown]) -> None:
        answer = self.client.call(
            "POST",
            "/v1/opt-ins",
            row.form(PROGRAMME, pages[row.fields["locale"]]),
            {"idempotency-key": f"demo-{self._nonce}-{row.line}"},
        )
        is_accepted = answer.status == HTTPStatus.ACCEPTED
        with self._lock:
            if is_accepted:
                self.findings.accepted += 1
            else:
                self.findings.refused[answer.code] += 1
            if row.number and (row.is_bot or not is_accepted):
                self.findings.untextable.add(row.number)

    # Act 2: a small campaign to people who want few texts; some of them leave by its link.

    def _run_early_campaign(self, phones: Phones, choosing: Choosing) -> None:
        ways, mark = self.findings.ways, f"early{self._nonce}"
        rule = {"field": "max_per_month", "op": "lte", "value": OWN_MAXIMUM}
        body = f"Early access today with code {mark}. No more texts: {{{{ unsubscribe_link }}}}"
        campaign_id, before = self._draft("Early", rule, body), len(phones.texts())
        self._rehearse(campaign_id)
        self.client.post(f"/v1/campaigns/{campaign_id}/launch", group=MARKETING)
        bar = Bar("Early campaign", 1)
        for progress in self._watch(campaign_id):
            phones.read()
            status = progress["status"]
        self._settle(phones)
        ways.early_texts = [text for text in phones.texts()[before:] if mark in text.body]
        choosing.leave(ways.early_texts)
        bar.end(1, f"{len(ways.early_texts)} texted, {len(ways.left_at)} left by link")
        if status != "completed":
            message = f"the early campaign did not end well: {status}"
            raise DemoError(message)

    # Act 3: a segment, a campaign, and people who stop while it runs.

    def _run_campaign(self, phones: Phones) -> None:
        campaign_id = self._draft(
            "Demo",
            {"field": "first_name", "op": "exists"},
            "{{ first_name | default('Hello') }}, 20% off today with code " + self._nonce,
        )
        self.findings.campaign_id = campaign_id
        ways = self.findings.ways
        silent = {*ways.left_at, *ways.paused, *(text.to for text in ways.early_texts)}
        people = sorted(self.findings.agreed - silent)
        draw = random.Random(self.seed)  # noqa: S311 - chooses who stops, not secrets
        stoppers = deque(draw.sample(people, round(len(people) * _STOP_SHARE)))
        every = len(people) / (len(stoppers) + 1)
        before = len(phones.texts())
        self._rehearse(campaign_id)
        self.client.post(f"/v1/campaigns/{campaign_id}/launch", group=MARKETING)
        bar, seen, stops = Bar("Campaign", len(people)), 0, dict[str, datetime]()
        for progress in self._watch(campaign_id):
            phones.read()
            seen = sum(self._is_ours(text.body) for text in phones.texts()[before:])
            while stoppers and seen >= every * (len(stops) + 1):
                number = stoppers.popleft()
                stops[number] = phones.reply(number, "STOP")
            bar.show(seen, f"{len(stops)} stopped")
            self._note(progress)
        phones.read()
        bar.end(seen, f"{len(stops)} stopped, {self.findings.campaign_status}")
        self._settle(phones)
        texts = phones.texts()[before:]
        self.findings.campaign_texts = [text for text in texts if self._is_ours(text.body)]
        self.findings.stops = [Stop(number, at, None) for number, at in stops.items()]

    def _is_ours(self, body: str) -> bool:
        return f"code {self._nonce}" in body

    def _draft(self, name: str, rule: Mapping[str, Any], body: str) -> str:
        segment = self.client.post(
            "/v1/segments",
            {
                "name": f"{name} ({self._nonce})",
                "rule": rule,
            },
            MARKETING,
        )
        campaign = self.client.post(
            "/v1/campaigns",
            {
                "name": f"{name} {self._nonce}",
                "programme_id": PROGRAMME,
                "segment_id": segment["segment_id"],
                "body": body,
                "quiet_hours": "override",
                "quiet_hours_reason": "virtual phones of the demo",
                "hold_out_percent": _HOLD_OUT_PERCENT,
            },
            MARKETING,
        )
        return str(campaign["campaign_id"])

    def _rehearse(self, campaign_id: str) -> None:
        path = f"/v1/campaigns/{campaign_id}/rehearsal"
        self.client.post(path, group=MARKETING)
        until = time.monotonic() + _PATIENCE_SECONDS
        while (found := self.client.get(path, group=MARKETING))["status"] == "running":
            if time.monotonic() > until:
                message = "the rehearsal did not end"
                raise DemoError(message)
            time.sleep(_POLL_SECONDS)
        if found["status"] != "done" or found["errors"]:
            message = f"the rehearsal ended {found['status']}: {found['errors']}"
            raise DemoError(message)

    def _watch(self, campaign_id: str) -> Any:
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            progress = self.client.get(f"/v1/campaigns/{campaign_id}", group=MARKETING)
            yield progress
            if progress["status"] in _ENDED:
                return
            time.sleep(_POLL_SECONDS)
        message = f"the campaign did not end: {progress}"
        raise DemoError(message)

    def _note(self, campaign: Mapping[str, Any]) -> None:
        progress = campaign["progress"]
        found = self.findings
        found.campaign_status = campaign["status"]
        found.planned = progress["planned"]
        found.fates = {fate: progress[fate] for fate in _FATES}
        found.reasons = progress["reasons"]
        found.excluded = progress["excluded"]

    def _settle(self, phones: Phones) -> None:
        """Wait until no phone has rung for a moment: replies to STOP are still on their way."""
        rang_at = time.monotonic()
        while time.monotonic() - rang_at < _QUIET_SECONDS:
            if phones.read():
                rang_at = time.monotonic()
            time.sleep(_POLL_SECONDS)

    # Act 4: the log.

    def _export(self) -> None:
        now = datetime.now(UTC)
        wanted = {
            "from": (self._started_at - timedelta(seconds=5)).isoformat(),
            "to": (now + timedelta(seconds=5)).isoformat(),
            "programme_id": PROGRAMME,
        }
        export_id = self.client.post("/v1/exports", wanted, COMPLIANCE)["export_id"]
        bar, until = Bar("Export", 1), time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            export = self.client.get(f"/v1/exports/{export_id}", group=COMPLIANCE)
            if export["status"] in ("done", "failed"):
                break
            time.sleep(_POLL_SECONDS)
        if export["status"] != "done":
            message = f"the export did not finish: {export}"
            raise DemoError(message)
        bar.end(1, f"{export['rows']} events")
        bundle = download(export["link"])
        self.findings.proof = prove(bundle, self.client.get("/v1/checkpoint"))
        self._read_log(log_of(bundle))

    def _read_log(self, data: bytes) -> None:
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        found = self.findings
        found.log_rows = len(rows)
        found.log_formulas = sum(
            cell.lstrip(" \u00a0").startswith(_FORMULA_STARTS)
            for row in rows
            for cell in row.values()
        )
        for row in rows:
            found.ways.logged.setdefault((row["type"], row["source"]), set()).add(_phone(row))
        found.confirmed = {_phone(row) for row in rows if row["type"] == "confirmed"}
        found.unsent = sum(
            row["type"] == "confirmation_texted" and json.loads(row["facts"])["outcome"] in _UNSENT
            for row in rows
        )
        named = {_phone(row): row["facts"] for row in rows if row["type"] == "withdrawn"}
        found.stops = [
            Stop(stop.number, stop.taken_at, _campaigns(named.get(stop.number), found.campaign_id))
            for stop in found.stops
        ]


def _phone(row: Mapping[str, str]) -> str:
    return row["phone"].removeprefix("'")


def _campaigns(facts: str | None, campaign_id: str) -> frozenset[str] | None:
    """Which of the campaigns that matter here the opt-out event names."""
    if facts is None:
        return None
    return frozenset({campaign_id}) if campaign_id in facts else frozenset()


class _Replies:
    """Reads the phones in the background and answers, as each person would, the texts that ask."""

    def __init__(self, phones: Phones, findings: Findings, choosing: Choosing) -> None:
        self._phones, self._findings, self._choosing = phones, findings, choosing
        self._waiting: dict[str, deque[SignUp]] = defaultdict(deque)
        self._thread = threading.Thread(target=self._run, name="demo-phones")
        self._ended = threading.Event()
        self._rang_at = time.monotonic()
        self._failure: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        self.answered = 0

    def __enter__(self) -> _Replies:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def expect(self, row: SignUp) -> None:
        """Keep a person's reply for the text that asks for it."""
        if row.number and not row.is_bot:
            self._waiting[row.number].append(row)

    def wait(self) -> None:
        """Return when no phone has rung for a moment."""
        while time.monotonic() - self._rang_at < _QUIET_SECONDS and self._thread.is_alive():
            time.sleep(_POLL_SECONDS)
        if not self._failure.empty():
            raise self._failure.get()

    def _run(self) -> None:
        try:
            while not self._ended.wait(_POLL_SECONDS):
                for text in self._phones.read():
                    self._rang_at = time.monotonic()
                    if text.asks_to_confirm:
                        self._answer(text)
                        # An answer by a page takes its time, in which other phones ring unread.
                        self._rang_at = time.monotonic()
        except Exception as error:
            self._failure.put(error)

    def _answer(self, text: Text) -> None:
        number, waiting = text.to, self._waiting[text.to]
        row = waiting.popleft() if waiting else None
        if row is None or not row.reply:
            return
        if not (row.is_agreed and self._choosing.say_yes(text, row.line)):
            self._phones.reply(number, row.reply)
        self.answered += 1
        if row.is_agreed:
            self._findings.agreed.add(number)
