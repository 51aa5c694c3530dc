"""The claim: one conditional write on the subscriber's item decides whether a text may go out.

It goes to the client directly: this is the one call made once per text, and PynamoDB's update does
not ask for the item that refused it, which saves a read when a person has just replied STOP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.aws import subscriber_item as packed
from assent.aws.answers import (
    CONDITION_FAILED,
    CONFLICT,
    code_of,
    fact_of,
    not_now,
    translated,
)
from assent.campaigns.model import Claimed, ClaimRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.subscriber import Subscriber
    from assent.consent.model import Claim
    from assent.identifiers import CampaignId

# A consent change in flight on the same item refuses the claim unseen; it is over in milliseconds.
_TRIES = 4

_CONDITIONS = (
    f"{packed.CLAIMS_VERSION} = :read"
    f" AND begins_with({packed.CONSENTS}.#p, :confirmed)"
    f" AND attribute_not_exists({packed.STOPPED_AT})"
    f" AND attribute_not_exists({packed.HOLD})"
    f" AND (attribute_not_exists({packed.PAUSED_UNTIL}) OR {packed.PAUSED_UNTIL} <= :at)"
    f" AND attribute_not_exists({packed.CLAIMS}.#p.#c)"
)
# The claims version guards the choice: nobody can have added the programme's first claim meanwhile.
_ADD = f"SET {packed.CLAIMS}.#p.#c = :at, {packed.CLAIMS_VERSION} = :next"
_ADD_FIRST = f"SET {packed.CLAIMS}.#p = :first, {packed.CLAIMS_VERSION} = :next"


@dataclass(frozen=True, slots=True)
class DynamoClaimStore:
    """A `ClaimStore`. A claim whose answer was lost may stand: the caller who asks again is refused
    and finds its own claim, at its own time, in `current`."""

    client: DynamoDBClient
    subscribers_table: str

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        """One write unit. Raises TryAgainError for throttling, network errors and lost answers."""
        request = _request(self.subscribers_table, subscriber, claim, forget)
        for _ in range(_TRIES):
            try:
                self.client.update_item(**request)
            except ClientError as error:
                code = code_of(error)
                if code == CONDITION_FAILED:
                    return self._refused(error, request["Key"])
                if code != CONFLICT:
                    raise (fact_of(error) or error) from error
            except BotoCoreError as error:
                raise (fact_of(error) or error) from error
            else:
                return Claimed()
        raise not_now()

    def _refused(self, error: ClientError, key: dict[str, Any]) -> ClaimRefused:
        # No item in the answer: the person is gone, or this endpoint is older than the feature.
        item: Any = error.response.get("Item")
        if not item:
            with translated():
                found = self.client.get_item(
                    TableName=self.subscribers_table, Key=key, ConsistentRead=True
                )
            item = found.get("Item")
        return ClaimRefused(packed.subscriber_of(item) if item else None)


def _request(
    table: str, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
) -> dict[str, Any]:
    standing = subscriber.standing
    names = {"#p": claim.programme_id, "#c": claim.campaign_id}
    values: dict[str, Any] = {
        ":read": {"N": str(standing.claims_version)},
        ":next": {"N": str(standing.claims_version + 1)},
        ":confirmed": {"S": packed.CONFIRMED_MARK},
        ":at": {"N": str(packed.micros(claim.at))},
    }
    if any(known.programme_id == claim.programme_id for known in standing.claims.values()):
        expression = _ADD
    else:
        expression = _ADD_FIRST
        values[":first"] = {"M": {claim.campaign_id: values[":at"]}}
    if forget:
        expression += _removal(standing.claims, forget, names)
    return {
        "TableName": table,
        "Key": {packed.KEY: {"S": standing.subscriber_key}},
        "UpdateExpression": expression,
        "ConditionExpression": _CONDITIONS,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def _removal(claims: Any, forget: Sequence[CampaignId], names: dict[str, str]) -> str:
    paths = []
    for index, campaign_id in enumerate(forget):
        known = claims.get(campaign_id)
        if known is not None:
            names[f"#fp{index}"] = known.programme_id
            names[f"#fc{index}"] = campaign_id
            paths.append(f"{packed.CLAIMS}.#fp{index}.#fc{index}")
    return f" REMOVE {', '.join(paths)}" if paths else ""
