"""Tables restored from a backup forget opt-outs: what lies under Object Lock stops all sending."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.clients import dynamodb
from assent.clock import SystemClock, iso
from assent.evidence.sealing import BrokenChainError
from tests.functions.inbound import an_entry, an_event
from tests.functions.world import Context, a_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functions.world import World

PHONE = "+14155554077"


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


def seal(world: World) -> None:
    later = datetime.now(UTC) + timedelta(seconds=1)
    world.invoke("evidence_seal", {"until": iso(later)}, Context(milliseconds=300_000))


def forget(table: str, *keys: str) -> None:
    """Bring a table back to before anything was in it."""
    rows = boto3.resource("dynamodb").Table(table)
    for item in rows.scan()["Items"]:
        rows.delete_item(Key={key: item[key] for key in keys})


def test_sending_stops_when_the_tables_are_older_than_the_locked_digests(world: World) -> None:
    world.invoke("inbound_sms", an_event(an_entry(originationNumber=PHONE, messageBody="STOP")))
    seal(world)
    campaigns = DynamoCampaignStore(dynamodb(), "CampaignsTable", SystemClock())
    assert campaigns.brake() is None
    forget("SubscribersTable", "subscriber_key")
    forget("ConsentEventsTable", "subscriber_key", "seq")
    forget("SealsTable", "subscriber_key", "number")
    forget("DigestsTable", "chain", "number")
    with pytest.raises(BrokenChainError):
        seal(world)
    brake = campaigns.brake()
    assert brake is not None
    assert "vault" in brake.by
