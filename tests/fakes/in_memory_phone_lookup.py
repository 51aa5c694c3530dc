"""Numbers by key, as the subscribers table would give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assent.identifiers import SubscriberKey
    from assent.phone import PhoneNumber


class InMemoryPhoneLookup:
    """A `PhoneLookup`; a key that was erased is one that was never put in."""

    def __init__(self, phones: Mapping[SubscriberKey, PhoneNumber]) -> None:
        self._phones = dict(phones)

    def phones(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, PhoneNumber]:
        return {key: self._phones[key] for key in keys if key in self._phones}
