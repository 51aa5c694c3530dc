"""The marketer's desk: write a campaign, rehearse it, launch it, watch it, hold it, end it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from infra.demo.http import UnexpectedAnswerError
from infra.demo.phones import PATIENCE_SECONDS, DemoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.demo.http import Client
    from infra.demo.phones import Phones

MARKETING = "marketing"
ENDED = frozenset({"completed", "cancelled", "paused"})
FATES = (
    "sent",
    "refused",
    "suppressed",
    "not_renderable",
    "held_out",
    "in_doubt",
    "cancelled",
)
_POLL_SECONDS = 0.2
_AT_ANY_HOUR = {"quiet_hours": "override", "quiet_hours_reason": "virtual phones of the demo"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign to be written. `words` are the body or the variants, as the API takes them;
    `in_legal_hours` False texts at any hour."""

    name: str
    rule: Mapping[str, Any]
    words: Mapping[str, Any]
    hold_out_percent: int = 0
    in_legal_hours: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Works with one programme's campaigns, through the staff API alone."""

    client: Client
    phones: Phones
    programme_id: str
    nonce: str
    reports: dict[str, Any] = field(default_factory=dict)

    def ready(self, draft: Draft) -> str:
        """Write and rehearse a campaign; return its id. Its report is kept under it."""
        name = f"{draft.name} ({self.nonce})"
        segment = {"name": name, "rule": draft.rule}
        segment_id = self.client.post("/v1/segments", segment, MARKETING)["segment_id"]
        campaign = {
            "name": name,
            "programme_id": self.programme_id,
            "segment_id": segment_id,
            "hold_out_percent": draft.hold_out_percent,
            **draft.words,
            **({} if draft.in_legal_hours else _AT_ANY_HOUR),
        }
        campaign_id = str(self.client.post("/v1/campaigns", campaign, MARKETING)["campaign_id"])
        self.reports[campaign_id] = self._rehearsed(campaign_id)
        return campaign_id

    def launch(self, campaign_id: str) -> None:
        """Launch what was rehearsed."""
        self.client.post(f"/v1/campaigns/{campaign_id}/launch", {"allow_empty": True}, MARKETING)

    def may(self, campaign_id: str, act: str) -> bool:
        """Pause, resume, cancel or launch; False when the service answers that it may not be done
        in the campaign's state."""
        path = f"/v1/campaigns/{campaign_id}/{act}"
        return self.client.as_staff("POST", path, {}, MARKETING).status != HTTPStatus.CONFLICT

    def campaign(self, campaign_id: str) -> Mapping[str, Any]:
        """Return the campaign as the API shows it."""
        found: Mapping[str, Any] = self.client.get(f"/v1/campaigns/{campaign_id}", group=MARKETING)
        return found

    def watch(self, campaign_id: str) -> Iterator[Mapping[str, Any]]:
        """Yield the campaign again and again, its texts read, until it ended or is paused. Raises
        DemoError when nothing changes any more."""
        last, moved_at = None, time.monotonic()
        while True:
            shown = self.campaign(campaign_id)
            heard = self.phones.read()
            yield shown
            if shown["status"] in ENDED:
                return
            if heard or shown != last:
                last, moved_at = shown, time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE_SECONDS:
                message = f"the campaign stands still: {shown['status']} {shown['progress']}"
                raise DemoError(message)
            time.sleep(_POLL_SECONDS)

    def end(self, campaign_id: str) -> Mapping[str, Any]:
        """Wait until a campaign has ended, its counts add up and no text is under way; return it
        as it is then."""
        for _ in self.watch(campaign_id):
            pass
        moved_at = time.monotonic()
        while not adds_up(shown := self.campaign(campaign_id)):
            self.phones.read(wait_seconds=1)
            if time.monotonic() - moved_at > PATIENCE_SECONDS:
                break
        self.phones.settle()
        return shown

    def _rehearsed(self, campaign_id: str) -> Any:
        path = f"/v1/campaigns/{campaign_id}/rehearsal"
        self.client.post(path, group=MARKETING)
        until = time.monotonic() + PATIENCE_SECONDS
        while (found := self.client.get(path, group=MARKETING))["status"] == "running":
            if time.monotonic() > until:
                message = "the rehearsal did not end"
                raise DemoError(message)
            time.sleep(_POLL_SECONDS)
        if found["status"] != "done" or found["errors"]:
            message = f"the rehearsal ended {found['status']}: {found['errors']}"
            raise UnexpectedAnswerError(message)
        return found["report"]


def adds_up(campaign: Mapping[str, Any]) -> bool:
    """Whether everybody who was planned for has one fate."""
    progress = campaign["progress"]
    return bool(progress["planned"] == sum(progress[fate] for fate in FATES))
