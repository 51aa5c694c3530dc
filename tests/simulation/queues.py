"""SQS feeding a function: at least once, in any order, and put aside after too many tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.simulation.faults import Trouble
from tests.simulation.scheduler import SECOND

if TYPE_CHECKING:
    from tests.simulation.faults import Faults
    from tests.simulation.sandboxes import Lambda
    from tests.simulation.scheduler import Scheduler


@dataclass
class Message:
    """One message; `visible_at` is when a delivery may begin."""

    message_id: str
    body: str
    sent_at: int
    visible_at: int
    received: int = 0
    is_done: bool = False


class Queue:
    """A queue that feeds one function."""

    def __init__(
        self,
        name: str,
        properties: dict[str, Any],
        parts: tuple[Scheduler, Faults, Lambda],
        feeds: tuple[str, int],
    ) -> None:
        self.name = name
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self._visibility = properties["VisibilityTimeout"] * SECOND
        self._tries = properties["RedrivePolicy"]["maxReceiveCount"]
        self._scheduler, self._faults, self._functions = parts
        self._function, self._batch = feeds
        self._numbers = 0

    def put(self, body: str) -> str:
        """Take a message in; it is delivered soon."""
        self._numbers += 1
        now = self._scheduler.now
        message = Message(f"{self.name}-{self._numbers}", body, now, now)
        self.messages.append(message)
        delay = self._scheduler.chance.randint(5_000, 120_000)
        if self._faults.strikes(Trouble.REORDER, 0.4):
            delay += self._scheduler.chance.randint(0, 20 * SECOND)
        self._soon(message, delay)
        return message.message_id

    @property
    def is_empty(self) -> bool:
        return not any(not each.is_done for each in self.messages)

    def redrive(self) -> None:
        """Put the dead letters back, as an operator does when the cause is gone."""
        dead, self.dead = self.dead, []
        for message in dead:
            message.received = 0
            self.messages.append(message)
            self._soon(message, 1_000)

    def _soon(self, message: Message, delay: int) -> None:
        message.visible_at = self._scheduler.now + delay
        self._scheduler.after(delay, self._poll)

    def _poll(self) -> None:
        now = self._scheduler.now
        ready = [each for each in self.messages if not each.is_done and each.visible_at <= now]
        size = self._scheduler.chance.randint(1, self._batch) if ready else 0
        if self._faults.strikes(Trouble.REORDER, 0.5):
            self._scheduler.chance.shuffle(ready)
        batch = []
        for message in ready[:size]:
            message.received += 1
            if message.received > self._tries:
                self.messages.remove(message)
                self.dead.append(message)
                self._scheduler.note(f"dead letter {message.message_id}")
                continue
            batch.append(message)
            self._soon(message, self._visibility)
            if self._faults.strikes(Trouble.DUPLICATE_DELIVERY, 0.25):
                self._soon(message, self._scheduler.chance.randint(0, 3 * SECOND))
        if batch:
            self._deliver(batch)
        if len(ready) > size:
            self._scheduler.after(10_000, self._poll)

    def _deliver(self, batch: list[Message]) -> None:
        event = {"Records": [self._record(each) for each in batch]}

        def ended(answer: Any, error: str | None) -> None:
            if error is not None:
                return
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for message in batch:
                if message.message_id not in failed and not message.is_done:
                    message.is_done = True
                    if message in self.messages:
                        self.messages.remove(message)

        self._functions.invoke(self._function, event, ended)

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.message_id,
            "receiptHandle": f"{message.message_id}#{message.received}",
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.received),
                "SentTimestamp": str(message.sent_at // 1000),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{self.name}",
            "awsRegion": "us-east-1",
        }
