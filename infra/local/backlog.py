"""How much the queues still hold for functions: who drives the stack waits for nought, not for a
while, since how long a while must be depends on the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.cloud import Cloud

_HELD = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Backlog:
    """Counts messages that wait for a function, are being worked on, or come back after a failure.
    Here the counts are exact: one lock stands before all queues.
    """

    def __init__(self, cloud: Cloud, queue_urls: Sequence[str]) -> None:
        self._cloud = cloud
        self._queue_urls = queue_urls

    def count(self) -> int:
        """Return the number of messages. A message that is taken from one queue is gone from it
        only when what it gave rise to stands in another, so nought is nought.
        """
        sqs = self._cloud.client("sqs")
        with self._cloud.lock:
            return sum(self._held(sqs, url) for url in self._queue_urls)

    @staticmethod
    def _held(sqs: Any, url: str) -> int:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_HELD))
        return sum(int(answer["Attributes"][name]) for name in _HELD)
