"""python -m infra.local: the whole service on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
import time

from infra.local.seed import SeedError, seed
from infra.local.stack import ROOT, LocalStack
from infra.local.staff import PASSWORD

_PORT = 8000
_LOGS = ROOT / ".local" / "logs"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    given = os.environ.get("PORT", str(_PORT))
    parser.add_argument(
        "--port",
        type=int,
        default=given,
        help="port on 127.0.0.1 (or PORT; default 8000; 0: any free)",
    )
    parser.add_argument("--check", action="store_true", help="deploy, print the resources, end")
    parser.add_argument("--no-seed", action="store_true", help="do not make the demo programme")
    return parser.parse_args()


def _fail(message: str) -> int:
    print(f"assent: {message}", file=sys.stderr)
    return 2


def _start(arguments: argparse.Namespace) -> LocalStack:
    _LOGS.mkdir(parents=True, exist_ok=True)
    for old in _LOGS.glob("*.jsonl"):
        old.unlink()
    if arguments.check:
        return LocalStack.start(log_dir=_LOGS)
    fill = None if arguments.no_seed else _seed
    return LocalStack.start(port=arguments.port, log_dir=_LOGS, seed=fill)


def _seed(stack: LocalStack) -> None:
    try:
        seed(stack)
    except SeedError as error:
        print(f"  ! no demo programme: {error}", file=sys.stderr)


def _warn(stack: LocalStack) -> bool:
    """Say what is broken; whether anything is."""
    for name, error in stack.failed.items():
        print(f"  ! {name} does not load: {type(error).__name__}: {error}", file=sys.stderr)
    unknown = [each for each in stack.deployment.resources() if each.status == "unknown"]
    for resource in unknown:
        print(
            f"  ! {resource.logical_id}: the local stack does not know {resource.type}",
            file=sys.stderr,
        )
    for schedule in stack.schedules:
        if schedule.seconds is None:
            print(f"  ! {schedule.name}: {schedule.expression} does not run here", file=sys.stderr)
    return bool(stack.failed or unknown)


def _check(stack: LocalStack) -> int:
    broken = _warn(stack)
    for each in stack.deployment.resources():
        if each.status != "inert":
            print(f"{each.status:8} {each.type:36} {each.logical_id:32} {each.physical_id}")
    counts = [each.status for each in stack.deployment.resources()]
    inert = counts.count("inert")
    print(f"{len(counts)} resources; {inert} are not made here (logs, alarms, layers, roles)")
    return 1 if broken else 0


def _banner(stack: LocalStack, seconds: float) -> str:
    return f"""
  Assent is running ({seconds:.1f} s). Nothing leaves this machine: no AWS account, no network.

    Start here        {stack.url}/_local
    Sign-up page      {stack.url}/_local/signup
    Virtual phones    {stack.url}/_local/phones
    Console           {stack.url}/console
                      as marketing@example.com or compliance@example.com, password {PASSWORD}
    API document      {stack.url}/v1/openapi.json
    Staff token       curl -s {stack.url}/_local/token -d '{{"group":"marketing"}}'
    Function logs     {_LOGS.relative_to(ROOT)}/<function>.jsonl

  Ctrl-C ends it.
"""


def _serve(stack: LocalStack, began: float) -> None:
    _warn(stack)
    print(_banner(stack, time.monotonic() - began), flush=True)
    threading.Event().wait()


def _run(arguments: argparse.Namespace, began: float) -> int:
    with _start(arguments) as stack:
        if arguments.check:
            return _check(stack)
        try:
            _serve(stack, began)
        finally:
            # Impatience while the threads end would only leave a traceback behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return 0


def main() -> int:
    """Exit status: 0 ended by the user, 1 --check found something broken, 2 could not start."""
    began = time.monotonic()
    arguments = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(arguments, began)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        wanted = f"http://127.0.0.1:{arguments.port}"
        reason = os.strerror(error.errno).lower()
        return _fail(f"{wanted}: {reason}. End what uses it, or choose another with --port N")


if __name__ == "__main__":
    sys.exit(main())
