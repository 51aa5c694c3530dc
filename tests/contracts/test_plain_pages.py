"""What a scan answers is the same whether its page was read by the SDK or by this house."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from assent.aws import clients, plain_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

_TEXTS = st.text(max_size=8)
_BINARY = st.sampled_from(["", "AA==", "c2VhbA=="])
_NAMES = st.sampled_from(["B", "BS", "S", "M", "Items", "subscriber_key", "é"])
_VALUES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, _TEXTS),
        st.builds(lambda number: {"N": str(number)}, st.integers()),
        st.builds(lambda binary: {"B": binary}, _BINARY),
        st.builds(lambda several: {"BS": several}, st.lists(_BINARY, min_size=1, max_size=3)),
        st.builds(lambda several: {"SS": several}, st.lists(_TEXTS, min_size=1, max_size=3)),
        st.just({"NULL": True}),
        st.just({"BOOL": False}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda several: {"L": several}, st.lists(inner, max_size=3)),
        st.builds(lambda named: {"M": named}, st.dictionaries(_NAMES, inner, max_size=3)),
    ),
    max_leaves=8,
)
_ITEMS = st.dictionaries(_NAMES, _VALUES, max_size=4)
_PAGES = st.fixed_dictionaries(
    {"Items": st.lists(_ITEMS, max_size=3), "Count": st.just(3), "ScannedCount": st.just(9)},
    optional={"LastEvaluatedKey": _ITEMS, "ConsumedCapacity": st.just({"CapacityUnits": 2.5})},
)


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


@dataclass
class Readers:
    """Two clients that get the same answer; the second reads pages plainly."""

    status: int = 200
    content: bytes = b""
    clients: list[DynamoDBClient] = field(default_factory=list)

    def add(self, client: DynamoDBClient) -> None:
        def answer(request: Any, **_: object) -> AWSResponse:
            headers: Any = {"x-amzn-requestid": "r-1"}
            return AWSResponse(request.url, self.status, headers, _Body(self.content))

        events: Any = client.meta.events
        events.register("before-send.dynamodb.Scan", answer)
        self.clients.append(client)

    def both(self, status: int, content: bytes) -> list[Any]:
        """Return what each makes of the answer."""
        self.status, self.content = status, content
        return [_scanned(client) for client in self.clients]


def _scanned(client: DynamoDBClient) -> Any:
    try:
        return client.scan(TableName="any")
    except ClientError as error:
        return str(error), error.response


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        made = Readers()
        made.add(boto3.client("dynamodb"))
        made.add(clients.dynamodb.__wrapped__())
        yield made


@given(page=_PAGES)
def test_a_page_is_the_same_as_the_sdk_reads_it(readers: Readers, page: dict[str, Any]) -> None:
    by_sdk, plainly = readers.both(200, json.dumps(page).encode())
    assert plainly == by_sdk


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, b'{"__type":"x#ResourceNotFoundException","message":"no table"}'),
        (400, b"<html>"),
        (200, b"<html>"),
    ],
    ids=["refused", "refused without JSON", "no JSON"],
)
def test_what_is_no_page_is_left_to_the_sdk(readers: Readers, status: int, content: bytes) -> None:
    by_sdk, plainly = readers.both(status, content)
    assert plainly == by_sdk


def test_the_sdk_is_left_nothing_of_a_page_to_walk_through() -> None:
    response: dict[str, Any] = {"status_code": 200, "body": b'{"Items":[{"k":{"B":"AA=="}}]}'}
    found: dict[str, Any] = {}
    plain_pages._read(response, found)
    assert (response["body"], found) == (b"{}", {"Items": [{"k": {"B": b"\0"}}]})


def test_the_clients_of_the_house_read_plainly(readers: Readers) -> None:
    response: dict[str, Any] = {"status_code": 200, "body": b'{"Count":1}'}
    readers.clients[1].meta.events.emit(
        "before-parse.dynamodb.Scan", response_dict=response, customized_response_dict={}
    )
    assert response["body"] == b"{}"
