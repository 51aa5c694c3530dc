"""`make demo`: replay a morning against a running stack, or one of its own, and check the promises.

Exits 1 and names the promise when one is broken, 2 when the service could not be driven at all.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from infra.demo.findings import broken, warnings
from infra.demo.http import Client, UnexpectedAnswerError
from infra.demo.phones import DemoError
from infra.demo.proof import told
from infra.demo.report import table
from infra.demo.signups import read
from infra.demo.story import Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OWN_RATE = 40
_TEMPLATE_RATE = 20
# None of the phones in signups.csv; the template's own example number is one of them.
_OWN_NUMBER = "+12065550199"
_SWITCH_SECONDS = 0.0005


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    options = _options().parse_args(argv)
    try:
        with _service(options.url, options.rate) as (url, rate):
            story = Story(Client(url), rate, options.speed)
            findings = story.tell(read()[: options.rows])
    except (DemoError, UnexpectedAnswerError, OSError) as error:
        _say(f"\nThe demo could not go on: {error}")
        return 2
    _say(f"\n{table(findings)}\n")
    if findings.proof is not None:
        _say(f"{told(findings.proof)}\n")
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
def _service(url: str | None, rate: int | None) -> Iterator[tuple[str, int]]:
    """Give the address and the rate."""
    if url:
        yield url, rate or _TEMPLATE_RATE
        return
    from infra.local.seed import seed
    from infra.local.stack import LocalStack

    asked = rate or _OWN_RATE
    # Texts go out in slots of 10 ms, so a thread must not wait 5 ms for each other busy one.
    sys.setswitchinterval(_SWITCH_SECONDS)
    parameters = {"PartsPerSecond": str(asked), "OriginationIdentity": _OWN_NUMBER}
    with LocalStack.start(port=0, parameters=parameters) as stack:
        seed(stack)
        _say(f"A local stack of its own is at {stack.url}\n")
        yield stack.url, asked


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
