"""What a million recipients cost, from counted calls and list prices.

Counted at the endpoint are the calls and capacity units of planning's scan and of every batch, and
measured are the seconds that workers and children live. From a run to a million only that follows
which grows with batches: the run's are as large as a million's. Assumed are the latencies of
`tables`, a vCPU of Lambda as fast as this machine's, and one window open at a time, which is how
the workflow runs them. What a campaign costs once (transitions, a manifest) is under a cent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.benchmarks.rate import Held

PRICES = Path(__file__).with_name("prices.json")
_MILLION = 1_000_000
# AWS, Step Functions pricing: Express memory is billed in steps of 64 MB, and ours holds one batch.
_EXPRESS_GB = 64 / 1024
# AWS, "Configure Lambda function memory": 1,769 MB are one vCPU.
_MB_PER_CPU = 1769
# Two consistent reads and a conditional write, one after the other, and the invocation.
_PACE_SECONDS = 0.03
# What the template's SenderMemory says to choose for a rate.
SENDER_MEMORY = {20: 256, 50: 512, 100: 1024}


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars per million recipients at one rate, line by line."""

    rate: int
    lines: dict[str, float]
    target: float
    floor: float

    @property
    def total(self) -> float:
        return sum(self.lines.values())

    @property
    def holds(self) -> bool:
        return self.total <= self.target


def cost(held: Held, memory: dict[str, int]) -> Cost:
    """Price a run. `memory` is each function's in MB."""
    data = json.loads(PRICES.read_text())
    price = {name: float(entry["usd"]) for name, entry in data["prices"].items()}
    run, units = held.run, held.sending.units
    per_million = _MILLION / run.recipients
    reads = units["read"] + (units["half_read"] + held.planning.units["half_read"]) / 2
    children = run.batches * per_million
    asked = sum(child.asked for child in run.children) * per_million
    sends = len(run.invocations) * per_million
    sending, pacing = _gb_seconds(held, memory)
    lines = {
        "DynamoDB writes": units["write"] * per_million * price["dynamodb_write_unit"],
        "DynamoDB reads": reads * per_million * price["dynamodb_read_unit"],
        "Step Functions, children started": children * price["states_transition"],
        "Express requests": children * price["express_request"],
        "Express time": _express_seconds(held) * _EXPRESS_GB * price["express_gb_second"],
        "Lambda requests": (sends + asked) * price["lambda_request"],
        "Lambda time, sending": sending * per_million * price["lambda_gb_second"],
        "Lambda time, taking turns": pacing * per_million * price["lambda_gb_second"],
    }
    return Cost(run.rate, lines, data["target_per_million"], data["floor_per_million"])


def _express_seconds(held: Held) -> float:
    """A child is billed while it waits for its turn: as many are under way as the maps allow."""
    under_way = held.million.slices * held.million.max_concurrency
    return under_way * _MILLION / (held.share * held.run.rate)


def _gb_seconds(held: Held, memory: dict[str, int]) -> tuple[float, float]:
    """A worker is billed for the longer of its waiting and what its share of a CPU takes."""
    send_mb = SENDER_MEMORY[held.run.rate]
    share = send_mb / _MB_PER_CPU
    sending = sum(max(sent.seconds, sent.cpu_seconds / share) for sent in held.run.invocations)
    asked = sum(child.asked for child in held.run.children)
    return sending * send_mb / 1024, asked * _PACE_SECONDS * memory["campaign_pace"] / 1024


def memory_sizes() -> dict[str, int]:
    """Return MemorySize by function folder, from the template; a parameter's default where it is
    one."""
    from samtranslator.yaml_helper import yaml_parse

    template: Any = yaml_parse(
        (  # type: ignore[no-untyped-call]
            Path(__file__).parents[2] / "template.yaml"
        ).read_text()
    )
    default = template.get("Globals", {}).get("Function", {}).get("MemorySize", 128)
    sizes = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            size = resource["Properties"].get("MemorySize", default)
            if isinstance(size, dict):
                size = template["Parameters"][size["Ref"]]["Default"]
            sizes[Path(resource["Properties"]["CodeUri"]).name] = int(size)
    return sizes
