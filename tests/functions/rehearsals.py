"""A rehearsal's steps through their own handler, in the workflow's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.functions.requests import Answer, Client
    from tests.functions.world import World


def begin(staff: Client, campaign_id: str) -> Any:
    answer = staff.send("POST", f"/v1/campaigns/{campaign_id}/rehearsal")
    assert answer.status == 202, answer.text
    return answer.json


def walk(world: World, begun: Any) -> str:
    """Do what the workflow does; return the status it ends with."""
    work = {"campaign_id": begun["campaign_id"], "rehearsal_id": begun["rehearsal_id"]}
    asked = world.invoke("campaign_rehearse", {**work, "step": "slices"})
    for each in asked["slices"]:
        world.invoke("campaign_rehearse", {**work, "step": "count", **each})
    return str(world.invoke("campaign_rehearse", {**work, "step": "finish"})["status"])


def rehearse(world: World, staff: Client, campaign_id: str) -> Any:
    """Rehearse and return what staff read afterwards."""
    assert walk(world, begin(staff, campaign_id)) == "done"
    return staff.get(f"/v1/campaigns/{campaign_id}/rehearsal").json


def launch(world: World, staff: Client, campaign_id: str, **body: Any) -> Answer:
    """Rehearse and launch, even if nobody would be texted."""
    rehearse(world, staff, campaign_id)
    wanted = {"allow_empty": True, **body}
    return staff.send("POST", f"/v1/campaigns/{campaign_id}/launch", wanted)
