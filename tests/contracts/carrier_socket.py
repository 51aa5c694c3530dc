"""A server on the loopback that takes requests as SNS would and misbehaves as it is told."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


def respond(status: str, body: str) -> Callable[[socket.socket], None]:
    """Answer with this status line and body."""

    def write(connection: socket.socket) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: text/xml\r\n\r\n"
        connection.sendall((head + body).encode())

    return write


def hang(connection: socket.socket) -> None:
    """Take the request and say nothing until the client goes."""
    connection.settimeout(10)
    while connection.recv(65536):
        pass


def close(connection: socket.socket) -> None:
    """Take the request and hang up."""


def reset(connection: socket.socket) -> None:
    """Take the request and reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def break_off(connection: socket.socket) -> None:
    """Begin an answer and hang up within its body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<PublishResponse")


class CarrierSocket:
    """Counts whole requests; `requests` holds their bodies."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [
            line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        length = int(lengths[0].split(b":")[1])
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(body.decode())
        self._answer(connection)
