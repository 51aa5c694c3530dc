"""What others report of a person: attributes and behaviour. Consent is never touched, and nobody
becomes known by it: a number that nobody signed up is answered as unknown.

Every row has a fate of its own, and a row that is reported twice counts once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from zoneinfo import available_timezones

from assent.audience.engagement import Act
from assent.consent.profile import check_profile
from assent.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.clock import Clock
    from assent.identifiers import SubscriberKey

# What staff and systems may say of a person. Topics and the chosen maximum are the person's own.
REPORTABLE = frozenset(
    {"first_name", "last_name", "birth_year", "postal_code", "region", "time_zone", "locale"}
)
ATTRIBUTE_PREFIX = "attributes."
# A few short ones leave the subscriber's item below 1 KB and a claim one write unit, as a test
# shows; whoever has eight long ones and a dozen claims costs two.
MAX_ATTRIBUTES = 8
MAX_ATTRIBUTE_TEXT = 40
_NAME = re.compile(r"[a-z][a-z0-9_]{0,19}")
_MAX_NUMBER = 2**53
_REMEMBERED = timedelta(days=45)
_OLDEST = timedelta(days=400)
_AHEAD = timedelta(minutes=5)

BEHAVIOUR: Mapping[str, Act] = MappingProxyType({"purchase": Act.PURCHASED, "visit": Act.VISITED})


class Reported(StrEnum):
    """What became of one row."""

    DONE = "done"
    REPEATED = "repeated"
    UNKNOWN_SUBSCRIBER = "unknown_subscriber"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"


@dataclass(frozen=True, slots=True)
class Deduped:
    """The name of an act, and how long it is known that it was counted."""

    name: str
    until: datetime


class FactStore(Protocol):
    """Where attributes and acts are kept: on the subscriber, beside consent and claims."""

    def add(self, subscriber_key: SubscriberKey, act: Act, at: datetime, once: Deduped) -> Reported:
        """Count one act unless an act of this name was counted, in one transaction.

        Returns DONE, REPEATED or UNKNOWN_SUBSCRIBER (never seen, or erased). Neither the sequence
        of consent events nor the claims version moves. Raises TryAgainError.
        """
        ...

    def describe(
        self, subscriber_key: SubscriberKey, facts: Mapping[str, str | int | None]
    ) -> Reported:
        """Set profile entries, None removing one; nothing is written beyond MAX_ATTRIBUTES.

        Returns DONE, UNKNOWN_SUBSCRIBER or TOO_MANY_ATTRIBUTES. Raises TryAgainError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """Takes reports of others."""

    store: FactStore
    clock: Clock

    def behaved(
        self, subscriber_key: SubscriberKey, kind: str, at: datetime | None, event_id: str
    ) -> Reported:
        """Count a purchase or a visit. `event_id` names it: with its kind, it counts once per
        person within 45 days. Raises InputError for an instant ahead or more than 400 days back."""
        now = self.clock.now()
        at = now if at is None else at
        if not now - _OLDEST <= at <= now + _AHEAD:
            message = "An event lies within the last 400 days and not ahead."
            raise InputError(message, field="at")
        once = Deduped(f"{kind}#{subscriber_key}#{event_id}", now + _REMEMBERED)
        return self.store.add(subscriber_key, BEHAVIOUR[kind], at, once)

    def described(
        self,
        subscriber_key: SubscriberKey,
        profile: Mapping[str, str | int | None],
        attributes: Mapping[str, str | int | None],
    ) -> Reported:
        """Set what is known of a person; None removes it. Raises InputError naming the field."""
        for name, value in profile.items():
            _check_profile(name, value)
        for name, value in attributes.items():
            _check_attribute(name, value)
        named = {f"{ATTRIBUTE_PREFIX}{name}": value for name, value in attributes.items()}
        return self.store.describe(subscriber_key, {**profile, **named})


def is_attribute(name: str) -> bool:
    """Return whether a profile entry or a rule's field is a custom attribute."""
    prefix, _, rest = name.partition(".")
    return f"{prefix}." == ATTRIBUTE_PREFIX and _NAME.fullmatch(rest) is not None


def _check_profile(name: str, value: str | int | None) -> None:
    if name not in REPORTABLE:
        message = "Topics and the chosen maximum are the person's own; others are not known."
        raise InputError(message, field=name)
    check_profile({name: value})
    if name == "time_zone" and value is not None and value not in available_timezones():
        message = "A time zone is an IANA name such as America/Denver."
        raise InputError(message, field=name)


def _check_attribute(name: str, value: str | int | None) -> None:
    if not _NAME.fullmatch(name):
        message = "An attribute's name has 1 to 20 of a-z, 0-9 and _, a letter first."
        raise InputError(message, field="attributes")
    if isinstance(value, str):
        is_fit = bool(value.strip()) and value.isprintable()
        is_fit = is_fit and len(value.encode()) <= MAX_ATTRIBUTE_TEXT
    else:
        is_fit = value is None or abs(value) <= _MAX_NUMBER
    if not is_fit:
        message = f"A value is a whole number or a text of 1 to {MAX_ATTRIBUTE_TEXT} bytes."
        raise InputError(message, field=f"attributes.{name}")
