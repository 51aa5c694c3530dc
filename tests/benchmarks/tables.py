"""As much of DynamoDB, S3 and SNS as a campaign meets, in a process of its own: quick and counting.

moto needs 5 to 10 ms of CPU per call, so at 100 texts a second the endpoint itself would be what is
measured. Conditions are looked at only where the pace depends on them: the rate buckets. What each
call costs is counted here, so that nothing is added to the process under measurement.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.crowd import Crowd
from tests.benchmarks.recorder import Counts

# Assumed of AWS within a Region: GET 5 ms, PUT 8 ms, publish 30 ms.
LATENCY = {"read": 0.005, "write": 0.008, "publish": 0.030}
_KEYS = ("pk", "subscriber_key", "campaign_id", "programme_id", "segment_id", "shard")
_SORTS = ("seq", "part", "sent_id")
_PUBLISHED = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>'
    "m-{number}</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId>"
    "</ResponseMetadata></PublishResponse>"
)
Item = dict[str, Any]


class ConditionFailedError(Exception):
    """Carries the item that is there instead."""


def _key(item: Item) -> tuple[str, str]:
    names = [next(name for name in _KEYS if name in item)]
    names += [name for name in _SORTS if name in item and name not in names]
    values = [next(iter(item[name].values())) for name in names]
    return values[0], values[1] if len(values) > 1 else ""


@dataclass
class Tables:
    """The items, by table and key."""

    tables: dict[str, dict[tuple[str, str], Item]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def answer(self, operation: str, body: Item) -> Item:
        """Return what DynamoDB would, for the requests of a campaign."""
        return getattr(self, f"_{operation}", lambda _: {})(body)

    def _put(self, table: str, item: Item) -> None:
        self.tables[table][_key(item)] = item

    def _PutItem(self, body: Item) -> Item:  # noqa: N802 - AWS's own name
        self._put(body["TableName"], body["Item"])
        return {}

    def _GetItem(self, body: Item) -> Item:  # noqa: N802
        item = self.tables[body["TableName"]].get(_key(body["Key"]))
        return {"Item": item} if item else {}

    def _BatchGetItem(self, body: Item) -> Item:  # noqa: N802
        ((table, asked),) = body["RequestItems"].items()
        found = (self.tables[table].get(_key(key)) for key in asked["Keys"])
        return {"Responses": {table: [item for item in found if item]}, "UnprocessedKeys": {}}

    def _BatchWriteItem(self, body: Item) -> Item:  # noqa: N802
        for table, requests in body["RequestItems"].items():
            for request in requests:
                self._put(table, request["PutRequest"]["Item"])
        return {"UnprocessedItems": {}}

    def _TransactWriteItems(self, body: Item) -> Item:  # noqa: N802
        for entry in body["TransactItems"]:
            ((kind, write),) = entry.items()
            if kind == "Put":
                self._put(write["TableName"], write["Item"])
            else:
                self._add(write)
        return {}

    def _UpdateItem(self, body: Item) -> Item:  # noqa: N802
        item = self.tables[body["TableName"]].get(_key(body["Key"]), {})
        values = body["ExpressionAttributeValues"]
        if ":slot" in values:
            seen = {name: item[name]["N"] for name in ("slot", "width") if item}
            expected = {n: values[f":seen_{n}"]["N"] for n in seen if f":seen_{n}" in values}
            if seen != expected:
                raise ConditionFailedError(item)
            written = {"slot": values[":slot"], "width": values[":width"]}
            self._put(body["TableName"], {**body["Key"], **written})
        elif ":read" in values:
            self._claim(item, body)
        elif ":one" in values:
            self._release(item, body)
        elif ":back" in values and item:
            item["slot"] = {"N": str(int(item["slot"]["N"]) + int(values[":back"]["N"]))}
        return {}

    def _claim(self, item: Item, body: Item) -> None:
        """A claim; nobody stops here, so two of its conditions matter."""
        names, values = body["ExpressionAttributeNames"], body["ExpressionAttributeValues"]
        claims = item["cl"]["M"].setdefault(names["#p"], {"M": {}})["M"]
        if names["#c"] in claims or item["cv"] != values[":read"]:
            raise ConditionFailedError(item)
        claims[names["#c"]] = values.get(":mark") or values[":first"]["M"][names["#c"]]
        item["cv"] = values[":next"]

    def _release(self, item: Item, body: Item) -> None:
        names = body["ExpressionAttributeNames"]
        del item["cl"]["M"][names["#p"]]["M"][names["#c"]]
        item["cv"] = {"N": str(int(item["cv"]["N"]) + 1)}

    def _Scan(self, body: Item) -> Item:  # noqa: N802
        return {"Items": list(self.tables[body["TableName"]].values())}

    def _Query(self, _: Item) -> Item:  # noqa: N802
        """Asked for is what a stage has none of: disclosures, ledger rows."""
        return {"Items": [], "Count": 0, "ScannedCount": 0}

    def _DescribeTable(self, body: Item) -> Item:  # noqa: N802
        return {"Table": {"ItemCount": len(self.tables[body["TableName"]])}}

    def _add(self, update: Item) -> None:
        counters = self.tables[update["TableName"]].setdefault(
            _key(update["Key"]), dict(update["Key"])
        )
        for mark, name in update["ExpressionAttributeNames"].items():
            more = int(update["ExpressionAttributeValues"][mark.replace("#", ":")]["N"])
            counters[name] = {"N": str(int(counters.get(name, {"N": "0"})["N"]) + more)}


class Endpoint:
    """Speaks plain HTTP to botocore, one task per connection. A `crowd` is what every scan finds,
    whatever was written."""

    def __init__(self, latency: dict[str, float], crowd: Crowd | None = None) -> None:
        self.latency = latency
        self.crowd = crowd
        self.tables = Tables()
        self.objects: dict[str, bytes] = {}
        self.counts = Counts()
        self.numbers = itertools.count()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            method, path, headers = head
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status, kind, content = await self._answer(method, path, headers, body)
            writer.write(
                f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n"
                f"content-length: {len(content)}\r\n\r\n".encode()
                + content
            )
        writer.close()

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        if path == "/_counted":
            counted, self.counts = self.counts, Counts()
            return 200, "application/json", json.dumps(counted.as_json()).encode()
        if "x-amz-target" in headers:
            operation = headers["x-amz-target"].partition(".")[2]
            return await self._dynamodb(operation, json.loads(body))
        if body.startswith(b"Action=Publish"):
            self.counts.published.append(time.time())
            self.counts.attempts["sns.Publish"] += 1
            await asyncio.sleep(self.latency["publish"])
            content = _PUBLISHED.format(number=next(self.numbers)).encode()
            return 200, "text/xml", content
        if method == "PUT":
            self.objects[path] = body
            return 200, "text/xml", b""
        return 200, "application/json", self.objects.get(path, b"")

    async def _dynamodb(self, operation: str, body: Item) -> tuple[int, str, bytes]:
        self.counts.attempts[f"dynamodb.{operation}"] += 1
        self.counts.written(operation, body)
        kind = "read" if operation in ("GetItem", "BatchGetItem", "Scan") else "write"
        await asyncio.sleep(self.latency[kind])
        if operation == "Scan" and self.crowd is not None:
            start = body.get("ExclusiveStartKey", {}).get("subscriber_key", {}).get("S", "")
            return 200, "application/x-amz-json-1.0", self.crowd.page(start)
        status = 200
        try:
            answer = self.tables.answer(operation, body)
            self.counts.read(operation, answer)
        except ConditionFailedError as failed:
            name = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            status, answer = 400, {"__type": name, "Item": failed.args[0]}
        return status, "application/x-amz-json-1.0", json.dumps(answer).encode()


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    method, path, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return method, path, {name.lower(): value.strip() for name, _, value in pairs}


async def _main(latency: dict[str, float], crowd: Crowd | None) -> None:
    server = await asyncio.start_server(Endpoint(latency, crowd).serve, "127.0.0.1", 0, limit=2**26)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-latency", action="store_true")
    parser.add_argument("--crowd", type=int)
    asked = parser.parse_args()
    slow = LATENCY if not asked.no_latency else dict.fromkeys(LATENCY, 0.0)
    asyncio.run(_main(slow, None if asked.crowd is None else Crowd(asked.crowd)))
