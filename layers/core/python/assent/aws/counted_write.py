"""One write and the addition that counts it, in one transaction: repeated, it is counted once.

Whatever ends together adds to one item, and transactions on it refuse each other; those wait and
try again, a little longer each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from assent.aws.answers import code_of, fact_of, not_now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock

_FIRST_WAIT_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class CountedWrites:
    """Writes to wherever a put says, and counts in a part of a campaign's or flow's items."""

    client: DynamoDBClient
    counters_table: str
    clock: Clock
    tries: int

    def put(
        self, put: Mapping[str, Any], owner_id: str, part: str, added: Mapping[str, Any]
    ) -> bool:
        """Put the item where its own condition holds, and add to the counters; else return False.

        Raises TryAgainError when others keep the counters busy: then nothing is written.
        """
        key = {"campaign_id": {"S": owner_id}, "part": {"S": part}}
        update = {"TableName": self.counters_table, "Key": key, **added}
        writes: Any = [{"Put": put}, {"Update": update}]
        for attempt in range(self.tries):
            try:
                self.client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise (fact_of(error) or error) from error
                reasons: Any = error.response.get("CancellationReasons", [])
                if reasons and reasons[0].get("Code") == "ConditionalCheckFailed":
                    return False
                if any(reason.get("Code") == "ValidationError" for reason in reasons):
                    raise
            except BotoCoreError as error:
                raise (fact_of(error) or error) from error
            else:
                return True
            self.clock.sleep(_FIRST_WAIT_SECONDS * 1.5**attempt)
        raise not_now()
