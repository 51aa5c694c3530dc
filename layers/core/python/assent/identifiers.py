"""Typed names for the things that have identity, and the one source of new ones.

New ids come from a port, so that a test or a simulation can foresee them.
"""

from __future__ import annotations

import secrets
from typing import NewType, Protocol

SubscriberKey = NewType("SubscriberKey", str)
ProgrammeId = NewType("ProgrammeId", str)
CampaignId = NewType("CampaignId", str)
SegmentId = NewType("SegmentId", str)
ExportId = NewType("ExportId", str)
TemplateId = NewType("TemplateId", str)
ImportId = NewType("ImportId", str)
FlowId = NewType("FlowId", str)
MessageId = NewType("MessageId", str)

# Crockford's base 32 in lower case: no letter is taken for a digit when an id is read aloud.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Ids(Protocol):
    """Where new ids, codes and salts come from."""

    def new(self, prefix: str) -> str:
        """Return a fresh id such as `c_7f3k9q0m2x1b`; `prefix` names the kind."""
        ...

    def code(self) -> str:
        """Return six decimal digits, uniformly drawn, for a person to type."""
        ...

    def salt(self) -> str:
        """Return 128 random bits in hex."""
        ...


class RandomIds:
    """Ids from the operating system's random source."""

    def new(self, prefix: str) -> str:
        return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(12))

    def code(self) -> str:
        return f"{secrets.randbelow(10**6):06d}"

    def salt(self) -> str:
        return secrets.token_hex(16)
