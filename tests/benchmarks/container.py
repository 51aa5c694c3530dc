"""One worker as on Lambda: a process of its own that sends one batch at a time.

It reads batches as lines of JSON and answers each with what became of it. When texts were published
is noted when the sender has let them go and their requests are about to be written to the socket.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.campaigns.model import Batch
from assent.campaigns.sending import SendStatus
from assent.identifiers import CampaignId
from tests.benchmarks.stage import CAMPAIGN, Sent, handler_of

if TYPE_CHECKING:
    from types import TracebackType


class Container:
    """The other side of the pipe."""

    def __enter__(self) -> Container:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.container"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def send(self, run: int, batch: Batch, campaign_id: CampaignId = CAMPAIGN) -> Sent:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = {"run": run, "id": batch.batch_id, "keys": batch.subscriber_keys}
        line["campaign"] = campaign_id
        self._process.stdin.write(json.dumps({**line, "parts": batch.parts}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Sent(**{**answer, "status": SendStatus(answer["status"])})


def _serve() -> None:
    sending = handler_of("campaign_send").wiring()
    published: list[float] = []

    def note(**_: Any) -> None:
        published.append(time.time())

    # The sender's own question at the door was registered to come first.
    clients.sms().meta.events.register("before-send", note)
    _answer({})
    for line in sys.stdin:
        asked = json.loads(line)
        began, cpu = time.monotonic(), time.process_time()
        batch = Batch(asked["id"], tuple(asked["keys"]), asked["parts"])
        status = sending.send(
            CampaignId(asked["campaign"]), asked["run"], batch, time.monotonic() + 120
        )
        _answer(
            {
                "status": status.value,
                "seconds": time.monotonic() - began,
                "cpu_seconds": time.process_time() - cpu,
                "published": published,
            }
        )
        published.clear()


def _answer(facts: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
