"""Counts what the SDK really sends: every attempt, at the moment its request is made."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WRITE_BYTES = 1024
_READ_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its client was asked for it, so that it can be made again."""

    service: str
    operation: str
    params: dict[str, Any]


@dataclass(slots=True)
class Counts:
    """What was sent. `units` are DynamoDB's, by kind; `table_writes` counts written items by table,
    `published` the instants at which texts were published or arrived."""

    attempts: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    table_writes: Counter[str] = field(default_factory=Counter)
    published: list[float] = field(default_factory=list)

    def written(self, operation: str, body: dict[str, Any]) -> None:
        """Count what a DynamoDB request writes."""
        for table, item, factor in _writes(operation, body):
            self.table_writes[table] += 1
            self.units["write"] += factor * write_units(item)

    def read(self, operation: str, parsed: dict[str, Any]) -> None:
        """Count what a DynamoDB answer has read."""
        if operation == "GetItem":
            self.units["read"] += read_units(parsed.get("Item", {}))
        elif operation == "BatchGetItem":
            for items in parsed.get("Responses", {}).values():
                self.units["read"] += sum(map(read_units, items))
        elif operation in ("Query", "Scan"):
            size = sum(map(size_of, parsed.get("Items", [])))
            self.units["half_read"] += max(1, -(-size // _READ_BYTES))

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, record: dict[str, Any]) -> Counts:
        counters = ("attempts", "units", "table_writes")
        return cls(**{**record, **{name: Counter(record[name]) for name in counters}})


@dataclass(slots=True)
class Recorder:
    """Counts and keeps what the clients given to `watch` have sent."""

    counts: Counts = field(default_factory=Counts)
    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, client: Any) -> None:
        """Record this client from now on."""
        service = client.meta.service_model.service_name

        def asked(params: dict[str, Any], model: Any, **_: Any) -> None:
            with self._lock:
                self.calls.append(Call(service, model.name, dict(params)))

        def made(request: Any, operation_name: str, **_: Any) -> None:
            with self._lock:
                self.counts.attempts[f"{service}.{operation_name}"] += 1

        def answered(parsed: dict[str, Any], model: Any, **_: Any) -> None:
            if service == "dynamodb":
                with self._lock:
                    self.counts.read(model.name, parsed)

        def sent(params: dict[str, Any], model: Any, **_: Any) -> None:
            if service == "dynamodb":
                with self._lock:
                    self.counts.written(model.name, json.loads(params["body"]))

        events = client.meta.events
        events.register("provide-client-params", asked)
        events.register("request-created", made)
        events.register("before-call", sent)
        events.register("after-call", answered)


def _writes(operation: str, body: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any], int]]:
    """Yield (table, what is known of the item, factor). Of an update only what it sets is known:
    whether the whole item stays below 1 KB is a test of the adapter that packs it."""
    if operation == "PutItem":
        yield body["TableName"], body["Item"], 1
    elif operation == "UpdateItem":
        yield body["TableName"], body.get("ExpressionAttributeValues", {}), 1
    elif operation == "BatchWriteItem":
        for table, requests in body["RequestItems"].items():
            for request in requests:
                yield table, request["PutRequest"]["Item"], 1
    elif operation == "TransactWriteItems":
        for entry in body["TransactItems"]:
            ((_, write),) = entry.items()
            known = write.get("Item") or write.get("ExpressionAttributeValues", {})
            yield write["TableName"], known, 2


def write_units(item: dict[str, Any]) -> int:
    """AWS, "DynamoDB read and write operations": per started KB."""
    return max(1, -(-size_of(item) // _WRITE_BYTES))


def read_units(item: dict[str, Any]) -> int:
    """A consistent read, per started 4 KB; a missing item costs one, too."""
    return max(1, -(-size_of(item) // _READ_BYTES))


def size_of(item: dict[str, Any]) -> int:
    """Return the bytes of an item by AWS's rules, "DynamoDB item sizes and formats"."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((kind, inner),) = value.items()
    if kind == "S":
        return len(inner.encode())
    if kind == "N":
        return len(inner.strip("-").replace(".", "")) // 2 + 1
    if kind == "B":
        return len(inner)
    if kind == "M":
        return 3 + sum(1 + len(k.encode()) + _value_size(v) for k, v in inner.items())
    if kind == "L":
        return 3 + sum(1 + _value_size(v) for v in inner)
    return 1


def worst_second(instants: Sequence[float]) -> int:
    """Return the most events in any half-open second."""
    ordered, start, worst = sorted(instants), 0, 0
    for end, instant in enumerate(ordered):
        while instant - ordered[start] >= 1.0:
            start += 1
        worst = max(worst, end - start + 1)
    return worst
