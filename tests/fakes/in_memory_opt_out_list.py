"""A provider's opt-out list in memory, with pages and with the rule of one restoration in 30 days.

`is_writable` False and `keeps_times` False make it SNS's, otherwise End User Messaging's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.errors import InvalidCursorError
from assent.provider_opt_outs.model import Added, ListedNumber, ListPage, ListRates, Removed

if TYPE_CHECKING:
    from datetime import datetime

    from assent.clock import Clock
    from assent.phone import PhoneNumber

RESTORED_ONCE_IN = timedelta(days=30)


class InMemoryOptOutList:
    """A `ProviderOptOutList`; `opt_out` is what a person's STOP does at the provider."""

    def __init__(
        self,
        clock: Clock,
        *,
        is_writable: bool = True,
        keeps_times: bool = True,
        page_size: int = 100,
    ) -> None:
        self.rates = ListRates(reads=10, writes=20)
        self._clock = clock
        self._is_writable = is_writable
        self._keeps_times = keeps_times
        self._page_size = page_size
        self._listed: dict[PhoneNumber, datetime] = {}
        self._restored: dict[PhoneNumber, datetime] = {}

    def opt_out(self, phone: PhoneNumber) -> None:
        self._listed[phone] = self._clock.now()

    def numbers(self) -> set[PhoneNumber]:
        return set(self._listed)

    def page(self, cursor: str | None) -> ListPage:
        if cursor is not None and not cursor.isdigit():
            message = "not a cursor of this list"
            raise InvalidCursorError(message)
        start = int(cursor or 0)
        entries = sorted(self._listed.items(), key=lambda entry: entry[0].e164)
        found = entries[start : start + self._page_size]
        more = start + self._page_size < len(entries)
        numbers = [ListedNumber(p, at if self._keeps_times else None) for p, at in found]
        return ListPage(numbers, str(start + self._page_size) if more else None)

    def is_opted_out(self, phone: PhoneNumber) -> bool:
        return phone in self._listed

    def add(self, phone: PhoneNumber) -> Added:
        if not self._is_writable:
            return Added.NOT_SUPPORTED
        self._listed.setdefault(phone, self._clock.now())
        return Added.ADDED

    def remove(self, phone: PhoneNumber) -> Removed:
        if phone not in self._listed:
            return Removed.REMOVED
        now = self._clock.now()
        last = self._restored.get(phone)
        if last is not None and now - last < RESTORED_ONCE_IN:
            return Removed.TOO_SOON
        del self._listed[phone]
        self._restored[phone] = now
        return Removed.REMOVED
