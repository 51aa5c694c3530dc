"""Starts the endpoint of `tables` and points this process, and those it starts, at it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

from tests.benchmarks.recorder import Counts

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"


@contextlib.contextmanager
def loopback(*, latency: bool = True, crowd: int | None = None) -> Iterator[str]:
    """Start the endpoint, point AWS clients at it, and give its address; with `crowd`, its scans
    find as many people."""
    options = [] if latency else ["--no-latency"]
    options += [] if crowd is None else ["--crowd", str(crowd)]
    server = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.benchmarks.tables", *options],
        stdout=subprocess.PIPE,
        text=True,
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


def counted(url: str) -> Counts:
    """Return what the endpoint has counted since it was last asked."""
    with urllib.request.urlopen(f"{url}/_counted") as answer:  # noqa: S310 - our own address
        return Counts.of(json.load(answer))


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
