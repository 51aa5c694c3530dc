"""How long each function takes to be ready, beside the least that any function on AWS pays."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers/core/python"
# Lean are the functions on a campaign's way that need neither a template engine (jinja2: plan,
# prepare, send) nor libphonenumber (inbound); what those cost beside is shown, and held by
# tests/architecture/test_import_budget.py.
LEAN = frozenset({"campaign_close", "campaign_pace", "campaign_reap"})
LIMIT = 1.3
_RUNS = 5

_CLOCK = "import time; began = time.perf_counter()\n"
_SAY = "\nprint(time.perf_counter() - began)"
_BARE = "import boto3; boto3.client('dynamodb')"
_FUNCTION = (
    "import importlib.util as u; s = u.spec_from_file_location('handler', {path!r});"
    "s.loader.exec_module(u.module_from_spec(s));"
    "from assent.aws import clients; clients.dynamodb()"
)


@dataclass(frozen=True, slots=True)
class ImportTime:
    """One function's time to be imported and to have one client."""

    function: str
    milliseconds: float
    ratio: float

    @property
    def is_lean(self) -> bool:
        return self.function in LEAN

    @property
    def holds(self) -> bool:
        return not self.is_lean or self.ratio <= LIMIT


def measure() -> tuple[float, list[ImportTime]]:
    """Return the bare time in ms, and each function's; medians of runs that take turns."""
    codes = {"": _BARE}
    for handler in sorted((ROOT / "functions").glob("*/handler.py")):
        codes[handler.parent.name] = _FUNCTION.format(path=str(handler))
    times: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(_RUNS):
        for name, code in codes.items():
            times[name].append(_seconds(code))
    medians = {name: statistics.median(found) * 1000 for name, found in times.items()}
    bare = medians.pop("")
    return bare, [ImportTime(name, ms, ms / bare) for name, ms in medians.items()]


def _seconds(code: str) -> float:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(CORE),
        "PYTHONPYCACHEPREFIX": str(ROOT / "build/bench-pycache"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "assent",
        "POWERTOOLS_METRICS_NAMESPACE": "Assent",
    }
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", _CLOCK + code + _SAY],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
