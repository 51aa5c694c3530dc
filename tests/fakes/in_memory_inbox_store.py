"""An inbox in memory with the same conditions as the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.errors import ChangedMeanwhileError, InvalidCursorError
from assent.inbound.inbox import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.identifiers import SubscriberKey
    from assent.inbound.inbox import Decision, InboxItem


class InMemoryInboxStore:
    """An `InboxStore`; `items` shows all, in order of arrival."""

    def __init__(self) -> None:
        self._items: dict[str, InboxItem] = {}

    @property
    def items(self) -> Sequence[InboxItem]:
        return list(self._items.values())

    def put(self, item: InboxItem) -> bool:
        if item.item_id in self._items:
            return False
        self._items[item.item_id] = item
        return True

    def blank(self, item_id: str) -> None:
        item = self._items[item_id]
        decision = replace(item.decision, note=None) if item.decision else None
        self._items[item_id] = replace(item, body="", decision=decision)

    def page(
        self, box: Box, *, limit: int, cursor: str | None = None
    ) -> tuple[Sequence[InboxItem], str | None]:
        found = [item for item in self._items.values() if item.box == box]
        found.sort(key=lambda item: (item.at, item.item_id), reverse=True)
        start = 0
        if cursor is not None:
            places = [i for i, item in enumerate(found) if item.item_id == cursor]
            if not places:
                message = "this cursor is not one of ours"
                raise InvalidCursorError(message, field="cursor")
            start = places[0] + 1
        page = found[start : start + limit]
        is_more = start + limit < len(found)
        return page, page[-1].item_id if is_more else None

    def find(self, item_id: str) -> InboxItem | None:
        return self._items.get(item_id)

    def waiting(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        return [
            item
            for item in self._items.values()
            if item.box is Box.REVIEW and item.subscriber_key == subscriber_key
        ]

    def of(self, subscriber_key: SubscriberKey) -> Sequence[InboxItem]:
        found = [each for each in self._items.values() if each.subscriber_key == subscriber_key]
        return sorted(found, key=lambda item: (item.at, item.item_id))

    def decide(self, item: InboxItem, decision: Decision) -> None:
        kept = self._items.get(item.item_id)
        if kept is None or kept.decision or kept.box is not item.box:
            message = "The text was decided or moved."
            raise ChangedMeanwhileError(message)
        self._items[item.item_id] = replace(kept, decision=decision)

    def close(self, item: InboxItem) -> None:
        kept = self._items.get(item.item_id)
        if kept is not None and kept.box is not Box.DONE:
            self._items[item.item_id] = replace(kept, box=Box.DONE, was_in=kept.box)
