"""What the adapters make of throttling, lost answers and half-done batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from assent.aws import clients
from assent.aws.batches import get_all, put_all
from assent.aws.campaign_store import DynamoCampaignStore
from assent.aws.claim_store import DynamoClaimStore
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.ledger import DynamoMessageLedger
from assent.aws.phone_keys import KmsPhoneKeys
from assent.aws.programme_store import DynamoProgrammeStore
from assent.aws.rate_store import DynamoRateStore
from assent.aws.subscriber_item import item_of
from assent.aws.subscriber_scan import DynamoSubscriberScan
from assent.campaigns.model import BatchResult, Claimed, ClaimRefused
from assent.errors import AlreadyAppliedError, ChangedMeanwhileError, TryAgainError
from assent.identifiers import CampaignId
from assent.messages.pace import Ask
from assent.phone import PhoneNumber
from tests.contracts.examples import KEY, OFFERS, change, claim, requested, subscriber
from tests.fakes.frozen_clock import NOON, FrozenClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.contracts.template_tables import TemplateTables

TABLES = ConsentTables("subscribers", "events", "evidence", "control")
THROTTLED = ("ThrottlingException", 400)


@pytest.fixture
def stub(dynamodb: DynamoDBClient) -> Iterator[Stubber]:
    with Stubber(dynamodb) as stubber:
        yield stubber


def commit(client: DynamoDBClient, dedupe_key: str | None = "in-1") -> None:
    store = DynamoConsentStore(client, TABLES, FrozenClock())
    store.commit(change(None, requested(), dedupe_key=dedupe_key))


def cancelled(*codes: str) -> dict[str, Any]:
    return {
        "service_error_code": "TransactionCanceledException",
        "http_status_code": 400,
        "modeled_fields": {"CancellationReasons": [{"Code": code} for code in codes]},
    }


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["ConditionalCheckFailed", "ConditionalCheckFailed", "None"], AlreadyAppliedError),
        (["ConditionalCheckFailed", "None", "None"], AlreadyAppliedError),
        (["None", "ConditionalCheckFailed", "None"], ChangedMeanwhileError),
        (["None", "TransactionConflict", "None"], ChangedMeanwhileError),
        (["TransactionConflict", "None", "None"], ChangedMeanwhileError),
        (["None", "ThrottlingError", "None"], TryAgainError),
        (["None", "None", "ProvisionedThroughputExceeded"], TryAgainError),
    ],
)
def test_a_cancelled_change_says_why(
    stub: Stubber, dynamodb: DynamoDBClient, codes: list[str], error: type[Exception]
) -> None:
    stub.add_client_error("transact_write_items", **cancelled(*codes))
    with pytest.raises(error):
        commit(dynamodb)


def test_without_a_dedupe_key_the_first_reason_is_the_standings(
    stub: Stubber, dynamodb: DynamoDBClient
) -> None:
    stub.add_client_error("transact_write_items", **cancelled("ConditionalCheckFailed", "None"))
    with pytest.raises(ChangedMeanwhileError):
        commit(dynamodb, dedupe_key=None)


def test_a_defect_is_not_dressed_up_as_bad_luck(stub: Stubber, dynamodb: DynamoDBClient) -> None:
    stub.add_client_error("transact_write_items", **cancelled("None", "ValidationError"))
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        commit(dynamodb)
    stub.add_client_error("get_item", "AccessDeniedException", http_status_code=400)
    with pytest.raises(dynamodb.exceptions.ClientError):
        DynamoConsentStore(dynamodb, TABLES, FrozenClock()).standing(KEY)


def ask(client: DynamoDBClient) -> None:
    DynamoRateStore(client, "control").book("+1", Ask(1, 1, 20, 0, 10))


def claim_one(client: DynamoDBClient) -> None:
    DynamoClaimStore(client, "subscribers").claim(subscriber(), claim("c1"), ())


def release_one(client: DynamoDBClient) -> None:
    DynamoClaimStore(client, "subscribers").release(KEY, claim("c1"))


def read_programme(client: DynamoDBClient) -> None:
    DynamoProgrammeStore(client, "programmes").programme(OFFERS)


def record_batch(client: DynamoDBClient) -> None:
    store = DynamoCampaignStore(client, "campaigns", FrozenClock())
    store.record_batch(CampaignId("c_1"), BatchResult("b", {}, {}, 0), NOON)


CALLS: list[tuple[str, Callable[[DynamoDBClient], None]]] = [
    ("transact_write_items", commit),
    ("update_item", claim_one),
    ("update_item", release_one),
    ("get_item", ask),
    ("get_item", read_programme),
    ("transact_write_items", record_batch),
]


@pytest.mark.parametrize(("operation", "call"), CALLS)
@pytest.mark.parametrize(
    ("code", "status"),
    [
        THROTTLED,
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 400),
        ("InternalServerError", 500),
        ("ServiceUnavailable", 503),
        ("", 502),
    ],
)
def test_what_may_pass_by_itself_asks_to_try_again(
    stub: Stubber,
    dynamodb: DynamoDBClient,
    operation: str,
    call: Callable[[DynamoDBClient], None],
    code: str,
    status: int,
) -> None:
    stub.add_client_error(operation, code, http_status_code=status)
    with pytest.raises(TryAgainError):
        call(dynamodb)


@pytest.mark.parametrize(("operation", "call"), CALLS)
@pytest.mark.parametrize(
    "error",
    [ReadTimeoutError(endpoint_url="x"), EndpointConnectionError(endpoint_url="x", error="y")],
)
def test_a_lost_answer_asks_to_try_again(
    monkeypatch: pytest.MonkeyPatch,
    dynamodb: DynamoDBClient,
    operation: str,
    call: Callable[[DynamoDBClient], None],
    error: Exception,
) -> None:
    def lose(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(dynamodb), "_make_api_call", lose)
    with pytest.raises(TryAgainError):
        call(dynamodb)


def test_a_claim_waits_out_a_consent_change_in_flight(
    stub: Stubber, dynamodb: DynamoDBClient
) -> None:
    for _ in range(2):
        stub.add_client_error("update_item", "TransactionConflictException")
    stub.add_response("update_item", {})
    store = DynamoClaimStore(dynamodb, "subscribers")
    assert store.claim(subscriber(), claim("c1"), ()) == Claimed()


def repeats_updates(client: DynamoDBClient, meanwhile: Callable[[], object]) -> DynamoDBClient:
    """Return a client that loses each first answer and asks again, as an SDK does by itself."""
    real = client.update_item

    class Repeating:
        def update_item(self, **request: Any) -> object:
            real(**request)
            meanwhile()
            return real(**request)

        def __getattr__(self, name: str) -> object:
            return getattr(client, name)

    return cast("DynamoDBClient", Repeating())


def test_a_claim_whose_first_answer_was_lost_is_known_again(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    name = tables.name("SubscribersTable")
    dynamodb.put_item(TableName=name, Item=item_of(subscriber()))
    store = DynamoClaimStore(repeats_updates(dynamodb, lambda: None), name)
    assert store.claim(subscriber(), claim("c1"), ()) == Claimed()


def test_a_claim_of_the_same_microsecond_by_another_attempt_is_not_taken_for_ours(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    name = tables.name("SubscribersTable")
    dynamodb.put_item(TableName=name, Item=item_of(subscriber()))
    plain = DynamoClaimStore(dynamodb, name)
    assert plain.claim(subscriber(), claim("c1"), ()) == Claimed()
    refused = plain.claim(subscriber(), claim("c1"), ())
    assert isinstance(refused, ClaimRefused)
    assert refused.current is not None
    assert refused.current.standing.claims == {"c1": claim("c1")}


def test_a_release_whose_first_answer_was_lost_leaves_the_next_claim_alone(
    dynamodb: DynamoDBClient, tables: TemplateTables
) -> None:
    name = tables.name("SubscribersTable")
    dynamodb.put_item(TableName=name, Item=item_of(subscriber()))
    plain = DynamoClaimStore(dynamodb, name)
    plain.claim(subscriber(), claim("c1"), ())
    scan = DynamoSubscriberScan(dynamodb, name, FrozenClock())
    later = replace(claim("c1"), at=claim("c1").at + timedelta(microseconds=1))

    def claim_anew() -> None:
        assert plain.claim(scan.by_keys([KEY])[KEY], later, ()) == Claimed()

    DynamoClaimStore(repeats_updates(dynamodb, claim_anew), name).release(KEY, claim("c1"))
    assert scan.by_keys([KEY])[KEY].standing.claims == {"c1": later}


def test_a_claim_does_not_wait_for_ever(stub: Stubber, dynamodb: DynamoDBClient) -> None:
    for _ in range(4):
        stub.add_client_error("update_item", "TransactionConflictException")
    with pytest.raises(TryAgainError):
        claim_one(dynamodb)


def test_keys_handed_back_are_asked_for_again(stub: Stubber, dynamodb: DynamoDBClient) -> None:
    clock = FrozenClock()
    one, two = {"k": {"S": "1"}}, {"k": {"S": "2"}}
    back = {"t": {"Keys": [two], "ConsistentRead": True}}
    stub.add_response("batch_get_item", {"Responses": {"t": [one]}, "UnprocessedKeys": back})
    stub.add_response("batch_get_item", {"Responses": {"t": [two]}}, {"RequestItems": back})
    assert list(get_all(dynamodb, clock, "t", [one, two])) == [one, two]
    assert len(clock.slept) == 1


def test_a_batch_that_is_never_finished_asks_to_try_again(
    stub: Stubber, dynamodb: DynamoDBClient
) -> None:
    clock = FrozenClock()
    one = {"k": {"S": "1"}}
    keys = {"t": {"Keys": [one]}}
    puts = {"t": [{"PutRequest": {"Item": one}}]}
    for _ in range(6):
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": keys})
    with pytest.raises(TryAgainError):
        list(get_all(dynamodb, clock, "t", [one]))
    for _ in range(6):
        stub.add_response("batch_write_item", {"UnprocessedItems": puts})
    with pytest.raises(TryAgainError):
        put_all(dynamodb, clock, "t", [one])
    assert clock.slept == sorted(clock.slept[:6]) * 2


def test_rows_handed_back_are_written_again(stub: Stubber, dynamodb: DynamoDBClient) -> None:
    one, two = {"k": {"S": "1"}}, {"k": {"S": "2"}}
    back = {"t": [{"PutRequest": {"Item": two}}]}
    stub.add_response("batch_write_item", {"UnprocessedItems": back})
    stub.add_response("batch_write_item", {}, {"RequestItems": back})
    put_all(dynamodb, FrozenClock(), "t", [one, two])
    stub.assert_no_pending_responses()


def test_the_ledger_raises_what_may_pass(stub: Stubber, dynamodb: DynamoDBClient) -> None:
    stub.add_client_error("query", *THROTTLED[:1])
    with pytest.raises(TryAgainError):
        DynamoMessageLedger(dynamodb, "messages", FrozenClock()).last_to(KEY)


def test_a_key_service_that_is_throttled_asks_to_try_again(cloud: None) -> None:
    with Stubber(clients.kms()) as stubber:
        stubber.add_client_error("generate_mac", "ThrottlingException")
        with pytest.raises(TryAgainError):
            KmsPhoneKeys(clients.kms(), "key", 1).key_of(PhoneNumber("+12065550123"))


def test_stores_give_up_quickly(cloud: None) -> None:
    for client in (clients.dynamodb(), clients.kms()):
        config: Any = client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (1, 2)
        assert config.retries == {"mode": "standard", "total_max_attempts": 3}
