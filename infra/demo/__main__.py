"""`make demo`: replay a morning against a running stack, or one of its own, and check the promises.

Exits 1 and names the promise when one is broken, 2 when the service could not be driven at all.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from infra.demo.findings import broken, warnings
from infra.demo.http import Client, UnexpectedAnswerError
from infra.demo.report import table
from infra.demo.signups import read
from infra.demo.story import DemoError, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_OWN_RATE = 40
_TEMPLATE_RATE = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    options = _options().parse_args(argv)
    try:
        with _service(options.url, options.rate) as (url, fetch, rate):
            story = Story(Client(url), fetch, rate, options.speed)
            findings = story.tell(read()[: options.rows])
    except (DemoError, UnexpectedAnswerError, OSError) as error:
        _say(f"\nThe demo could not go on: {error}")
        return 2
    _say(f"\n{table(findings)}\n")
    for sentence in warnings(findings):
        _say(f"Note: {sentence}")
    failures = broken(findings)
    for sentence in failures:
        _say(f"BROKEN: {sentence}")
    _say("Every promise held." if not failures else f"{len(failures)} promises broken.")
    return 1 if failures else 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--url", default=os.environ.get("DEMO_URL"), help="a running local stack")
    parser.add_argument("--rate", type=int, help="its PartsPerSecond (default: the template's)")
    parser.add_argument("--rows", type=int, help="only the first so many sign-ups")
    parser.add_argument(
        "--speed", type=float, default=0, help="times as fast as the file's clock (0: at once)"
    )
    return parser


@contextlib.contextmanager
def _service(
    url: str | None, rate: int | None
) -> Iterator[tuple[str, Callable[[str], bytes], int]]:
    """Give the address, a way to fetch an export's link, and the rate."""
    if url:
        yield url, _download, rate or _TEMPLATE_RATE
        return
    from infra.local.seed import seed
    from infra.local.stack import LocalStack

    asked = rate or _OWN_RATE
    with LocalStack.start(port=0, parameters={"PartsPerSecond": str(asked)}) as stack:
        seed(stack)
        _say(f"A local stack of its own is at {stack.url}\n")
        yield stack.url, lambda link: _from_bucket(stack.client("s3"), link), asked


def _download(link: str) -> bytes:
    if not link.startswith(("http://", "https://")):
        message = f"no web address: {link[:40]}"
        raise DemoError(message)
    with urllib.request.urlopen(link, timeout=30) as answer:  # noqa: S310 - scheme checked
        data: bytes = answer.read()
        return data


def _from_bucket(s3: Any, link: str) -> bytes:
    """The local S3 has no address of its own: read what the link points to in its place."""
    parts = urlsplit(link)
    if parts.hostname in ("127.0.0.1", "localhost"):
        return _download(link)
    bucket = str(parts.hostname).partition(".s3")[0]
    data: bytes = s3.get_object(Bucket=bucket, Key=unquote(parts.path.lstrip("/")))["Body"].read()
    return data


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
