"""Sign-ups in a queue, which SQS keeps encrypted: written at the door, read by who acts on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.clock import iso, parse_iso
from assent.consent.events import Source
from assent.identifiers import ProgrammeId
from assent.opt_in.sign_ups import AskedSignUp
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsSignUpQueue:
    """A `SignUpQueue`."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    def put(self, asked: AskedSignUp) -> None:
        with translated():
            self._client.send_message(QueueUrl=self._url, MessageBody=packed(asked))


def packed(asked: AskedSignUp) -> str:
    """Return the sign-up as one JSON text."""
    return json.dumps(
        {
            "sign_up_id": asked.sign_up_id,
            "programme_id": asked.programme_id,
            "phone": asked.phone.e164,
            "locale": asked.locale,
            "asked_at": iso(asked.asked_at),
            "has_token": asked.has_token,
            "is_bot": asked.is_bot,
            "facts": dict(asked.facts),
            "evidence": dict(asked.evidence),
            "profile": dict(asked.profile),
            "site": asked.site,
            "source": asked.source.value,
        }
    )


def unpacked(body: str) -> AskedSignUp:
    """Return the sign-up in a message. Raises ValueError, KeyError or TypeError for what we never
    wrote; that ends among the dead letters."""
    found = json.loads(body)
    return AskedSignUp(
        sign_up_id=found["sign_up_id"],
        programme_id=ProgrammeId(found["programme_id"]),
        phone=PhoneNumber.stored(found["phone"]),
        locale=found["locale"],
        asked_at=parse_iso(found["asked_at"]),
        has_token=found["has_token"],
        is_bot=found["is_bot"],
        facts=found["facts"],
        evidence=found["evidence"],
        profile=found["profile"],
        site=found.get("site"),
        source=Source(found["source"]),
    )
