"""Sums in the control table: one conditional ADD for a batch, forgotten by itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from assent.aws.answers import CONDITION_FAILED, code_of, fact_of, not_now, translated
from assent.campaigns.allowance import Allowance
from assent.campaigns.prices import price_list
from assent.errors import SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock

_TRIES = 10
_KEPT_SECONDS = 86_400


class LimitedSettings(Protocol):
    """What a function that sends campaigns is told of its limits; 0 for none."""

    control_table: str
    origination_identity: str
    daily_parts: int
    monthly_spend_limit: str
    prices_per_part: str


@dataclass(frozen=True, slots=True)
class DynamoAllowances:
    """An `AllowanceStore`. An answer that is lost may have taken: then a limit is met sooner."""

    client: DynamoDBClient
    control_table: str

    def take(self, key: str, wanted: int, most: int, until: datetime) -> int:
        for _ in range(_TRIES):
            if wanted <= 0:
                return 0
            taken = self._add(key, wanted, most - wanted, until)
            if taken is None:
                return wanted
            wanted = min(wanted, most - taken)
        raise not_now()

    def give_back(self, key: str, amount: int) -> None:
        with translated():
            self.client.update_item(
                TableName=self.control_table,
                Key=_key(key),
                UpdateExpression="ADD taken :back",
                ExpressionAttributeValues={":back": {"N": str(-amount)}},
            )

    def taken(self, key: str) -> int:
        with translated():
            found = self.client.get_item(
                TableName=self.control_table, Key=_key(key), ConsistentRead=True
            )
        return _taken(found.get("Item", {}))

    def _add(self, key: str, wanted: int, room: int, until: datetime) -> int | None:
        """Return None when it was added, else the sum that has no room for it."""
        if room < 0:
            return self.taken(key)
        try:
            self.client.update_item(
                TableName=self.control_table,
                Key=_key(key),
                UpdateExpression="ADD taken :wanted SET expires_at = :end",
                ConditionExpression="attribute_not_exists(taken) OR taken <= :room",
                ExpressionAttributeValues={
                    ":wanted": {"N": str(wanted)},
                    ":room": {"N": str(room)},
                    ":end": {"N": str(int(until.timestamp()) + _KEPT_SECONDS)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != CONDITION_FAILED:
                raise (fact_of(error) or error) from error
            item: Any = error.response.get("Item")
            return _taken(item) if item else self.taken(key)
        except BotoCoreError as error:
            raise (fact_of(error) or error) from error
        return None


def allowance_of(
    settings: LimitedSettings, client: DynamoDBClient, clock: Clock
) -> Allowance | None:
    """Return the sender's allowance, None where nothing limits it. Raises SettingsError."""
    try:
        dollars = Decimal(settings.monthly_spend_limit)
    except InvalidOperation:
        message = "MONTHLY_SPEND_LIMIT is an amount of US dollars"
        raise SettingsError(message) from None
    if not settings.daily_parts and not dollars:
        return None
    return Allowance(
        DynamoAllowances(client, settings.control_table),
        clock,
        settings.origination_identity,
        price_list(settings.prices_per_part),
        settings.daily_parts,
        dollars,
    )


def _taken(item: Any) -> int:
    return int(item.get("taken", {}).get("N", "0"))


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": f"allowance#{key}"}}
