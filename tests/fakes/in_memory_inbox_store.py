"""An inbox in memory with the same conditions as the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.errors import InvalidCursorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.inbound.inbox import Box, InboxItem


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
        self._items[item_id] = replace(self._items[item_id], body="")

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
