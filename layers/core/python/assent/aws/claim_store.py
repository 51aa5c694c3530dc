"""The claim: one conditional write on the subscriber's item decides whether a text may go out.

It goes to the client directly: this is the one call made once per text, and PynamoDB's update does
not ask for the item that refused it, which saves a read when a person has just replied STOP.
Each attempt writes a mark of its own, so that it knows its claim again when an answer was lost.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.audience.engagement import Act, plus_all
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
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.subscriber import Subscriber
    from assent.consent.model import Claim
    from assent.identifiers import CampaignId, SubscriberKey

# A consent change in flight on the same item refuses the claim unseen; it is over in milliseconds.
_TRIES = 4

_CONDITIONS = (
    f"{packed.CLAIMS_VERSION} = :read"
    f" AND begins_with({packed.CONSENTS}.#p, :confirmed)"
    f" AND attribute_not_exists({packed.STOPPED_AT})"
    f" AND attribute_not_exists({packed.HOLD})"
    f" AND attribute_not_exists({packed.RESTRICTED_AT})"
    f" AND (attribute_not_exists({packed.PAUSED_UNTIL}) OR {packed.PAUSED_UNTIL} <= :at)"
    f" AND attribute_not_exists({packed.CLAIMS}.#p.#c)"
)
# The claims version guards the choice: nobody can have added the programme's first claim meanwhile.
_ADD = f"SET {packed.CLAIMS}.#p.#c = :mark, {packed.CLAIMS_VERSION} = :next"
_ADD_FIRST = f"SET {packed.CLAIMS}.#p = :first, {packed.CLAIMS_VERSION} = :next"


_OURS = f"{packed.CLAIMS}.#p.#c BETWEEN :first AND :last"
_RELEASE = (
    f"REMOVE {packed.CLAIMS}.#p.#c SET {packed.CLAIMS_VERSION} = {packed.CLAIMS_VERSION} + :one"
)


@dataclass(frozen=True, slots=True)
class DynamoClaimStore:
    """A `ClaimStore`. When it raises, the claim or its release may have been written or not."""

    client: DynamoDBClient
    subscribers_table: str

    def claim(
        self, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId]
    ) -> Claimed | ClaimRefused:
        """One write unit. Raises TryAgainError for throttling, network errors and lost answers.

        The client repeats a call whose answer was lost; refused by the claim that the first copy
        wrote, that is still this call's claim, and its mark proves it.
        """
        mark = _mark(claim, secrets.randbelow(packed.ATTEMPTS))
        request = _request(self.subscribers_table, subscriber, claim, forget, mark)
        item = self._update(request)
        if item is None:
            return Claimed()
        if not item:
            item = self._read(request["Key"])
        if item and _marked(item, claim) == mark:
            return Claimed()
        return ClaimRefused(packed.subscriber_of(item) if item else None)

    def release(self, subscriber_key: SubscriberKey, claim: Claim) -> None:
        """One write unit. Raises TryAgainError as `claim` does."""
        self._update(
            {
                "TableName": self.subscribers_table,
                "Key": {packed.KEY: {"S": subscriber_key}},
                "UpdateExpression": _RELEASE,
                "ConditionExpression": _OURS,
                "ExpressionAttributeNames": {"#p": claim.programme_id, "#c": claim.campaign_id},
                "ExpressionAttributeValues": {
                    ":first": packed.number(_mark(claim, 0)),
                    ":last": packed.number(_mark(claim, packed.ATTEMPTS - 1)),
                    ":one": packed.number(1),
                },
                "ReturnValuesOnConditionCheckFailure": "NONE",
            }
        )

    def _update(self, request: Any) -> Mapping[str, Any] | None:
        """Return None when it was written, else the item that refused it as far as was told."""
        for _ in range(_TRIES):
            try:
                self.client.update_item(**request)
            except ClientError as error:
                code = code_of(error)
                if code == CONDITION_FAILED:
                    refused_by: Any = error.response.get("Item")
                    return refused_by or {}
                if code != CONFLICT:
                    raise (fact_of(error) or error) from error
            except BotoCoreError as error:
                raise (fact_of(error) or error) from error
            else:
                return None
        raise not_now()

    def _read(self, key: dict[str, Any]) -> Mapping[str, Any]:
        # No item in the answer: the person is gone, or this endpoint is older than the feature.
        with translated():
            found = self.client.get_item(
                TableName=self.subscribers_table, Key=key, ConsistentRead=True
            )
        return found.get("Item", {})


def _mark(claim: Claim, attempt: int) -> int:
    return packed.micros(claim.at) * packed.ATTEMPTS + attempt


def _marked(item: Mapping[str, Any], claim: Claim) -> int | None:
    """Return the mark of the claim that stands for this campaign."""
    of_programme = item[packed.CLAIMS]["M"].get(claim.programme_id, {"M": {}})["M"]
    return int(of_programme[claim.campaign_id]["N"]) if claim.campaign_id in of_programme else None


def _request(
    table: str, subscriber: Subscriber, claim: Claim, forget: Sequence[CampaignId], mark: int
) -> dict[str, Any]:
    standing = subscriber.standing
    names = {"#p": claim.programme_id, "#c": claim.campaign_id}
    values: dict[str, Any] = {
        ":read": packed.number(standing.claims_version),
        ":next": packed.number(standing.claims_version + 1),
        ":confirmed": {"S": packed.CONFIRMED_MARK},
        ":at": packed.number(packed.micros(claim.at)),
    }
    if any(known.programme_id == claim.programme_id for known in standing.claims.values()):
        expression = _ADD
        values[":mark"] = packed.number(mark)
    else:
        expression = _ADD_FIRST
        values[":first"] = {"M": {claim.campaign_id: packed.number(mark)}}
    if forget:
        expression += _remembering(subscriber, forget, values)
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


def _remembering(
    subscriber: Subscriber, forget: Sequence[CampaignId], values: dict[str, Any]
) -> str:
    """Keep of a claim what segments ask for: when it was. The claims version guards this too."""
    claims = subscriber.standing.claims
    forgotten = [claims[campaign_id].at for campaign_id in forget if campaign_id in claims]
    after = plus_all(subscriber.engagement.get(Act.SENT), forgotten)
    if after is None:
        return ""
    values[":sent"] = packed.packed_activity(after)
    return f", {packed.ENGAGEMENT[Act.SENT]} = :sent"


def _removal(claims: Any, forget: Sequence[CampaignId], names: dict[str, str]) -> str:
    paths = []
    for index, campaign_id in enumerate(forget):
        known = claims.get(campaign_id)
        if known is not None:
            names[f"#fp{index}"] = known.programme_id
            names[f"#fc{index}"] = campaign_id
            paths.append(f"{packed.CLAIMS}.#fp{index}.#fc{index}")
    return f" REMOVE {', '.join(paths)}" if paths else ""
