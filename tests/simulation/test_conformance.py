"""The simulated DynamoDB answers as moto does: each case runs on both, whole answers compared.

Where AWS and moto differ (locks, tokens, stale readings), the last tests state what AWS documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from assent.aws import clients
from tests.functions.world import CREDENTIALS, environment
from tests.simulation.dynamodb import CONFLICT, DynamoDb, RefusedError
from tests.simulation.expressions import clone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Do = Callable[[str, dict[str, Any]], dict[str, Any]]

SCHEMA: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("status", "S"), ("at", "S"))
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_status",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
ONE = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ITEM: dict[str, Any] = {
    **ONE,
    "n": {"N": "5"},
    "text": {"S": "hello"},
    "map": {"M": {"x": {"N": "1"}, "deeper": {"M": {"y": {"S": "z"}}}}},
    "list": {"L": [{"S": "one"}, {"S": "two"}]},
    "status": {"S": "open"},
    "at": {"S": "2026"},
}


@pytest.fixture(scope="module")
def moto() -> Iterator[Do]:
    with environment(CREDENTIALS), mock_aws():
        client: Any = clients.dynamodb.__wrapped__()

        def do(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            answer: dict[str, Any] = client._make_api_call(operation, clone(request))
            answer.pop("ResponseMetadata", None)
            return answer

        yield do


def simulated() -> Do:
    store = DynamoDb(lambda: 0)
    store.create("t", SCHEMA)
    return lambda operation, request: store.call(operation, clone(request))


def outcome(do: Do, operation: str, request: dict[str, Any]) -> Any:
    """Return the answer, or what is told of the refusal."""
    try:
        answer = do(operation, request)
    except RefusedError as refused:
        codes = [reason["Code"] for reason in refused.body.get("CancellationReasons", [])]
        return (refused.code, refused.body.get("Item"), codes)
    except ClientError as error:
        told: Any = error.response
        codes = [reason["Code"] for reason in told.get("CancellationReasons", [])]
        return (told["Error"]["Code"], told.get("Item"), codes)
    if operation in ("UpdateItem", "PutItem", "DeleteItem"):
        return answer.get("Attributes")
    kept = ("Item", "Items", "Count", "LastEvaluatedKey", "Responses")
    return {name: answer[name] for name in kept if answer.get(name)}


def update(expression: str, condition: str = "", **values: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "TableName": "t",
        "Key": ONE,
        "UpdateExpression": expression,
        "ReturnValues": "ALL_NEW",
    }
    if condition:
        request["ConditionExpression"] = condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        request["ExpressionAttributeValues"] = {f":{k}": v for k, v in values.items()}
    return request


def put(item: dict[str, Any], condition: str = "") -> dict[str, Any]:
    request: dict[str, Any] = {"TableName": "t", "Item": item}
    return {**request, "ConditionExpression": condition} if condition else request


def named(request: dict[str, Any], **names: str) -> dict[str, Any]:
    return {**request, "ExpressionAttributeNames": {f"#{k}": v for k, v in names.items()}}


N1, N9, S = {"N": "1"}, {"N": "9"}, {"S": "x"}
UPDATES = {
    "set": update("SET n = :v, fresh = :s", v=N9, s=S),
    "sum": update("SET n = n + :v", v=N9),
    "difference": update("SET n = n - :v", v=N9),
    "if_not_exists": update("SET n = if_not_exists(n, :v), m = if_not_exists(m, :v)", v=N9),
    "list_append": update("SET #l = list_append(#l, :v)", v={"L": [S]})
    | {"ExpressionAttributeNames": {"#l": "list"}},
    "nested": named(update("SET #m.x = :v, #m.w = :v", v=N9), m="map"),
    "nested in nothing": update("SET gone.x = :v", v=N9),
    "add to nothing": update("ADD fresh :v", v=N9),
    "add and set": update("ADD n :v SET m = :v", v=N9),
    "add below zero": update("ADD n :v", v={"N": "-7"}),
    "remove": named(update("REMOVE #m.x, gone"), m="map"),
    "remove in nothing": update("REMOVE gone.x"),
    "remove and set": named(update("REMOVE #t SET n = :v", v=N9), t="text"),
    "of the key": update("SET sk = :v", v=N9),
    "of what is not there": update("SET m = gone", v=N9),
    "sum of text": named(update("SET n = #t + :v", v=N9), t="text"),
}
CONDITIONS = {
    "=": ("n = :v", N9),
    "= (true)": ("n = :v", {"N": "5.0"}),
    "= other type": ("n = :v", {"S": "5"}),
    "<>": ("n <> :v", N9),
    "<> of nothing": ("gone <> :v", N9),
    "<": ("n < :v", N9),
    "< by number": ("n < :v", {"N": "10"}),
    ">=": ("n >= :v", N9),
    "exists": ("attribute_exists(n) AND n <> :v", N9),
    "not exists": ("attribute_not_exists(n) OR n = :v", N9),
    "begins": ("begins_with(#t, :v)", {"S": "he"}),
    "begins not": ("begins_with(#t, :v)", {"S": "lo"}),
    "begins number": ("begins_with(n, :v)", {"S": "5"}),
    "contains": ("contains(#t, :v)", {"S": "ell"}),
    "list contains": ("contains(#l, :v)", {"S": "two"}),
    "between": ("n BETWEEN :v AND :v", {"N": "5"}),
    "in": ("n IN (:v, n)", N9),
    "not": ("NOT n = :v", N9),
    "and or": ("n = :v AND n = :v OR attribute_exists(n)", N9),
    "grouped": ("n = :v AND (n = :v OR attribute_exists(n))", N9),
    "deep": ("#m.deeper.y = :v", {"S": "z"}),
    "deep in nothing": ("#m.gone.y = :v", {"S": "z"}),
    "size": ("size(#t) = :v", {"N": "5"}),
    "index": ("#l[1] = :v", {"S": "two"}),
}


@pytest.fixture
def both(moto: Do) -> Iterator[tuple[Do, Do]]:
    mine = simulated()
    created = {"TableName": "t", "BillingMode": "PAY_PER_REQUEST", **SCHEMA}
    moto("CreateTable", created)
    for do in (moto, mine):
        do("PutItem", put(ITEM))
    yield moto, mine
    moto("DeleteTable", {"TableName": "t"})


def same(both: tuple[Do, Do], operation: str, request: dict[str, Any]) -> Any:
    theirs, mine = (outcome(do, operation, request) for do in both)
    assert mine == theirs
    key = {"TableName": "t", "Key": ONE, "ConsistentRead": True}
    stored = [outcome(do, "GetItem", key) for do in both]
    assert stored[1] == stored[0]
    return mine


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_writes_the_same(both: tuple[Do, Do], name: str) -> None:
    same(both, "UpdateItem", UPDATES[name])


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_holds_for_the_same(both: tuple[Do, Do], name: str) -> None:
    text, value = CONDITIONS[name]
    names = {"t": "text", "l": "list", "m": "map"}
    used = {key: name for key, name in names.items() if f"#{key}" in text}
    request = update("SET n = :new", text, v=value, new=N1)
    same(both, "UpdateItem", named(request, **used) if used else request)


def test_a_put_and_a_deletion_keep_to_their_condition(both: tuple[Do, Do]) -> None:
    assert same(both, "PutItem", put(ITEM, "attribute_not_exists(pk)"))[0] != "ok"
    same(both, "DeleteItem", {"TableName": "t", "Key": ONE, "ReturnValues": "ALL_OLD"})
    same(both, "PutItem", put(ITEM, "attribute_not_exists(pk)"))


def many(both: tuple[Do, Do]) -> None:
    for number in range(2, 8):
        item = {**ITEM, "sk": {"N": str(number)}, "at": {"S": f"20{30 - number}"}}
        for do in both:
            do("PutItem", put(item))


@pytest.mark.parametrize("forward", [True, False])
def test_a_query_reads_the_same_pages(both: tuple[Do, Do], forward: bool) -> None:
    many(both)
    request: dict[str, Any] = {
        "TableName": "t",
        "KeyConditionExpression": "pk = :a AND sk > :one",
        "ExpressionAttributeValues": {":a": {"S": "a"}, ":one": N1, ":f": {"S": "hello"}},
        "FilterExpression": "#t = :f",
        "ExpressionAttributeNames": {"#t": "text"},
        "ScanIndexForward": forward,
        "Limit": 4,
    }
    first = same(both, "Query", request)
    rest = same(both, "Query", {**request, "ExclusiveStartKey": first["LastEvaluatedKey"]})
    assert len(first["Items"]) + len(rest["Items"]) == 6


def test_an_index_is_in_its_own_order(both: tuple[Do, Do]) -> None:
    many(both)
    request = {
        "TableName": "t",
        "IndexName": "by_status",
        "KeyConditionExpression": "#s = :open",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":open": {"S": "open"}},
    }
    assert len(same(both, "Query", request)["Items"]) == 7


def test_a_scan_finds_the_same_in_all_its_segments(both: tuple[Do, Do]) -> None:
    many(both)
    for do in both:
        found = []
        for segment in range(3):
            page = do("Scan", {"TableName": "t", "Segment": segment, "TotalSegments": 3})
            found += page["Items"]
        assert sorted(int(item["sk"]["N"]) for item in found) == list(range(1, 8))


def test_batches_read_and_write_the_same(both: tuple[Do, Do]) -> None:
    two = {**ITEM, "sk": {"N": "2"}}
    writes = {"t": [{"PutRequest": {"Item": two}}, {"DeleteRequest": {"Key": ONE}}]}
    keys = [ONE, {"pk": {"S": "a"}, "sk": {"N": "2"}}]
    same(both, "BatchWriteItem", {"RequestItems": writes})
    same(both, "BatchGetItem", {"RequestItems": {"t": {"Keys": keys, "ConsistentRead": True}}})
    same(both, "BatchGetItem", {"RequestItems": {"t": {"Keys": [ONE, ONE]}}})


def bump(condition: str) -> dict[str, Any]:
    request = update("ADD n :v", condition, v=N9)
    del request["ReturnValues"]
    return request


TWO = {**ITEM, "sk": {"N": "2"}}
TRANSACTIONS = {
    "all": [{"Update": bump("n < :v")}, {"Put": put(TWO, "attribute_not_exists(pk)")}],
    "one fails": [{"Update": bump("n > :v")}, {"Put": put(TWO)}],
    "the other fails": [{"Update": bump("n < :v")}, {"Put": put(TWO, "attribute_exists(pk)")}],
    "both fail": [{"Update": bump("n > :v")}, {"Put": put(TWO, "attribute_exists(pk)")}],
    "one item twice": [{"Update": bump("n < :v")}, {"Put": put(ITEM)}],
    "a deletion": [{"Delete": {"TableName": "t", "Key": ONE}}],
}


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_transaction_is_all_or_nothing(both: tuple[Do, Do], name: str) -> None:
    same(both, "TransactWriteItems", {"TransactItems": TRANSACTIONS[name]})


def test_an_empty_key_and_a_missing_table_are_refused(both: tuple[Do, Do]) -> None:
    same(both, "PutItem", put({**ITEM, "pk": {"S": ""}}))
    same(both, "PutItem", {**put(ITEM), "TableName": "another"})


# What AWS documents and moto has not.


@pytest.fixture
def store() -> DynamoDb:
    made = DynamoDb(lambda: 0)
    made.create("t", SCHEMA)
    made.call("PutItem", put(ITEM))
    return made


def test_a_prepared_transaction_refuses_other_writes_until_it_is_committed(
    store: DynamoDb,
) -> None:
    prepared = store.prepare({"TransactItems": [{"Update": bump("n < :v")}]})
    assert prepared is not None
    with pytest.raises(RefusedError) as refused:
        store.call("UpdateItem", update("ADD n :v", v=N1))
    assert refused.value.code == CONFLICT
    with pytest.raises(RefusedError) as cancelled:
        store.prepare({"TransactItems": [{"Delete": {"TableName": "t", "Key": ONE}}]})
    assert cancelled.value.body["CancellationReasons"][0]["Code"] == "TransactionConflict"
    read = {"TableName": "t", "Key": ONE, "ConsistentRead": True}
    assert store.call("GetItem", read)["Item"]["n"] == {"N": "5"}
    store.commit(prepared)
    assert store.call("GetItem", read)["Item"]["n"] == {"N": "14"}


def test_a_transaction_with_the_same_token_acts_once(store: DynamoDb) -> None:
    request = {"TransactItems": [{"Update": bump("n < :v")}], "ClientRequestToken": "t1"}
    prepared = store.prepare(request)
    assert prepared is not None
    with pytest.raises(RefusedError, match="TransactionInProgressException"):
        store.prepare(request)
    store.commit(prepared)
    assert store.prepare(request) is None
    with pytest.raises(RefusedError, match="IdempotentParameterMismatchException"):
        store.prepare({**request, "TransactItems": [{"Update": bump("n > :v")}]})


def test_paths_that_overlap_are_refused(store: DynamoDb) -> None:
    with pytest.raises(RefusedError, match="ValidationException"):
        store.call("UpdateItem", named(update("SET #m.x = :v, #m = :v", v=N9), m="map"))


def test_values_of_two_types_have_no_order(store: DynamoDb) -> None:
    for sign in ("<", ">="):
        with pytest.raises(RefusedError, match="ConditionalCheckFailedException"):
            store.call("UpdateItem", update("SET n = :new", f"n {sign} :v", v=S, new=N1))


def test_an_eventual_reading_may_be_old_and_a_consistent_one_never_is() -> None:
    now = 1_000
    store = DynamoDb(lambda: now, lambda: 500)
    store.create("t", SCHEMA)
    store.call("PutItem", put(ITEM))
    now = 1_400
    store.call("UpdateItem", update("SET n = :v", v=N9))
    key = {"TableName": "t", "Key": ONE}
    assert "Item" not in store.call("GetItem", key)
    assert store.call("GetItem", {**key, "ConsistentRead": True})["Item"]["n"] == N9
    now = 1_600
    assert store.call("GetItem", key)["Item"]["n"] == {"N": "5"}
    assert store.call("Scan", {"TableName": "t"})["Items"][0]["n"] == {"N": "5"}
