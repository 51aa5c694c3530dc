"""What a million recipients cost, from counted calls and list prices.

Counted are the calls and capacity units of planning's scan and of every batch; memory sizes come
from the template; multiplied out are state transitions and the Express time spent waiting for a
turn. What a campaign costs once (a dozen transitions, a manifest per slice) is under a cent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assent.campaigns.preparing import Prepared
    from tests.benchmarks.recorder import Recorder
    from tests.benchmarks.stage import Run

PRICES = Path(__file__).with_name("prices.json")
_MILLION = 1_000_000
# AWS, Step Functions pricing: Express memory is billed in steps of 64 MB, and ours holds one batch.
_EXPRESS_GB = 64 / 1024
# AWS, "Configure Lambda function memory": 1,769 MB are one vCPU.
_MB_PER_CPU = 1769


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


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: of planning only the scan grows with the audience."""

    planning: Recorder
    sending: Recorder


def cost(run: Run, counted: Counted, million: Prepared, memory: dict[str, int]) -> Cost:
    """Price a run. `memory` is each function's in MB; `million` is how the workflow spreads a
    million recipients."""
    data = json.loads(PRICES.read_text())
    price = {name: float(entry["usd"]) for name, entry in data["prices"].items()}
    per_million = _MILLION / run.recipients
    units = counted.sending.units
    reads = units["read"] + (units["half_read"] + counted.planning.units["half_read"]) / 2
    children = run.batches * per_million
    sends = run.invocations * per_million
    lines = {
        "DynamoDB writes": units["write"] * per_million * price["dynamodb_write_unit"],
        "DynamoDB reads": reads * per_million * price["dynamodb_read_unit"],
        "Step Functions, children started": children * price["states_transition"],
        "Express requests": children * price["express_request"],
        "Express time": _express_seconds(run, million) * _EXPRESS_GB * price["express_gb_second"],
        "Lambda requests": 2 * sends * price["lambda_request"],
        "Lambda time": _gb_seconds(run, memory) * per_million * price["lambda_gb_second"],
    }
    return Cost(run.rate, lines, data["target_per_million"], data["floor_per_million"])


def _express_seconds(run: Run, million: Prepared) -> float:
    """A child is billed while it waits for its turn: as many are under way as the maps allow."""
    under_way = max(1, million.slices) * million.max_concurrency
    return under_way * _MILLION / run.rate


def _gb_seconds(run: Run, memory: dict[str, int]) -> float:
    """The worker is billed for the longer of its waiting and what its share of a CPU takes."""
    send_mb, pace_mb = memory["campaign_send"], memory["campaign_pace"]
    on_its_share = run.cpu_seconds * _MB_PER_CPU / send_mb
    sending = max(run.sending_seconds, on_its_share)
    return (sending * send_mb + run.pacing_seconds * pace_mb) / 1024


def memory_sizes() -> dict[str, int]:
    """Return MemorySize by function folder, from the template."""
    from samtranslator.yaml_helper import yaml_parse

    template: Any = yaml_parse(
        (  # type: ignore[no-untyped-call]
            Path(__file__).parents[2] / "template.yaml"
        ).read_text()
    )
    default = template.get("Globals", {}).get("Function", {}).get("MemorySize", 128)
    return {
        Path(resource["Properties"]["CodeUri"]).name: int(
            resource["Properties"].get("MemorySize", default)
        )
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }
