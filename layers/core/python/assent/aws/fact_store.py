"""Attributes and acts on the subscriber's item, written so that no claim and no consent change is
refused because of them: only their own attributes are conditions.

An act and its name are one transaction, so that neither a crash nor a repetition counts it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.audience.engagement import plus
from assent.audience.facts import ATTRIBUTE_PREFIX, MAX_ATTRIBUTES, Reported
from assent.aws import subscriber_item as packed
from assent.aws.answers import code_of, fact_of, not_now, translated
from assent.errors import ChangedMeanwhileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.audience.engagement import Act, Activity
    from assent.audience.facts import Deduped
    from assent.audience.subscriber import Subscriber
    from assent.consent.model import Standing
    from assent.identifiers import SubscriberKey

_TRIES = 4
# An erased person has no phone, and nothing more is to be known of them.
_KNOWN = f"attribute_exists({packed.PHONE})"


@dataclass(frozen=True, slots=True)
class DynamoFactStore:
    """A `FactStore`."""

    client: DynamoDBClient
    subscribers_table: str
    control_table: str

    def add(self, subscriber_key: SubscriberKey, act: Act, at: datetime, once: Deduped) -> Reported:
        """Two write units for the act, two for its name."""
        for _ in range(_TRIES):
            person = self.person(subscriber_key)
            if person is None:
                return Reported.UNKNOWN_SUBSCRIBER
            before = person.engagement.get(act)
            update = self._counting(subscriber_key, act, before, plus(before, at))
            try:
                self.client.transact_write_items(TransactItems=[self._naming(once), update])
            except ClientError as error:
                if _was_counted(error):
                    return Reported.REPEATED
                continue
            except BotoCoreError as error:
                raise (fact_of(error) or error) from error
            return Reported.DONE
        raise not_now()

    def describe(
        self, subscriber_key: SubscriberKey, facts: Mapping[str, str | int | None]
    ) -> Reported:
        """One write unit."""
        for _ in range(_TRIES):
            person = self.person(subscriber_key)
            if person is None:
                return Reported.UNKNOWN_SUBSCRIBER
            if _attributes_after(person.profile, facts) > MAX_ATTRIBUTES:
                return Reported.TOO_MANY_ATTRIBUTES
            request: Any = self._describing(subscriber_key, person, facts)
            try:
                with translated(ChangedMeanwhileError("The profile was changed meanwhile.")):
                    self.client.update_item(**request)
            except ChangedMeanwhileError:
                continue
            return Reported.DONE
        raise not_now()

    def standing(self, subscriber_key: SubscriberKey) -> Standing | None:
        """Return who is known under the key, as the keys of older versions are told by."""
        person = self.person(subscriber_key)
        return person.standing if person else None

    def person(self, subscriber_key: SubscriberKey) -> Subscriber | None:
        """Return who is known and not erased, read consistently."""
        with translated():
            found = self.client.get_item(
                TableName=self.subscribers_table,
                Key={packed.KEY: {"S": subscriber_key}},
                ConsistentRead=True,
            )
        item = found.get("Item")
        return packed.subscriber_of(item) if item and packed.PHONE in item else None

    def _counting(
        self, subscriber_key: SubscriberKey, act: Act, before: Activity | None, after: Activity
    ) -> Any:
        name = packed.ENGAGEMENT[act]
        values = {":after": packed.packed_activity(after)}
        same = f"attribute_not_exists({name})"
        if before is not None:
            same = f"{name} = :before"
            values[":before"] = packed.packed_activity(before)
        return {
            "Update": {
                "TableName": self.subscribers_table,
                "Key": {packed.KEY: {"S": subscriber_key}},
                "UpdateExpression": f"SET {name} = :after",
                "ConditionExpression": f"{_KNOWN} AND {same}",
                "ExpressionAttributeValues": values,
            }
        }

    def _naming(self, once: Deduped) -> Any:
        return {
            "Put": {
                "TableName": self.control_table,
                "Item": {
                    "pk": {"S": f"act#{once.name}"},
                    "expires_at": packed.number(int(once.until.timestamp())),
                },
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _describing(
        self, subscriber_key: SubscriberKey, person: Subscriber, facts: Mapping[str, Any]
    ) -> Any:
        names, values, sets, removed = {}, {}, [], []
        for index, (name, value) in enumerate(facts.items()):
            names[f"#f{index}"] = packed.packed_name(name)
            if value is None:
                removed.append(f"{packed.PROFILE}.#f{index}")
            else:
                values[f":f{index}"] = packed.packed_value(value)
                sets.append(f"{packed.PROFILE}.#f{index} = :f{index}")
        values[":size"] = packed.number(len(person.profile))
        expression = [f"SET {', '.join(sets)}"] if sets else []
        expression += [f"REMOVE {', '.join(removed)}"] if removed else []
        return {
            "TableName": self.subscribers_table,
            "Key": {packed.KEY: {"S": subscriber_key}},
            "UpdateExpression": " ".join(expression),
            "ConditionExpression": f"{_KNOWN} AND size({packed.PROFILE}) = :size",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }


def _attributes_after(profile: Mapping[str, object], facts: Mapping[str, str | int | None]) -> int:
    after = {**profile, **facts}
    return sum(n.startswith(ATTRIBUTE_PREFIX) and v is not None for n, v in after.items())


def _was_counted(error: ClientError) -> bool:
    """Return whether the act's name was there before; False: the item has changed, ask again.

    Raises TryAgainError for a refusal that may pass, and anything else as it is.
    """
    if code_of(error) != "TransactionCanceledException":
        raise (fact_of(error) or error) from error
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = [str(reason.get("Code", "")) for reason in reasons]
    if codes and codes[0] == "ConditionalCheckFailed":
        return True
    if codes and all(code in _TRY_AT_ONCE for code in codes):
        return False
    raise not_now() from error


_TRY_AT_ONCE = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})
