"""Texts from a phone: the event that AWS End User Messaging publishes, in the envelope that SNS
puts in the queue.

moto's SNS could make the envelope, but gives no way to set its Timestamp, which is the only time a
STOP carries.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.carrier import Carrier, iso
from infra.local.cloud import REGION, Cloud

if TYPE_CHECKING:
    from infra.local.assembly import InboundPath


@dataclass(frozen=True)
class Reply:
    """What a phone sends. to: the number it texts (None: the one that texted it last). at: seconds
    since 1970.
    """

    sender: str
    body: str
    to: str | None = None
    at: float | None = None


def payload(reply: Reply, to: str, previous: str | None) -> dict[str, Any]:
    """The two-way event; previousPublishedMessageId is absent when nothing was ever texted to that
    phone.
    """
    words = reply.body.split()
    event = {
        "originationNumber": reply.sender,
        "destinationNumber": to,
        "messageKeyword": words[0].upper() if words else "",
        "messageBody": reply.body,
        "inboundMessageId": str(uuid.uuid4()),
    }
    if previous is not None:
        event["previousPublishedMessageId"] = previous
    return event


def envelope(topic_arn: str, message: str, at: float) -> dict[str, str]:
    """SNS's notification as SQS carries it without raw delivery. The signature is noise: queues do
    not check it.
    """
    host = f"https://sns.{REGION}.amazonaws.com"
    return {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": topic_arn,
        "Message": message,
        "Timestamp": iso(at),
        "SignatureVersion": "1",
        "Signature": base64.b64encode(secrets.token_bytes(256)).decode(),
        "SigningCertURL": f"{host}/SimpleNotificationService-local.pem",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={topic_arn}:local",
    }


class Inbound:
    """Delivers what phones text back."""

    def __init__(self, cloud: Cloud, carrier: Carrier, path: InboundPath) -> None:
        self._cloud = cloud
        self._carrier = carrier
        self._path = path
        self._replies: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def deliver(self, reply: Reply) -> dict[str, Any]:
        """Put the text on its way; returns {id, from, to, body, sent_at} with id as the
        inboundMessageId.
        """
        last = self._carrier.last_to(reply.sender)
        to = reply.to or (last.sender if last else self._path.number)
        at = time.time() if reply.at is None else reply.at
        event = payload(reply, to, last.message_id if last else None)
        body = envelope(self._path.topic_arn, json.dumps(event), at)
        self._cloud.client("sqs").send_message(
            QueueUrl=self._path.queue_url, MessageBody=json.dumps(body)
        )
        told = {
            "id": event["inboundMessageId"],
            "from": reply.sender,
            "to": to,
            "body": reply.body,
            "sent_at": iso(at),
        }
        with self._lock:
            self._replies.append(told)
        return told

    def replies(self, since: str | None = None) -> list[dict[str, Any]]:
        """What phones texted, in the order in which it was handed in; after `since`, an id, or all
        where there is no such reply.
        """
        with self._lock:
            found = list(self._replies)
        known = [number for number, each in enumerate(found) if each["id"] == since]
        return found[known[0] + 1 :] if known else found
