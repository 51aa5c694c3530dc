"""What a person finds behind a link of theirs, and the ports that it is read through."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.events import Source
    from assent.identifiers import SubscriberKey

Proof = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """Who pressed a button, as the edge saw them; `page` is the page's pattern, never its token."""

    page: str
    ip: str = ""
    user_agent: str = ""

    def proof(self, **more: str | int | bool | None) -> Proof:
        """Return the evidence of an act done here."""
        return {"page": self.page, "ip": self.ip, "user_agent": self.user_agent, **more}

    def __repr__(self) -> str:
        return f"Visitor({self.page})"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person or a form said of them; see PROFILE_FIELDS of the audience."""

    values: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def topics(self) -> tuple[str, ...]:
        found = self.values.get("topics")
        return tuple(map(str, found)) if isinstance(found, (list, tuple)) else ()

    @property
    def max_per_month(self) -> int | None:
        found = self.values.get("max_per_month")
        return found if isinstance(found, int) else None

    @property
    def locale(self) -> str | None:
        found = self.values.get("locale")
        return found if isinstance(found, str) else None


class Erasing(Protocol):
    """Takes away what is held of a person; the mark of an opt-out stays."""

    def erase(self, subscriber_key: SubscriberKey, source: Source, evidence: Proof) -> object:
        """Begin or repeat an erasure. Raises TryAgainError."""
        ...


class ProfileStore(Protocol):
    """Where profiles are read; they are written with the consent change that alters them."""

    def profile(self, subscriber_key: SubscriberKey) -> Mapping[str, object]:
        """Return the profile, read consistently; empty for a number never seen."""
        ...
