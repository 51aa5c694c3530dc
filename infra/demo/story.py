"""One morning in acts: people sign up and answer, a campaign runs and some stop, small ones are
held, ended or split, and the log is read."""

from __future__ import annotations

import random
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.demo.browser import Browser
from infra.demo.choosing import OWN_MAXIMUM, Choosing
from infra.demo.desk import FATES, Desk, Draft
from infra.demo.findings import Findings, Stop
from infra.demo.phones import DemoError, Phones
from infra.demo.reading import Reading
from infra.demo.report import Bar
from infra.demo.signing_up import SigningUp
from infra.demo.steadiness import Steadiness
from infra.demo.steering import Steering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.demo.http import Client
    from infra.demo.signups import SignUp

PROGRAMME = "demo"
_STOP_SHARE = 0.05
_HOLD_OUT_PERCENT = 2


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

    def tell(self, rows: Sequence[SignUp]) -> Findings:
        """Play all acts. Raises DemoError, UnexpectedAnswerError or OSError."""
        found, client, phones = self.findings, self.client, Phones(self.client)
        found.asked_rate = self.asked_rate
        choosing = Choosing(client, Browser(client.netloc), found.ways, PROGRAMME, self.seed)
        SigningUp(client, phones, choosing, found, self._nonce, self.speed).play(rows)
        choosing.choose(phones.texts())
        desk = Desk(client, phones, PROGRAMME, self._nonce)
        self._run_early_campaign(desk, choosing)
        self._run_campaign(desk)
        steering = Steering(desk, self._staying())
        steering.play()
        Reading(client, found, PROGRAMME, self._started_at).play()
        found.episodes = steering.finish()
        found.texts = phones.texts()
        return found

    # Act 2: a small campaign to people who want few texts; some of them leave by its link.

    def _run_early_campaign(self, desk: Desk, choosing: Choosing) -> None:
        ways, mark = self.findings.ways, f"early{self._nonce}"
        rule = {"field": "max_per_month", "op": "lte", "value": OWN_MAXIMUM}
        body = f"Early access today with code {mark}. No more texts: {{{{ unsubscribe_link }}}}"
        before = len(desk.phones.texts())
        campaign_id = desk.ready(Draft("Early", rule, {"body": body}, _HOLD_OUT_PERCENT))
        desk.launch(campaign_id)
        bar = Bar("Early campaign", 1)
        status = desk.end(campaign_id)["status"]
        ways.early_texts = [text for text in desk.phones.texts()[before:] if mark in text.body]
        choosing.leave(ways.early_texts)
        bar.end(1, f"{len(ways.early_texts)} texted, {len(ways.left_at)} left by link")
        if status != "completed":
            message = f"the early campaign did not end well: {status}"
            raise DemoError(message)

    # Act 3: a segment, a campaign, and people who stop while it runs.

    def _run_campaign(self, desk: Desk) -> None:
        found, phones, before = self.findings, desk.phones, len(desk.phones.texts())
        body = "{{ first_name | default('Hello') }}, 20% off today with code " + self._nonce
        rule = {"field": "first_name", "op": "exists"}
        found.campaign_id = desk.ready(Draft("Demo", rule, {"body": body}, _HOLD_OUT_PERCENT))
        with Steadiness() as steadiness:
            desk.launch(found.campaign_id)
            stops = self._stop_meanwhile(desk, before)
            self._note(desk.end(found.campaign_id))
            found.uneven = steadiness.worst
        texts = phones.texts()[before:]
        found.campaign_texts = [text for text in texts if self._is_ours(text.body)]
        found.stops = [Stop(number, at, None) for number, at in stops.items()]

    def _stop_meanwhile(self, desk: Desk, before: int) -> Mapping[str, datetime]:
        """Watch the campaign to its end while every so often somebody texts STOP; return when."""
        phones, ways = desk.phones, self.findings.ways
        silent = {*ways.left_at, *ways.paused, *(text.to for text in ways.early_texts)}
        people = sorted(self.findings.agreed - silent)
        draw = random.Random(self.seed)  # noqa: S311 - chooses who stops, not secrets
        stoppers = deque(draw.sample(people, round(len(people) * _STOP_SHARE)))
        every = len(people) / (len(stoppers) + 1)
        bar, seen, stops = Bar("Campaign", len(people)), 0, dict[str, datetime]()
        for _ in desk.watch(self.findings.campaign_id):
            seen = sum(self._is_ours(text.body) for text in phones.texts()[before:])
            while stoppers and seen >= every * (len(stops) + 1):
                number = stoppers.popleft()
                stops[number] = phones.reply(number, "STOP")
            bar.show(seen, f"{len(stops)} stopped")
        bar.end(seen, f"{len(stops)} stopped")
        return stops

    def _is_ours(self, body: str) -> bool:
        return f"code {self._nonce}" in body

    def _note(self, campaign: Mapping[str, Any]) -> None:
        progress, found = campaign["progress"], self.findings
        found.campaign_status = campaign["status"]
        found.planned = progress["planned"]
        found.fates = {fate: progress[fate] for fate in FATES}
        found.reasons = progress["reasons"]
        found.excluded = progress["excluded"]

    # Act 4 is of those who stayed and set nothing on their own page.

    def _staying(self) -> Mapping[str, SignUp]:
        found = self.findings
        gone = {*found.ways.left_at, *found.ways.chose, *(stop.number for stop in found.stops)}
        one_clock = {
            number
            for number, rows in found.people.items()
            if len({(row.fields["time_zone"], row.fields["max_per_month"]) for row in rows}) == 1
        }
        return {n: found.people[n][-1] for n in sorted((found.agreed & one_clock) - gone)}
