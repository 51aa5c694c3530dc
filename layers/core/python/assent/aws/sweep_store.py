"""How far the provider's opt-out list has been read: one short-lived item of the Control table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.tables import SweepItem, bind
from assent.provider_opt_outs.sweeping import Sweep

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock

_PK = "provider_opt_outs#sweep"
# The provider's page tokens live shorter than this; without one the list is read from its start.
_KEPT = timedelta(days=1)


class DynamoSweepStore:
    """A `SweepStore`."""

    def __init__(self, client: DynamoDBClient, control_table: str, clock: Clock) -> None:
        self._items = bind(SweepItem, control_table, client)
        self._clock = clock

    def load(self) -> Sweep | None:
        try:
            with translated():
                item = self._items.get(_PK, consistent_read=True)
        except self._items.DoesNotExist:
            return None
        return Sweep(item.started_at, item.cursor)

    def save(self, sweep: Sweep) -> None:
        expires_at = int((self._clock.now() + _KEPT).timestamp())
        item = self._items(
            _PK, cursor=sweep.cursor, started_at=sweep.started_at, expires_at=expires_at
        )
        with translated():
            item.save()

    def end(self) -> None:
        with translated():
            self._items(_PK).delete()
