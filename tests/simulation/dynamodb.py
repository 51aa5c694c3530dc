"""DynamoDB in memory: atomic items, transactions that lock and conflict, readings that are stale.

A transaction is prepared and committed in two steps with time between them, because that is where
AWS refuses others with conflicts. Everything else is one step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.expressions import (
    ExpressionError,
    Facts,
    Item,
    clone,
    comparable,
    condition,
    projected,
    updated,
)

Key = tuple[str, ...]
Written = Callable[[str, Key, Item | None, Item | None], None]

FAILED = "ConditionalCheckFailedException"
CONFLICT = "TransactionConflictException"
CANCELLED = "TransactionCanceledException"
INVALID = "ValidationException"
_MAX_ITEM_BYTES = 400 * 1024
_TOKEN_LIFE = 600_000_000


class RefusedError(Exception):
    """An answer that is an error: the code, its HTTP status and what else its body holds."""

    def __init__(self, code: str, status: int = 400, **body: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.body = body


def invalid(why: object) -> RefusedError:
    return RefusedError(INVALID, message=str(why))


@dataclass
class Table:
    """One table with all versions of its items; `indexes` maps a name to its key attributes."""

    name: str
    keys: tuple[str, ...]
    indexes: Mapping[str, tuple[str, ...]]
    items: dict[Key, Item] = field(default_factory=dict)
    versions: dict[Key, list[tuple[int, Item | None]]] = field(default_factory=dict)

    def key_of(self, item: Item) -> Key:
        found = []
        for name in self.keys:
            if name not in item:
                raise invalid(f"one of the required keys was not given a value: {name}")
            ((kind, content),) = item[name].items()
            if content in ("", b""):
                raise invalid("a key attribute cannot contain an empty string value")
            found.append(f"{kind}:{content}")
        return tuple(found)

    def as_of(self, instant: int) -> Iterable[Item]:
        """Yield the items as they were at `instant`."""
        for key, item in self.items.items():
            versions = self.versions.get(key)
            if not versions or versions[-1][0] <= instant:
                yield item
                continue
            yield from _before(versions, instant)
        for key, versions in self.versions.items():
            if key not in self.items:
                yield from _before(versions, instant)


def _before(versions: list[tuple[int, Item | None]], instant: int) -> Iterable[Item]:
    for at, item in reversed(versions):
        if at <= instant:
            if item is not None:
                yield item
            return


@dataclass
class Prepared:
    """A transaction that holds its items until it is committed."""

    writes: list[tuple[Table, Key, Item | None]]
    token: str | None


class DynamoDb:
    """Tables by name. `now` gives microseconds, `lag` how old an eventually consistent reading is;
    `written` is told of every change, transaction by transaction."""

    def __init__(
        self,
        now: Callable[[], int],
        lag: Callable[[], int] = lambda: 0,
        page: int = 1000,
    ) -> None:
        self.tables: dict[str, Table] = {}
        self.watchers: list[Callable[[list[tuple[str, Key, Item | None, Item | None]]], None]] = []
        self._now = now
        self._lag = lag
        self._page = page
        self._locks: dict[tuple[str, Key], Prepared] = {}
        self._done: dict[str, tuple[int, str]] = {}
        self._under_way: set[str] = set()

    def create(self, name: str, properties: Mapping[str, Any]) -> None:
        """Make a table as a template declares it."""
        self.tables[name] = Table(
            name,
            _key_names(properties["KeySchema"]),
            {
                index["IndexName"]: _key_names(index["KeySchema"])
                for index in properties.get("GlobalSecondaryIndexes", [])
            },
        )

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do one operation at once. Raises RefusedError."""
        acts: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "GetItem": self._get,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "Query": self._query,
            "Scan": self._scan,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "DescribeTable": self._describe,
            "TransactWriteItems": self._transact,
        }
        if operation not in acts:
            message = f"the simulated DynamoDB has no {operation}"
            raise LookupError(message)
        try:
            return acts[operation](request)
        except ExpressionError as error:
            raise invalid(error) from error

    # --- One item --------------------------------------------------------------------------------
    def _get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        key = table.key_of(request["Key"])
        found = table.items.get(key) if request.get("ConsistentRead") else self._stale(table, key)
        return {"Item": self._shown(found, request)} if found is not None else {}

    def _stale(self, table: Table, key: Key) -> Item | None:
        versions = table.versions.get(key)
        if not versions:
            return table.items.get(key)
        return next(iter(_before(versions, self._now() - self._lag())), None)

    def _put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        key = table.key_of(request["Item"])
        self._refuse_locked(table, key)
        before = table.items.get(key)
        self._check(request, before)
        self._write([(table, key, _sized(clone(request["Item"])))])
        return _returned(request, before)

    def _update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        key = table.key_of(request["Key"])
        self._refuse_locked(table, key)
        before = table.items.get(key)
        self._check(request, before)
        after = _after(table, request, before)
        self._write([(table, key, after)])
        if request.get("ReturnValues") == "ALL_NEW":
            return {"Attributes": clone(after)}
        return _returned(request, before)

    def _delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        key = table.key_of(request["Key"])
        self._refuse_locked(table, key)
        before = table.items.get(key)
        self._check(request, before)
        if before is not None:
            self._write([(table, key, None)])
        return _returned(request, before)

    def _check(self, request: Mapping[str, Any], before: Item | None) -> None:
        if _holds(request, before):
            return
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        body = {"Item": clone(before)} if shown and before is not None else {}
        raise RefusedError(FAILED, message="The conditional request failed", **body)

    def _refuse_locked(self, table: Table, key: Key) -> None:
        if (table.name, key) in self._locks:
            raise RefusedError(CONFLICT)

    # --- Many items ------------------------------------------------------------------------------
    def _query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        index = request.get("IndexName")
        order = table.indexes[index] if index else table.keys
        if index and request.get("ConsistentRead"):
            raise invalid("consistent reads are not supported on global secondary indexes")
        test = condition(request["KeyConditionExpression"])
        found = [
            item
            for item in self._readable(table, request)
            if all(name in item for name in order) and test(_facts(request, item))
        ]
        found.sort(key=lambda item: [comparable(item[name]) for name in (*order[1:], *table.keys)])
        if request.get("ScanIndexForward") is False:
            found.reverse()
        return self._paged(table, request, found)

    def _scan(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        found = list(self._readable(table, request))
        if "TotalSegments" in request:
            number, total = request["Segment"], request["TotalSegments"]
            found = [item for item in found if _segment(table.key_of(item), total) == number]
        found.sort(key=lambda item: _place(table.key_of(item)))
        return self._paged(table, request, found)

    def _readable(self, table: Table, request: Mapping[str, Any]) -> Iterable[Item]:
        if request.get("ConsistentRead"):
            return list(table.items.values())
        return table.as_of(self._now() - self._lag())

    def _paged(self, table: Table, request: Mapping[str, Any], found: list[Item]) -> dict[str, Any]:
        start = request.get("ExclusiveStartKey")
        if start:
            after = table.key_of({name: start[name] for name in table.keys})
            at = next((i for i, item in enumerate(found) if table.key_of(item) == after), None)
            if at is None:
                at = _resumed(table, request, found, after)
            found = found[at + 1 :]
        limit = min(request.get("Limit") or self._page, self._page)
        page, rest = found[:limit], found[limit:]
        kept = page
        if "FilterExpression" in request:
            test = condition(request["FilterExpression"])
            kept = [item for item in page if test(_facts(request, item))]
        answer: dict[str, Any] = {"Count": len(kept), "ScannedCount": len(page)}
        answer["Items"] = [self._shown(item, request) for item in kept]
        if rest:
            names = {*table.keys, *table.indexes.get(request.get("IndexName", ""), ())}
            answer["LastEvaluatedKey"] = {name: clone(page[-1][name]) for name in sorted(names)}
        return answer

    def _batch_get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, list[Item]] = {}
        for name, asked in request["RequestItems"].items():
            table = self._table({"TableName": name})
            keys = [table.key_of(key) for key in asked["Keys"]]
            if len(set(keys)) != len(keys) or len(keys) > 100:
                raise invalid("provided list of item keys contains duplicates, or too many")
            read = table.items.get if asked.get("ConsistentRead") else _reader(self, table)
            items = [item for key in keys if (item := read(key)) is not None]
            found[name] = [self._shown(item, asked) for item in items]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _batch_write(self, request: Mapping[str, Any]) -> dict[str, Any]:
        left: dict[str, list[Any]] = {}
        for name, asked in request["RequestItems"].items():
            table = self._table({"TableName": name})
            keys = [table.key_of(_batched(each)) for each in asked]
            if len(set(keys)) != len(keys) or len(keys) > 25:
                raise invalid("provided list of item keys contains duplicates, or too many")
            for key, each in zip(keys, asked, strict=True):
                if (table.name, key) in self._locks:
                    left.setdefault(name, []).append(each)
                    continue
                put = each.get("PutRequest")
                self._write([(table, key, _sized(clone(put["Item"])) if put else None)])
        return {"UnprocessedItems": left}

    def _describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(request)
        return {"Table": {"TableName": table.name, "ItemCount": len(table.items)}}

    # --- Transactions ----------------------------------------------------------------------------
    def _transact(self, request: Mapping[str, Any]) -> dict[str, Any]:
        prepared = self.prepare(request)
        if prepared is not None:
            self.commit(prepared)
        return {}

    def prepare(self, request: Mapping[str, Any]) -> Prepared | None:
        """Check a transaction and lock its items; None: it was committed before under its token.

        Raises RefusedError when it is cancelled, invalid or still under way.
        """
        token = request.get("ClientRequestToken")
        if token is not None and self._was_done(token, request):
            return None
        try:
            writes, reasons = self._judged(request["TransactItems"])
        except ExpressionError as error:
            raise invalid(error) from error
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons [{codes}]"
            raise RefusedError(CANCELLED, message=message, CancellationReasons=reasons)
        prepared = Prepared(writes, token)
        for table, key, _ in writes:
            self._locks[table.name, key] = prepared
        if token is not None:
            self._under_way.add(token)
            self._done[token] = (self._now(), repr(request["TransactItems"]))
        return prepared

    def _was_done(self, token: str, request: Mapping[str, Any]) -> bool:
        if token in self._under_way:
            raise RefusedError("TransactionInProgressException")
        at, asked = self._done.get(token, (-_TOKEN_LIFE, ""))
        if self._now() - at >= _TOKEN_LIFE:
            return False
        if asked != repr(request["TransactItems"]):
            raise RefusedError("IdempotentParameterMismatchException")
        return True

    def commit(self, prepared: Prepared) -> None:
        """Write what was prepared, all of it at once."""
        for table, key, _ in prepared.writes:
            del self._locks[table.name, key]
        if prepared.token is not None:
            self._under_way.discard(prepared.token)
        self._write(prepared.writes)

    def _judged(
        self, asked: list[Mapping[str, Any]]
    ) -> tuple[list[tuple[Table, Key, Item | None]], list[dict[str, Any]]]:
        writes: list[tuple[Table, Key, Item | None]] = []
        reasons: list[dict[str, Any]] = []
        seen: set[tuple[str, Key]] = set()
        for each in asked:
            ((kind, request),) = each.items()
            table = self._table(request)
            key = table.key_of(request["Item"] if kind == "Put" else request["Key"])
            if (table.name, key) in seen:
                raise invalid("transaction request cannot include multiple operations on one item")
            seen.add((table.name, key))
            before = table.items.get(key)
            reasons.append(self._reason(table, key, request, before))
            if reasons[-1]["Code"] == "None" and kind != "ConditionCheck":
                writes.append((table, key, _wanted(kind, table, request, before)))
        return writes, reasons

    def _reason(
        self, table: Table, key: Key, request: Mapping[str, Any], before: Item | None
    ) -> dict[str, Any]:
        if (table.name, key) in self._locks:
            return {"Code": "TransactionConflict", "Message": "Transaction is ongoing"}
        if _holds(request, before):
            return {"Code": "None"}
        reason: dict[str, Any] = {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
        }
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return {**reason, "Item": clone(before)} if shown and before is not None else reason

    # --- Within ----------------------------------------------------------------------------------
    def _table(self, request: Mapping[str, Any]) -> Table:
        name = request["TableName"]
        if name not in self.tables:
            raise RefusedError("ResourceNotFoundException")
        return self.tables[name]

    def _shown(self, item: Item, request: Mapping[str, Any]) -> Item:
        names = request.get("ExpressionAttributeNames", {})
        if "ProjectionExpression" in request:
            item = projected(item, request["ProjectionExpression"], names)
        shown: Item = clone(item)
        return shown

    def _write(self, writes: list[tuple[Table, Key, Item | None]]) -> None:
        now = self._now()
        told = []
        for table, key, after in writes:
            before = table.items.get(key)
            versions = table.versions.setdefault(key, [(-1, before)])
            versions.append((now, after))
            if after is None:
                table.items.pop(key, None)
            else:
                table.items[key] = after
            told.append((table.name, key, before, after))
        for watcher in self.watchers:
            watcher(told)


