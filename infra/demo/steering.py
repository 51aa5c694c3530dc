"""The act of the small campaigns: one paused, one ended midway, one split, one in the law's hours,
and one under the brake for everything.

Each has its own people, so that no promise of so many texts a month hides what is shown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from infra.demo.desk import MARKETING, Desk, Draft
from infra.demo.episodes import Episode, Halted, Night, Split
from infra.demo.report import Bar
from infra.demo.steadiness import Steadiness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from infra.demo.phones import Text
    from infra.demo.signups import SignUp

# Several parts make few people a campaign that lasts long enough to be stopped midway.
_LONG = "Everything is reduced while stocks last, in every shop and online. " * 8
_SILENCE_SECONDS = 2.0
_SHARES, _HOLD_OUT_PERCENT = {"A": 2, "B": 1}, 20
_NOON = 12
# Who wants so many texts a month, or as many as there are, gets one more after all others.
_MANY = 8


@dataclass(slots=True)
class Steering:
    """`people` are the confirmed by number, with how they signed up last. A cancelled campaign is
    settled half a minute later, when no claim can be under way any more: `play` sets all parts
    going, and `finish` collects what became of them."""

    desk: Desk
    people: Mapping[str, SignUp]
    _endings: list[Callable[[], Episode]] = field(default_factory=list)
    _steadiness: Steadiness = field(default_factory=Steadiness)

    def play(self) -> None:
        """Play all parts, those that are cancelled first."""
        paused, ended, braked = self._groups()
        parts: Sequence[tuple[str, Callable[[], Callable[[], Episode]]]] = (
            ("four zones", self._night),
            ("one cancelled", lambda: self._ended(ended)),
            ("one paused and resumed", lambda: self._paused(paused)),
            ("all stopped and released", lambda: self._braked(braked)),
            ("one split", self._split),
        )
        bar = Bar("Small campaigns", len(parts))
        with self._steadiness:
            for done, (name, part) in enumerate(parts):
                bar.show(done, name)
                self._endings.append(part())
        bar.end(len(parts), ", ".join(name for name, _ in parts))

    def finish(self) -> Sequence[Episode]:
        """Return what was seen of each part, once all have ended."""
        bar = Bar("Settling", len(self._endings))
        episodes = [ending() for ending in self._endings]
        bar.end(len(episodes))
        return episodes

    def _groups(self) -> Sequence[Mapping[str, Any]]:
        """Return rules for people without a maximum of their own, apart by the year of birth."""
        years = sorted(
            int(row.fields["birth_year"])
            for row in self.people.values()
            if row.fields["birth_year"] and not row.fields["max_per_month"]
        )
        third = len(years) // 3
        cuts = [years[third], years[2 * third]] if third else [1960, 1980]
        spans = ((0, cuts[0]), (cuts[0], cuts[1]), (cuts[1], 9999))
        own = {"not": {"field": "max_per_month", "op": "exists"}}
        return [
            {
                "and": [
                    own,
                    {"field": "birth_year", "op": "gte", "value": begin},
                    {"field": "birth_year", "op": "lt", "value": end},
                ]
            }
            for begin, end in spans
        ]

    def _paused(self, rule: Mapping[str, Any]) -> Callable[[], Episode]:
        campaign_id, mark, before = self._begin("Paused", rule, _LONG)
        halted = self._halt(lambda: self.desk.may(campaign_id, "pause"), before, mark)
        on_at = datetime.now(UTC)
        if halted:
            self.desk.may(campaign_id, "resume")
        seen = self._seen(campaign_id, mark, before)
        return lambda: Halted("Paused and resumed", *seen, halted, on_at)

    def _ended(self, rule: Mapping[str, Any]) -> Callable[[], Episode]:
        campaign_id, mark, before = self._begin("Ended", rule, _LONG)
        halted = self._halt(lambda: self.desk.may(campaign_id, "cancel"), before, mark)
        wants = "cancelled" if halted else "completed"

        def ending() -> Episode:
            seen = self._seen(campaign_id, mark, before)
            return Halted("Cancelled midway", *seen, halted, wants=wants)

        return ending

    def _braked(self, rule: Mapping[str, Any]) -> Callable[[], Episode]:
        campaign_id, mark, before = self._begin("Braked", rule, _LONG)
        halted = self._halt(self._pull, before, mark)
        refusals = {"a resumption": not self.desk.may(campaign_id, "resume")} if halted else {}
        self.desk.client.post("/v1/campaigns/stop-all/release", group=MARKETING)
        on_at = datetime.now(UTC)
        self.desk.may(campaign_id, "resume")
        seen = self._seen(campaign_id, mark, before)
        return lambda: Halted("Panic stop and release", *seen, halted, on_at, refusals)

    def _pull(self) -> bool:
        return bool(self.desk.client.post("/v1/campaigns/stop-all", group=MARKETING)["paused"])

    def _split(self) -> Callable[[], Episode]:
        marks = {name: f"code {name.lower()}s{self.desk.nonce}" for name in _SHARES}
        variants = [
            {"name": name, "weight": weight, "body": f"Our best of the week with {marks[name]}"}
            for name, weight in _SHARES.items()
        ]
        rule = {"field": "max_per_month", "op": "gte", "value": 4}
        draft = Draft("Split", rule, {"variants": variants}, _HOLD_OUT_PERCENT)
        before, campaign_id = len(self.desk.phones.texts()), self.desk.ready(draft)
        self.desk.launch(campaign_id)
        seen = self._seen(campaign_id, f"s{self.desk.nonce}", before)
        return lambda: Split("A/B with hold-out", *seen, marks, _SHARES, _HOLD_OUT_PERCENT)

    def _night(self) -> Callable[[], Episode]:
        zones = _four_zones([row.fields["time_zone"] for row in self.people.values()])
        mark, before = f"code n{self.desk.nonce}", len(self.desk.phones.texts())
        many = {"field": "max_per_month", "op": "gte", "value": _MANY}
        any_number = {"or": [{"not": {"field": "max_per_month", "op": "exists"}}, many]}
        rule = {"and": [any_number, {"field": "time_zone", "op": "in", "value": zones}]}
        draft = Draft("Night", rule, {"body": f"Good day with {mark}"}, in_legal_hours=True)
        campaign_id = self.desk.ready(draft)
        launched_at = datetime.now(UTC)
        self.desk.launch(campaign_id)
        report = self.desk.reports[campaign_id]
        windows = [
            (datetime.fromisoformat(each["release_at"]), each["people"])
            for each in report["windows"]
        ]
        unsent = (*report["suppressed"].values(), *report["not_renderable"].values())
        left_out = report["held_out"] + sum(unsent)
        self._await_fates(campaign_id, sum(n for opens, n in windows if opens <= launched_at))
        self.desk.may(campaign_id, "cancel")
        theirs = {
            number: row.fields["time_zone"]
            for number, row in self.people.items()
            if row.fields["time_zone"] in zones
            and int(row.fields["max_per_month"] or _MANY) >= _MANY
        }

        def ending() -> Episode:
            seen = self._seen(campaign_id, mark, before)
            return Night("Quiet hours in four zones", *seen, theirs, windows, launched_at, left_out)

        return ending

    def _begin(self, name: str, rule: Mapping[str, Any], body: str) -> tuple[str, str, int]:
        mark = f"code {name[0].lower()}{self.desk.nonce}"
        before = len(self.desk.phones.texts())
        campaign_id = self.desk.ready(Draft(name, rule, {"body": f"{body}Now with {mark}"}))
        self.desk.launch(campaign_id)
        return campaign_id, mark, before

    def _halt(self, act: Callable[[], bool], before: int, mark: str) -> datetime | None:
        """Stop a campaign once its first texts show, and listen for a while; return when it was
        stopped, None where it was over already."""
        phones, until = self.desk.phones, time.monotonic() + 60
        while not self._texts(before, mark) and time.monotonic() < until:
            phones.read(wait_seconds=1)
        if not act():
            return None
        halted_at = datetime.now(UTC)
        listen_until = time.monotonic() + _SILENCE_SECONDS
        while time.monotonic() < listen_until:
            phones.read(wait_seconds=1)
            time.sleep(0.1)
        return halted_at

    def _await_fates(self, campaign_id: str, people: int) -> None:
        """Wait until so many have a fate: those whose window is open."""
        for shown in self.desk.watch(campaign_id):
            progress = shown["progress"]
            done = progress["sent"] + progress["refused"] + progress["in_doubt"]
            if shown["status"] == "running" and done >= people and progress["planned"]:
                return

    def _seen(
        self, campaign_id: str, mark: str, before: int
    ) -> tuple[Mapping[str, Any], Sequence[Text], timedelta]:
        campaign = self.desk.end(campaign_id)
        return campaign, self._texts(before, mark), self._steadiness.worst

    def _texts(self, before: int, mark: str) -> Sequence[Text]:
        return [text for text in self.desk.phones.texts()[before:] if mark in text.body]


def _four_zones(zones: Sequence[str]) -> list[str]:
    """Return the two where it is latest at night and the two where it is most day, of those where
    people live."""
    now = datetime.now(UTC)

    def from_noon(zone: str) -> float:
        local = now.astimezone(ZoneInfo(zone))
        return abs(local.hour + local.minute / 60 - _NOON)

    found = sorted({zone for zone in zones if zone}, key=from_noon)
    return [*found[:2], *found[-2:]] if len(found) > 3 else found  # noqa: PLR2004 - of four
