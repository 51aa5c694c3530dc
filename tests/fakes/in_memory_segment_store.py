"""Segments in a dictionary."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError, ChangedMeanwhileError, SegmentNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.audience.subscriber import Segment
    from assent.identifiers import SegmentId


@dataclass
class InMemorySegmentStore:
    """`SegmentStore` that keeps the last version of each."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._segments: dict[SegmentId, Segment] = {}

    def segment(self, segment_id: SegmentId) -> Segment:
        with self._lock:
            if segment_id not in self._segments:
                raise SegmentNotFoundError("no such segment")
            return self._segments[segment_id]

    def segments(self) -> Sequence[Segment]:
        with self._lock:
            return [self._segments[each] for each in sorted(self._segments)]

    def create(self, segment: Segment) -> None:
        with self._lock:
            if segment.segment_id in self._segments:
                raise AlreadyExistsError("the segment exists")
            self._segments[segment.segment_id] = segment

    def replace(self, segment: Segment, *, expected_version: int) -> None:
        with self._lock:
            stored = self._segments.get(segment.segment_id)
            if stored is None or stored.version != expected_version:
                raise ChangedMeanwhileError("the segment was changed meanwhile")
            self._segments[segment.segment_id] = segment
