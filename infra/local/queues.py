"""Moves messages from queues to functions, as Lambda's event source mappings do."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.cloud import REGION, Cloud
from infra.local.permissions import acting_as

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.local.lambdas import Function

# On AWS a failed message comes back when its visibility time-out ends, minutes later; nobody
# waits that long here.
RETRY_SECONDS = 1
# The first worker looks for what comes back after a failure; the others help where much comes in.
_IDLE_SECONDS = (1.0, 5.0)
_SENDS = ("sqs.SendMessage", "sqs.SendMessageBatch")
_PUBLISHES = ("sns.Publish", "sns.PublishBatch")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mapping:
    """An event source mapping: which queue feeds which function, and how."""

    queue_url: str
    queue_arn: str
    function: Function
    batch_size: int = 10
    reports_failures: bool = False


def _record(mapping: Mapping, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": hashlib.md5(message["Body"].encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.queue_arn,
        "awsRegion": REGION,
    }


class QueuePump:
    """Polls the queue of one mapping with a few threads and invokes its function.

    After maxReceiveCount receipts the queue itself moves a message to its dead-letter queue.
    """

    def __init__(self, cloud: Cloud, mapping: Mapping) -> None:
        self._sqs = cloud.client("sqs")
        self._mapping = mapping
        self._wake = threading.Condition()
        self._sent = 0
        self._stopping = False
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(idle,),
                name=f"pump-{mapping.function.folder}-{n}",
                daemon=True,
            )
            for n, idle in enumerate(_IDLE_SECONDS)
        ]

    def start(self) -> None:
        """Begin to poll."""
        for thread in self._threads:
            thread.start()

    @property
    def queue_url(self) -> str:
        """The queue that it empties."""
        return self._mapping.queue_url

    def wake(self) -> None:
        """Something may be in the queue: look now."""
        with self._wake:
            self._sent += 1
            self._wake.notify()

    def stop(self) -> None:
        """Finish the batches under way and stop."""
        self._stopping = True
        with self._wake:
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def _run(self, idle_seconds: float) -> None:
        while not self._stopping:
            seen = self._sent
            try:
                if self._take_batch():
                    continue
            except Exception:  # a pump must survive a broken message
                log.exception("the queue of %s could not be read", self._mapping.function.folder)
            with self._wake:
                if self._sent == seen and not self._stopping:
                    self._wake.wait(idle_seconds)

    def _take_batch(self) -> bool:
        """Lambda reads a queue under the role of the function that it feeds."""
        mapping = self._mapping
        with acting_as(mapping.function.spec.logical_id):
            messages = self._sqs.receive_message(
                QueueUrl=mapping.queue_url,
                MaxNumberOfMessages=min(mapping.batch_size, 10),
                WaitTimeSeconds=0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
        if messages:
            failed = self._failures(messages)
            for message in messages:
                self._settle(message, message["MessageId"] in failed)
        return bool(messages)

    def _failures(self, messages: list[dict[str, Any]]) -> set[str]:
        everyone = {message["MessageId"] for message in messages}
        try:
            answer = self._mapping.function.invoke(
                {"Records": [_record(self._mapping, each) for each in messages]}
            )
        except Exception as error:  # the whole batch comes back, as on AWS
            log.warning("%s raised %s", self._mapping.function.folder, type(error).__name__)
            return everyone
        if not self._mapping.reports_failures or not isinstance(answer, dict):
            return set()
        named = {entry.get("itemIdentifier") for entry in answer.get("batchItemFailures") or []}
        # Lambda treats an id that it does not know as a failure of the whole batch.
        return named if named <= everyone else everyone

    def _settle(self, message: dict[str, Any], failed: bool) -> None:
        handle = {"QueueUrl": self._mapping.queue_url, "ReceiptHandle": message["ReceiptHandle"]}
        if failed:
            self._sqs.change_message_visibility(**handle, VisibilityTimeout=RETRY_SECONDS)
        else:
            with acting_as(self._mapping.function.spec.logical_id):
                self._sqs.delete_message(**handle)


class Waker:
    """Hears every call to AWS, and wakes the pumps of the queue that it may have filled. To wake
    them all would let two dozen threads look into empty queues after each text.
    """

    def __init__(self, pumps: Sequence[QueuePump]) -> None:
        self._pumps = pumps

    def __call__(self, operation: str, request: Any) -> None:
        body = request.body or b""
        said = body if isinstance(body, bytes) else str(body).encode()
        if operation in _SENDS:
            url = json.loads(said).get("QueueUrl")
            found = [pump for pump in self._pumps if pump.queue_url == url]
        elif operation in _PUBLISHES and b"PhoneNumber=" not in said:
            # Which queues a topic feeds is not in the call.
            found = list(self._pumps)
        else:
            return
        for pump in found:
            pump.wake()
