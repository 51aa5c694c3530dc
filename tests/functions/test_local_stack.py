"""The local stack, on a tiny service of its own: every promise it makes to the real one, once."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from infra.local.cloud import CloudAlreadyRunningError
from infra.local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLE = Path(__file__).parent / "local_example" / "template.yaml"
PHONE = "+14155550100"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack.start(port=0, template=EXAMPLE, parameters={"Greeting": "Ahoj"}) as running:
        yield running


@pytest.fixture(autouse=True)
def _behaving_carrier(stack: LocalStack) -> Iterator[None]:
    yield
    call(stack, "POST", "/_local/faults", {})
    stack.carrier.clear()


def call(
    stack: LocalStack,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], Any]:
    connection = http.client.HTTPConnection(urlsplit(stack.url).netloc, timeout=20)
    data = body if isinstance(body, bytes | None) else json.dumps(body)
    kind = {} if body is None else {"content-type": "application/json"}
    connection.request(method, path, data, kind | (headers or {}))
    response = connection.getresponse()
    raw = response.read()
    connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    parsed = json.loads(raw) if "json" in found.get("content-type", "") and raw else raw
    return response.status, found, parsed


def eventually(check: Callable[[], Any], seconds: float = 8) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen in {seconds} s")


def sms() -> Any:
    return boto3.client("sns", config=Config(retries={"total_max_attempts": 1}))


# deploying


def test_parameters_conditions_and_outputs_are_resolved(stack: LocalStack) -> None:
    assert stack.output("ApiUrl") == stack.url
    assert ":stateMachine:" in stack.output("MachineArn")
    names = {each.logical_id for each in stack.deployment.resources()}
    assert "Unwanted" not in names
    assert {each.status for each in stack.deployment.resources()} <= {"created", "served", "inert"}


def test_the_key_makes_macs_and_the_table_has_index_and_expiry(stack: LocalStack) -> None:
    mac = stack.client("kms").generate_mac(
        Message=b"x", KeyId=stack.physical_id("Key"), MacAlgorithm="HMAC_SHA_256"
    )
    assert len(mac["Mac"]) > 0
    name = stack.physical_id("Table")
    table = stack.client("dynamodb").describe_table(TableName=name)["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by_owner"]
    ttl = stack.client("dynamodb").describe_time_to_live(TableName=name)
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expires_at"


def test_one_process_holds_one_stack(stack: LocalStack) -> None:
    with pytest.raises(CloudAlreadyRunningError):
        LocalStack.start(port=0, template=EXAMPLE)


def test_a_taken_port_is_an_os_error_before_anything_is_deployed(stack: LocalStack) -> None:
    with pytest.raises(OSError, match=r"in use|Errno"):
        LocalStack.start(port=int(stack.url.rpartition(":")[2]), template=EXAMPLE)


# functions


def test_each_function_sees_only_its_own_environment(stack: LocalStack) -> None:
    hello = stack.invoke("hello", {})["env"]
    assert (hello["OWN"], hello["GREETING"], hello["SHARED"]) == ("hello", "Ahoj", "everywhere")
    assert hello["TABLE"] == ""
    assert hello["API_URL"] == stack.url
    assert stack.invoke("Worker", {}) == {"own": "worker"}
    assert "OWN" not in os.environ


def test_the_context_counts_down_from_the_timeout(stack: LocalStack) -> None:
    assert 6000 < stack.invoke("hello", {})["remaining"] <= 7000


def test_what_a_function_prints_goes_to_its_log_file(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.invoke("hello", {})
    assert json.loads((stack.log_dir / "hello.jsonl").read_text().splitlines()[-1]) == {
        "said": "Ahoj"
    }
    assert "Ahoj" not in capsys.readouterr().out


# edge


def test_a_request_becomes_a_payload_2_event(stack: LocalStack) -> None:
    headers = {"X-Many": "1", "cookie": "a=1; b=2", "x-forwarded-for": "8.8.8.8", "user-agent": "t"}
    status, _, answer = call(
        stack, "POST", "/echo/J%C3%BCrgen?a=1&b=x%20y&a=2&c=", {"k": 1}, headers
    )
    event = answer["event"]
    assert status == 200
    assert (event["version"], event["routeKey"]) == ("2.0", "POST /echo/{name}")
    assert (event["rawPath"], event["rawQueryString"]) == ("/echo/Jürgen", "a=1&b=x%20y&a=2&c=")
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y", "c": ""}
    assert event["pathParameters"] == {"name": "Jürgen"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-many"] == "1"
    assert (event["body"], event["isBase64Encoded"]) == ('{"k": 1}', False)
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/echo/Jürgen",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "t",
    }
    assert (context["stage"], context["routeKey"]) == ("$default", "POST /echo/{name}")
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60
    assert context["requestId"]
    assert "authorizer" not in context


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/x-www-form-urlencoded", b"a=1"), ("application/json", b"\xff\xfe")],
    ids=["forms", "broken text"],
)
def test_other_bodies_arrive_in_base64(stack: LocalStack, kind: str, body: bytes) -> None:
    _, _, answer = call(stack, "POST", "/echo/x", body, {"content-type": kind})
    assert answer["event"]["isBase64Encoded"] is True
    assert base64.b64decode(answer["event"]["body"]) == body


def test_exact_paths_win_over_variables(stack: LocalStack) -> None:
    _, _, answer = call(stack, "POST", "/echo/exact", {})
    assert answer["event"]["routeKey"] == "POST /echo/exact"


def test_an_answer_keeps_status_headers_cookies_and_bytes(stack: LocalStack) -> None:
    connection = http.client.HTTPConnection(urlsplit(stack.url).netloc)
    connection.request("GET", "/greet")
    response = connection.getresponse()
    assert (response.status, response.read(), response.getheader("x-own")) == (201, b"hello", "1")
    assert response.headers.get_all("set-cookie") == ["a=1", "b=2; Path=/"]
    connection.close()


def _raw(stack: LocalStack, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(stack.url.rpartition(":")[2])), 5) as plain:
        plain.sendall(request)
        plain.shutdown(socket.SHUT_WR)
        answer = b""
        while part := plain.recv(65536):
            answer += part
        return answer


def test_a_chunked_body_is_put_together(stack: LocalStack) -> None:
    head = b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"
    assert b'"body": "abcde"' in _raw(stack, head + chunks)


@pytest.mark.parametrize(
    "broken",
    [b"Content-Length: many\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ids=["length", "chunk"],
)
def test_a_body_of_unclear_length_is_a_bad_request(stack: LocalStack, broken: bytes) -> None:
    answer = _raw(stack, b"POST /echo/x HTTP/1.1\r\nHost: x\r\n" + broken)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer


def test_a_connection_serves_many_requests(stack: LocalStack) -> None:
    connection = http.client.HTTPConnection(urlsplit(stack.url).netloc)
    connection.auto_open = 0
    connection.connect()
    for body in (None, b"{}", b"x" * 70_000, None):
        connection.request("POST" if body else "GET", "/echo/x" if body else "/greet", body)
        response = connection.getresponse()
        assert response.status in (200, 201)
        response.read()
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("DELETE", "/greet", 404, "Not Found"),
        ("GET", "/fail", 500, "Internal Server Error"),
        ("GET", "/staff", 401, "Unauthorized"),
    ],
)
def test_refusals_read_as_api_gateways_do(
    stack: LocalStack,
    method: str,
    path: str,
    status: int,
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    found, _, body = call(stack, method, path)
    assert (found, body) == (status, {"message": message})


@pytest.mark.parametrize("excess", [1, 15 * 1024 * 1024])
def test_a_body_over_ten_megabytes_is_refused(stack: LocalStack, excess: int) -> None:
    status, _, body = call(stack, "POST", "/echo/x", b"x" * (10 * 1024 * 1024 + excess))
    assert (status, body) == (413, {"message": "Request Entity Too Large"})


def test_cors_is_the_templates(stack: LocalStack) -> None:
    status, headers, _ = call(
        stack, "OPTIONS", "/greet", headers={"origin": "https://shop.example"}
    )
    assert (status, headers["access-control-allow-methods"]) == (204, "GET,POST")
    _, headers, _ = call(stack, "GET", "/greet", headers={"origin": "https://shop.example"})
    assert headers["access-control-allow-origin"] == "https://shop.example"
    _, headers, _ = call(stack, "GET", "/greet", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in headers


# staff


def test_a_staff_token_opens_staff_routes_and_carries_its_group(stack: LocalStack) -> None:
    _, _, given = call(
        stack, "POST", "/_local/token", {"group": "marketing", "user": "ann@example.com"}
    )
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 3600)
    stack.token("compliance", "ann@example.com")
    both = stack.token("marketing", "ann@example.com")
    _, _, answer = call(stack, "GET", "/staff", headers={"authorization": f"Bearer {both}"})
    claims = answer["event"]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert set(claims["cognito:groups"].strip("[]").split()) == {"marketing", "compliance"}
    assert all(isinstance(value, str) for value in claims.values())


def _forged(token: str, **changes: Any) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(claims | changes).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: _forged(token, **{"cognito:groups": ["compliance"]}),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: (
            base64.urlsafe_b64encode(b'{"alg":"none"}').decode() + "." + token.split(".")[1] + "."
        ),
        lambda _: "not.a.token",
        lambda _: "",
    ],
    ids=["changed claim", "no signature", "alg none", "nonsense", "empty"],
)
def test_a_spoiled_token_opens_nothing(stack: LocalStack, spoil: Callable[[str], str]) -> None:
    token = spoil(stack.token("marketing"))
    status, _, _ = call(stack, "GET", "/staff", headers={"authorization": f"Bearer {token}"})
    assert status == 401


def test_an_expired_token_opens_nothing(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> None:
    token = stack.token("marketing")
    later = time.time() + 3700
    monkeypatch.setattr("infra.local.authorizer.time.time", lambda: later)
    status, _, _ = call(stack, "GET", "/staff", headers={"authorization": f"Bearer {token}"})
    assert status == 401


def test_an_unknown_group_is_a_bad_request(stack: LocalStack) -> None:
    assert call(stack, "POST", "/_local/token", {"group": "root"})[0] == 400


# phones


def test_texts_reach_virtual_phones_in_order(stack: LocalStack) -> None:
    sender = {"AWS.MM.SMS.OriginationNumber": {"DataType": "String", "StringValue": "+12065550199"}}
    first = sms().publish(PhoneNumber=PHONE, Message="one & <two>", MessageAttributes=sender)[
        "MessageId"
    ]
    sms().publish(PhoneNumber=PHONE, Message="second")
    sms().publish(PhoneNumber="+14155550101", Message="other")
    texts = stack.texts(PHONE)
    assert [text.body for text in texts] == ["one & <two>", "second"]
    assert (texts[0].message_id, texts[0].sender, texts[1].sender) == (
        first,
        "+12065550199",
        "+12065550100",
    )


def test_messages_are_listed_from_a_time_or_a_text_on(stack: LocalStack) -> None:
    ids = [
        sms().publish(PhoneNumber=PHONE, Message=body)["MessageId"] for body in ("a", "b", "é" * 80)
    ]
    _, _, everything = call(stack, "GET", f"/_local/messages?to={PHONE}")
    assert [text["id"] for text in everything] == ids
    named = {"id", "to", "from", "body", "parts", "sent_at", "published_at"}
    assert everything[0].keys() == named
    assert [text["parts"] for text in everything] == [1, 1, 1]
    _, _, after = call(stack, "GET", f"/_local/messages?since={ids[0]}")
    assert [text["id"] for text in after] == ids[1:]
    assert call(stack, "GET", f"/_local/messages?since={everything[-1]['sent_at']}")[2] in (
        [],
        after[-1:],
    )
    assert call(stack, "GET", "/_local/messages?since=2000-01-01T00:00:00Z")[2] == everything
    assert call(stack, "GET", "/_local/messages?since=yesterday")[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"body": "STOP"},
        {"from": "415", "body": "x"},
        {"from": PHONE},
        {"from": PHONE, "body": "x", "at": "noon"},
    ],
    ids=["no sender", "not a number", "no text", "no time"],
)
def test_a_reply_that_makes_no_sense_is_refused(stack: LocalStack, body: dict[str, str]) -> None:
    assert call(stack, "POST", "/_local/messages", body)[0] == 400


def test_a_phone_texts_back_through_topic_queue_and_function(stack: LocalStack) -> None:
    sent = sms().publish(PhoneNumber=PHONE, Message="Reply YES")["MessageId"]
    began = time.monotonic()
    status, _, reply = call(
        stack,
        "POST",
        "/_local/messages",
        {"from": PHONE, "body": "yes please", "at": "2026-01-31T12:00:00Z"},
    )
    client, table = stack.client("dynamodb"), stack.physical_id("Table")
    item = eventually(
        lambda: client.get_item(TableName=table, Key={"pk": {"S": reply["id"]}}).get("Item")
    )
    waited = time.monotonic() - began
    kept = json.loads(item["kept"]["S"])
    assert status == 202
    assert kept["envelope"]["Timestamp"] == "2026-01-31T12:00:00.000Z"
    assert kept["envelope"]["TopicArn"] == stack.physical_id("Topic")
    assert kept["text"] == {
        "originationNumber": PHONE,
        "destinationNumber": "+12065550100",
        "messageKeyword": "YES",
        "messageBody": "yes please",
        "inboundMessageId": reply["id"],
        "previousPublishedMessageId": sent,
    }
    assert kept["record"]["eventSource"] == "aws:sqs"
    assert kept["record"]["attributes"]["ApproximateReceiveCount"] == "1"
    assert waited < 1, f"took {waited:.2f} s"


def test_a_message_that_fails_alone_ends_in_the_dead_letters(stack: LocalStack) -> None:
    poison, fine = (stack.text_from(PHONE, body)["id"] for body in ("poison", "fine"))
    client, table = stack.client("dynamodb"), stack.physical_id("Table")
    eventually(lambda: client.get_item(TableName=table, Key={"pk": {"S": fine}}).get("Item"))
    queue = stack.client("sqs")

    def dead() -> Any:
        url = stack.physical_id("Dead")
        return queue.receive_message(QueueUrl=url, WaitTimeSeconds=0).get("Messages")

    (message,) = eventually(dead)
    assert poison in message["Body"]


# carrier faults


def test_without_faults_every_text_arrives(stack: LocalStack) -> None:
    sms().publish(PhoneNumber=PHONE, Message="x")
    _, _, report = call(stack, "GET", "/_local/faults")
    assert report["outcomes"] == {"deliver": 1}


@pytest.mark.parametrize(
    ("kind", "error", "code", "arrived"),
    [
        ("throttle", ClientError, "Throttling", 0),
        ("refuse", ClientError, "InvalidParameter", 0),
        ("error_5xx", ClientError, "InternalFailure", 0),
        ("error_5xx_accepted", ClientError, "InternalFailure", 1),
        ("accept_then_hang", ReadTimeoutError, None, 1),
        ("reset", ConnectionClosedError, None, 1),
    ],
)
def test_the_adapter_meets_real_errors(
    stack: LocalStack, kind: str, error: type[Exception], code: str | None, arrived: int
) -> None:
    call(stack, "POST", "/_local/faults", {kind: 1})
    with pytest.raises(error) as caught:
        sms().publish(PhoneNumber=PHONE, Message="x")
    assert len(stack.texts(PHONE)) == arrived
    if isinstance(caught.value, ClientError):
        assert caught.value.response["Error"]["Code"] == code


def test_the_sdks_own_retries_send_copies(stack: LocalStack) -> None:
    call(stack, "POST", "/_local/faults", {"accept_then_hang": 1, "hang_ms": 1})
    client = boto3.client(
        "sns", config=Config(retries={"total_max_attempts": 3, "mode": "standard"})
    )
    with pytest.raises(ReadTimeoutError):
        client.publish(PhoneNumber=PHONE, Message="x")
    assert len(stack.texts(PHONE)) == 3


def test_a_duplicate_arrives_twice_and_is_answered_once(stack: LocalStack) -> None:
    call(stack, "POST", "/_local/faults", {"duplicate": 1, "latency_ms": 1})
    sms().publish(PhoneNumber=PHONE, Message="x")
    assert len(stack.texts(PHONE)) == 2


def test_shares_are_shares_and_repeat_with_a_seed(stack: LocalStack) -> None:
    def outcomes() -> Any:
        call(stack, "POST", "/_local/faults", {"throttle": 0.5, "seed": 7})
        for _ in range(40):
            try:
                sms_client.publish(PhoneNumber=PHONE, Message="x")
            except ClientError:
                continue
        return call(stack, "GET", "/_local/faults")[2]["outcomes"]

    sms_client = sms()
    first = outcomes()
    assert 8 < first["throttle"] < 32
    assert outcomes() == first


@pytest.mark.parametrize(
    "body",
    [{"throttle": 0.6, "refuse": 0.6}, {"unknown": 1}, {"throttle": -1}, {"throttle": "all"}, []],
    ids=["more than all", "unknown", "negative", "text", "list"],
)
def test_faults_that_make_no_sense_are_refused(stack: LocalStack, body: Any) -> None:
    assert call(stack, "POST", "/_local/faults", body)[0] == 400


# workflows


def _run(stack: LocalStack, items: list[Any], **extra: Any) -> dict[str, Any]:
    stack.client("s3").put_object(
        Bucket=stack.physical_id("Bucket"), Key="manifest.json", Body=json.dumps(items).encode()
    )
    payload = {"manifest": "manifest.json", "run": 4, "width": 3, "fail_as": "nothing"} | extra
    client = stack.client("stepfunctions")
    arn = client.start_execution(
        stateMachineArn=stack.output("MachineArn"), input=json.dumps(payload)
    )
    done: dict[str, Any] = eventually(
        lambda: (
            (found := client.describe_execution(executionArn=arn["executionArn"]))["status"]
            != "RUNNING"
            and found
        ),
        60,
    )
    return done


def _done(stack: LocalStack) -> int:
    key = {"pk": {"S": "done"}}
    item = (
        stack.client("dynamodb").get_item(TableName=stack.physical_id("Table"), Key=key).get("Item")
    )
    return int(item["batches"]["N"]) if item else 0


def test_a_distributed_map_runs_the_real_handler_once_per_item(stack: LocalStack) -> None:
    before = _done(stack)
    end = _run(stack, [{"batch_id": n} for n in range(7)])
    answers = json.loads(end["output"])["answers"]
    assert end["status"] == "SUCCEEDED"
    assert [answer["batch"]["batch_id"] for answer in answers] == list(range(7))
    assert {answer["run"] for answer in answers} == {4}
    assert _done(stack) - before == 7


def test_an_empty_manifest_succeeds(stack: LocalStack) -> None:
    assert _run(stack, [])["status"] == "SUCCEEDED"


def test_one_worker_survives_a_long_manifest(stack: LocalStack) -> None:
    before = _done(stack)
    assert _run(stack, list(range(400)), width=1)["status"] == "SUCCEEDED"
    assert _done(stack) - before == 400


def test_an_exceptions_class_is_what_error_equals_matches(stack: LocalStack) -> None:
    end = _run(stack, [1], fail_as="OutOfStockError")
    caught = json.loads(end["output"])["caught"]
    assert (end["status"], caught["Error"]) == ("SUCCEEDED", "OutOfStockError")
    assert json.loads(caught["Cause"])["errorMessage"] == "sold out"


# one lock


def _together(count: int, act: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=act, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_conditional_put_has_one_winner_under_threads(stack: LocalStack) -> None:
    client, table = stack.client("dynamodb"), stack.physical_id("Table")
    for attempt in range(25):
        winners: list[int] = []

        def put(n: int, pk: str = f"race-{attempt}", wins: list[int] = winners) -> None:
            try:
                client.put_item(
                    TableName=table,
                    Item={"pk": {"S": pk}, "by": {"N": str(n)}},
                    ConditionExpression="attribute_not_exists(pk)",
                )
                wins.append(n)
            except client.exceptions.ConditionalCheckFailedException:
                pass

        _together(8, put)
        assert len(winners) == 1


def test_a_cancelled_transaction_leaves_nothing(stack: LocalStack) -> None:
    client, table = stack.client("dynamodb"), stack.physical_id("Table")
    client.put_item(TableName=table, Item={"pk": {"S": "kept"}, "n": {"N": "1"}})
    change = {
        "TableName": table,
        "Key": {"pk": {"S": "kept"}},
        "UpdateExpression": "SET n = :two",
        "ExpressionAttributeValues": {":two": {"N": "2"}},
    }
    fresh = {"TableName": table, "Item": {"pk": {"S": "fresh"}}}
    fails = {
        "TableName": table,
        "Key": {"pk": {"S": "nobody"}},
        "ConditionExpression": "attribute_exists(pk)",
    }
    operations = [{"Update": change}, {"Put": fresh}, {"ConditionCheck": fails}]
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=operations)
    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ConditionalCheckFailed"]
    assert client.get_item(TableName=table, Key={"pk": {"S": "kept"}})["Item"]["n"] == {"N": "1"}
    assert "Item" not in client.get_item(TableName=table, Key={"pk": {"S": "fresh"}})
    client.transact_write_items(TransactItems=[{"Update": change}, {"Put": fresh}])
    assert client.get_item(TableName=table, Key={"pk": {"S": "kept"}})["Item"]["n"] == {"N": "2"}


# schedules


def test_schedules_are_read_from_the_template(stack: LocalStack) -> None:
    (schedule,) = stack.schedules
    assert schedule.seconds == 900
    assert schedule.function.folder == "hello"
    assert schedule.event()["detail-type"] == "Scheduled Event"


# links


def test_a_pre_signed_link_leads_here_until_it_expires(stack: LocalStack) -> None:
    client, bucket = stack.client("s3"), stack.physical_id("Bucket")
    client.put_object(Bucket=bucket, Key="a b.csv", Body=b"x,y", ContentType="text/csv")

    def link(seconds: int) -> str:
        where = {"Bucket": bucket, "Key": "a b.csv"}
        signed = client.generate_presigned_url("get_object", where, ExpiresIn=seconds)
        _, _, answer = call(stack, "POST", "/echo/x", {"link": signed})
        found: str = json.loads(answer["event"]["body"])["link"]
        assert found.startswith(f"{stack.url}/_local/s3/")
        return found.removeprefix(stack.url)

    status, headers, body = call(stack, "GET", link(60))
    assert (status, headers["content-type"], body) == (200, "text/csv", b"x,y")
    assert call(stack, "GET", link(0))[0] == 403
    assert call(stack, "GET", link(60).replace("csv", "txt"))[0] == 404
    assert call(stack, "GET", link(60).partition("?")[0])[0] == 403


# pages


@pytest.mark.parametrize(
    "path", ["/_local", "/_local/phones", "/_local/signup", "/_local/local.css"]
)
def test_pages_are_served_with_a_strict_policy(stack: LocalStack, path: str) -> None:
    status, headers, body = call(stack, "GET", path)
    assert status == 200
    assert "default-src 'self'" in headers["content-security-policy"]
    assert b"://" not in body.replace(b"http://www.w3.org", b""), "nothing is loaded from elsewhere"


def test_the_root_leads_to_the_index(stack: LocalStack) -> None:
    status, headers, _ = call(stack, "GET", "/")
    assert (status, headers["location"]) == (302, "/_local")


@pytest.mark.parametrize(
    "path", ["/_local/../seed.py", "/_local/nothing", "/_local/%2e%2e/seed.py"]
)
def test_nothing_but_the_pages_is_served(stack: LocalStack, path: str) -> None:
    assert call(stack, "GET", path)[0] == 404


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"host": "evil.example"}],
    ids=["origin", "rebinding"],
)
def test_other_sites_may_not_call_local_routes(stack: LocalStack, headers: dict[str, str]) -> None:
    assert call(stack, "GET", "/_local/messages", headers=headers)[0] == 403
