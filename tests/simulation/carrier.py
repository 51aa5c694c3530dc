"""The carrier behind SNS: it takes texts, keeps an opt-out list of its own, and may hang."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.dynamodb import RefusedError


@dataclass(frozen=True, slots=True)
class Text:
    """One text that the carrier took. `issued_at` is when it left the worker, in true time."""

    number: int
    phone: str
    body: str
    is_marketing: bool
    issued_at: int
    taken_at: int
    message_id: str
    was_blocked: bool = False


@dataclass
class Carrier:
    """Texts in the order in which they were taken, and the numbers that are opted out."""

    texts: list[Text] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    refuses_opted_out: bool = False

    def publish(self, request: dict[str, Any], issued_at: int, now: int) -> dict[str, Any]:
        """Take a text. Raises RefusedError."""
        phone = request["PhoneNumber"]
        if not re.fullmatch(r"\+[1-9]\d{6,14}", phone) or not request["Message"]:
            raise RefusedError("InvalidParameter")
        blocked = phone in self.opted_out
        if blocked and self.refuses_opted_out:
            raise RefusedError("OptedOut")
        kind = request["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"]
        number = len(self.texts) + 1
        text = Text(
            number,
            phone,
            request["Message"],
            kind == "Promotional",
            issued_at,
            now,
            f"m-{number:05d}",
            blocked,
        )
        self.texts.append(text)
        return {"MessageId": text.message_id}

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Answer for the opt-out list. Raises RefusedError."""
        if operation == "ListPhoneNumbersOptedOut":
            return {"phoneNumbers": sorted(self.opted_out)}
        phone = request["phoneNumber"]
        if operation == "CheckIfPhoneNumberIsOptedOut":
            return {"isOptedOut": phone in self.opted_out}
        if operation == "OptInPhoneNumber":
            self.opted_out.discard(phone)
            return {}
        message = f"the simulated SNS has no {operation}"
        raise LookupError(message)
