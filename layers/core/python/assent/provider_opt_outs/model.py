"""The opt-out list that the provider keeps of its own, and what it answers when asked to change it.

It is a second fence, never the authority: what we may send is decided by our own standing alone,
because the provider restores a number at most once in 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from assent.phone import PhoneNumber


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """One number on the list; `opted_out_at` is None where the provider keeps no times (SNS)."""

    phone: PhoneNumber
    opted_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Part of the list. `cursor` is None after the last page; `unreadable` counts entries that are
    no phone number, such as short codes."""

    numbers: Sequence[ListedNumber]
    cursor: str | None
    unreadable: int = 0


class Added(StrEnum):
    """What became of putting a number on the list. `refused`: the provider takes no such number."""

    ADDED = "added"
    NOT_SUPPORTED = "not_supported"
    REFUSED = "refused"


class Removed(StrEnum):
    """What became of taking a number off. `too_soon`: it was restored within the last 30 days."""

    REMOVED = "removed"
    TOO_SOON = "too_soon"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ListRates:
    """Calls per second that the provider allows to the whole account."""

    reads: float
    writes: float


class ProviderOptOutList(Protocol):
    """The provider's list. Every method raises TryAgainError when it is throttled or not there."""

    @property
    def rates(self) -> ListRates:
        """How often reads and writes may be called."""
        ...

    def page(self, cursor: str | None) -> ListPage:
        """Return the part of the list after `cursor`, from its start for None.

        Raises InvalidCursorError for a cursor that has run out.
        """
        ...

    def is_opted_out(self, phone: PhoneNumber) -> bool:
        """Return whether the number is on the list; False for one that the provider cannot hold."""
        ...

    def add(self, phone: PhoneNumber) -> Added:
        """Put the number on the list; it may be there already."""
        ...

    def remove(self, phone: PhoneNumber) -> Removed:
        """Take the number off the list; one that is not on it counts as removed."""
        ...