def _reader(store: DynamoDb, table: Table) -> Callable[[Key], Item | None]:
    return lambda key: store._stale(table, key)


def _key_names(schema: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    ordered = sorted(schema, key=lambda part: part["KeyType"] != "HASH")
    return tuple(part["AttributeName"] for part in ordered)


def _facts(request: Mapping[str, Any], item: Item) -> Facts:
    return Facts(
        item,
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )


def _holds(request: Mapping[str, Any], before: Item | None) -> bool:
    text = request.get("ConditionExpression")
    return text is None or condition(text)(_facts(request, before or {}))


def _after(table: Table, request: Mapping[str, Any], before: Item | None) -> Item:
    base = before if before is not None else clone(dict(request["Key"]))
    text = request.get("UpdateExpression")
    if text is None:
        return base
    after = updated(
        base,
        text,
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )
    if table.key_of(after) != table.key_of(base):
        raise invalid("cannot update attribute: it is part of the key")
    return _sized(after)


def _wanted(
    kind: str, table: Table, request: Mapping[str, Any], before: Item | None
) -> Item | None:
    if kind == "Put":
        return _sized(clone(request["Item"]))
    return _after(table, request, before) if kind == "Update" else None


def _returned(request: Mapping[str, Any], before: Item | None) -> dict[str, Any]:
    if request.get("ReturnValues") == "ALL_OLD" and before is not None:
        return {"Attributes": clone(before)}
    return {}


def _batched(each: Mapping[str, Any]) -> Item:
    item: Item = (
        each["PutRequest"]["Item"] if "PutRequest" in each else each["DeleteRequest"]["Key"]
    )
    return item


def _sized(item: Item) -> Item:
    if sum(len(name) + _bytes(value) for name, value in item.items()) > _MAX_ITEM_BYTES:
        raise invalid("item size has exceeded the maximum allowed size")
    return item


def _bytes(value: Any) -> int:
    if isinstance(value, dict):
        return sum(len(key) + _bytes(inner) for key, inner in value.items())
    if isinstance(value, list):
        return sum(map(_bytes, value))
    return len(value) if isinstance(value, (str, bytes)) else 1


def _place(key: Key) -> str:
    return hashlib.sha1("|".join(key[:1]).encode(), usedforsecurity=False).hexdigest() + key[-1]


def _segment(key: Key, total: int) -> int:
    return int(_place(key)[:8], 16) * total >> 32


def _resumed(table: Table, request: Mapping[str, Any], found: list[Item], after: Key) -> int:
    """Return the place of a start key whose item is gone or has moved in a stale reading."""
    places = [_place(table.key_of(item)) for item in found]
    if "KeyConditionExpression" in request:
        raise invalid("the start key is gone")
    return sum(place <= _place(after) for place in places) - 1
