"""A person as segments and texts see them: profile and geography beside the consent standing."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from assent.audience.engagement import Act, Activity
    from assent.audience.narrowing import Narrowing
    from assent.audience.rules import Rule
    from assent.consent.model import Standing
    from assent.identifiers import SegmentId, SubscriberKey

# What a form or an import may say of a person; anything else is refused at the door.
PROFILE_FIELDS: Mapping[str, type] = MappingProxyType(
    {
        "first_name": str,
        "last_name": str,
        "birth_year": int,
        "postal_code": str,
        "region": str,
        "time_zone": str,
        "topics": list,
        "locale": str,
        "max_per_month": int,
    }
)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One person. `country` is the number's; `profile` holds PROFILE_FIELDS and, as
    `attributes.<name>`, custom attributes. `engagement` has texts sent only as far as their claims
    are forgotten: those that are not stand in `standing.claims`."""

    standing: Standing
    country: str
    created_at: datetime
    profile: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    engagement: Mapping[Act, Activity] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved rule; `version` guards edits."""

    segment_id: SegmentId
    name: str
    rule: Rule
    version: int = 1


class SubscriberScan(Protocol):
    """Reads candidates in bulk and by key."""

    def slice(
        self, slice_number: int, slices: int, only: Narrowing | None = None
    ) -> Iterator[Subscriber]:
        """Yield every subscriber of one parallel-scan slice, streaming page by page; with `only`,
        those whom it leaves out may be missing, and are then counted in it.

        Eventually consistent: the result is only candidates, the claim decides.
        """
        ...

    def by_keys(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, Subscriber]:
        """Return those that exist, each read consistently; any number of keys."""
        ...

    def approximate_count(self) -> int:
        """Return about how many there are; may be hours old."""
        ...


class SegmentStore(Protocol):
    """Where segments are kept."""

    def segment(self, segment_id: SegmentId) -> Segment:
        """Raises SegmentNotFoundError."""
        ...

    def segments(self) -> Sequence[Segment]:
        """Return all, by id."""
        ...

    def create(self, segment: Segment) -> None:
        """Raises AlreadyExistsError."""
        ...

    def replace(self, segment: Segment, *, expected_version: int) -> None:
        """Raises ChangedMeanwhileError."""
        ...
