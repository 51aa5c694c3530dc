"""An AWS endpoint on the loopback, in a process of its own.

Its process holds moto behind one lock and speaks plain HTTP, so the code under measurement makes
real requests over real sockets and none of the endpoint's work counts as its CPU time.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_lock = threading.Lock()


@contextlib.contextmanager
def loopback() -> Iterator[str]:
    """Start the endpoint, point this process's AWS clients at it, and give its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.endpoint"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        with _environment(url):
            yield url
    finally:
        server.terminate()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


@contextlib.contextmanager
def _environment(url: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(
        AWS_ENDPOINT_URL=url,
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID="bench",
        AWS_SECRET_ACCESS_KEY="bench",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer

    def _answer(self) -> None:
        from botocore.awsrequest import AWSPreparedRequest
        from moto.core.botocore_stubber import BotocoreStubber

        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        scope = _SCOPE.search(self.headers.get("authorization", ""))
        service = scope.group(1) if scope else "s3"
        url = f"https://{service}.{REGION}.amazonaws.com{self.path}"
        headers: Any = dict(self.headers.items())
        headers["Host"] = f"{service}.{REGION}.amazonaws.com"
        request = AWSPreparedRequest(self.command, url, headers, body, stream_output=False)
        with _lock:
            answer: Any = BotocoreStubber().process_request(request)
        status, answered, text = answer
        content = text.encode() if isinstance(text, str) else bytes(text)
        self.send_response_only(status)
        for name, value in answered.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, str(value))
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def _serve() -> None:
    from moto import mock_aws

    with mock_aws():
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    _serve()
