"""Batch reads and writes to the end: what DynamoDB hands back unprocessed is asked for again.

PynamoDB's own batches repeat at once and without limit, which feeds the very throttling they met.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from assent.aws.answers import not_now, translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.clock import Clock

# AWS, "BatchGetItem" and "BatchWriteItem".
_GET_AT_MOST = 100
_PUT_AT_MOST = 25
_ROUNDS = 6
_FIRST_WAIT_SECONDS = 0.05


def get_all(
    client: DynamoDBClient, clock: Clock, table: str, keys: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the items of `keys` that exist, read consistently. Keys must differ.

    Raises TryAgainError when the table keeps handing keys back.
    """
    for chunk in _chunks(keys, _GET_AT_MOST):
        waiting: Any = {table: {"Keys": chunk, "ConsistentRead": True}}
        for wait in _waits():
            with translated():
                answer = client.batch_get_item(RequestItems=waiting)
            yield from answer["Responses"].get(table, [])
            waiting = answer.get("UnprocessedKeys")
            if not waiting:
                break
            clock.sleep(wait)
        else:
            raise not_now()


def put_all(
    client: DynamoDBClient, clock: Clock, table: str, items: Iterable[dict[str, Any]]
) -> None:
    """Put every item; their keys must differ. Raises TryAgainError when the table keeps handing
    items back, and then some may be written."""
    requests = [{"PutRequest": {"Item": item}} for item in items]
    for chunk in _chunks(requests, _PUT_AT_MOST):
        waiting: Any = {table: chunk}
        for wait in _waits():
            with translated():
                waiting = client.batch_write_item(RequestItems=waiting).get("UnprocessedItems")
            if not waiting:
                break
            clock.sleep(wait)
        else:
            raise not_now()


def _waits() -> Iterator[float]:
    return (_FIRST_WAIT_SECONDS * 2**n for n in range(_ROUNDS))


def _chunks(things: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk
