"""How fast a bundle is built and checked, and how much memory that takes, at a size of choice.

The log is in memory, so the export's rate is that of its own work without DynamoDB's waiting.
Events by default: 20,000; EVIDENCE_EVENTS=1000000 for the promised size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from assent.consent.events import ConsentEvent, EventType, Evidence, Source
from assent.evidence.datasets import FileFormat
from assent.identifiers import ProgrammeId, SubscriberKey
from tests.fakes.frozen_clock import NOON
from tests.unit.evidence.bundles import Bundle, asked

# 1 M events in 60 s.
LEAST_RATE = 1_000_000 / 60
_PROBE = """
import json, resource, sys, time
from pathlib import Path
from assent.evidence.checking import verify
began = time.perf_counter()
report = verify(Path(sys.argv[1]), workers=2)
taken = time.perf_counter() - began
# Not RUSAGE_SELF: Linux counts in it what the process that started this one held.
status = Path("/proc/self/status").read_text()
own = int(status.partition("VmHWM:")[2].split()[0])
pool = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([report.is_sound, taken, own // 1024, pool // 1024]))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Events per second, and megabytes at the most (of the checker and of its largest worker)."""

    events: int
    exported: float
    verified: float
    megabytes: int
    worker_megabytes: int
    bundle_megabytes: float


def measure(events: int | None = None) -> Measured:
    """Build a bundle and check it in a process of its own."""
    wanted = events or int(os.environ.get("EVIDENCE_EVENTS", "20000"))
    made = Bundle(_log(wanted), query=asked(file_format=FileFormat.JSONL), most_leaves=20_000)
    began = time.perf_counter()
    made.build()
    exported = wanted / (time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        path.write_bytes(made.file)
        size = path.stat().st_size / 2**20
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own file
            [sys.executable, "-c", _PROBE, str(path)], capture_output=True, check=True
        )
    is_sound, taken, megabytes, worker = json.loads(done.stdout)
    if not is_sound:
        message = "the bundle that was built is not sound"
        raise RuntimeError(message)
    return Measured(wanted, exported, wanted / taken, megabytes, worker, size)


def _log(events: int) -> list[tuple[ConsentEvent, Evidence | None]]:
    """Two events for each person within five hours, with evidence of an ordinary size."""
    history: list[tuple[ConsentEvent, Evidence | None]] = []
    step = timedelta(hours=4) / max(events, 1)
    for number in range(events // 2):
        previous = ""
        for seq, kind in enumerate((EventType.REQUESTED, EventType.CONFIRMED), 1):
            evidence = Evidence(
                f"{number:030x}{seq:02x}",
                {
                    "page_url": "https://shop.example/spring",
                    "ip": "203.0.113.7",
                    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
                    "reply": "YES",
                },
            )
            event = ConsentEvent(
                subscriber_key=SubscriberKey(f"k1_{number:032d}"),
                seq=seq,
                type=kind,
                at=NOON + step * (2 * number + seq - 1),
                source=Source.FORM,
                programme_id=ProgrammeId("deals"),
                epoch=1,
                evidence_digest=evidence.digest,
                previous_hash=previous,
                facts={"reason": "asked", "disclosure_version": 3},
            )
            previous = event.hash
            history.append((event, evidence))
    return history
