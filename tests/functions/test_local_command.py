"""python -m infra.local as a person meets it, and a DynamoDB elsewhere."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "infra.local"]


def test_it_starts_says_where_to_go_and_ends_without_a_traceback() -> None:
    process = subprocess.Popen(  # noqa: S603
        [*COMMAND, "--port", "0", "--no-seed"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, "it ended by itself"
        said += line
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/_local/phones", said)
    assert "Traceback" not in errors


def test_a_taken_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(  # noqa: S603
            [*COMMAND, "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert port in done.stderr
    assert "--port" in done.stderr


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """Enough of a DynamoDB to see what reaches it."""

    seen: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        operation = self.headers["x-amz-target"].rpartition(".")[2]
        self.seen.append(operation)
        taken = self.seen.count("CreateTable") > 1
        error = {"__type": "com.amazonaws.dynamodb.v20120810#ResourceInUseException"}
        body = json.dumps(error if operation == "CreateTable" and taken else {}).encode()
        self.send_response(400 if operation == "CreateTable" and taken else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    handler = type("Handler", (_Elsewhere,), {"seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


TABLE_AND_KEY = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Key: { Type: AWS::KMS::Key, Properties: { KeySpec: HMAC_256, KeyUsage: GENERATE_VERIFY_MAC } }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
"""


def test_tables_live_in_another_dynamodb_and_the_phone_key_survives_with_them(
    tmp_path: Path, elsewhere: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, seen = elsewhere
    template = tmp_path / "template.yaml"
    template.write_text(TABLE_AND_KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    monkeypatch.setattr("infra.local.stack.KEPT_KEYS", tmp_path / "kept" / "phone-keys.json")

    def mac() -> bytes:
        with LocalStack.start(template=template) as stack:
            made: bytes = stack.client("kms").generate_mac(
                Message=b"+14155550100",
                KeyId=stack.physical_id("Key"),
                MacAlgorithm="HMAC_SHA_256",
            )["Mac"]
            return made

    assert mac() == mac()
    assert seen == ["CreateTable", "UpdateTimeToLive", "CreateTable"]
    assert (tmp_path / "kept" / "phone-keys.json").stat().st_mode & 0o777 == 0o600
