"""The digest chain and who is sealed up to where, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.errors import AlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assent.evidence.digest import SealedDigest, SealedUpTo
    from assent.identifiers import SubscriberKey


class InMemoryDigestStore:
    """A `DigestStore`."""

    def __init__(self) -> None:
        self.chain: dict[int, SealedDigest] = {}

    def latest(self) -> SealedDigest | None:
        return self.chain[max(self.chain)] if self.chain else None

    def append(self, sealed: SealedDigest) -> None:
        if sealed.digest.number in self.chain:
            message = "this digest is noted already"
            raise AlreadyExistsError(message)
        self.chain[sealed.digest.number] = sealed

    def after(self, number: int) -> Iterator[SealedDigest]:
        return (self.chain[each] for each in sorted(self.chain) if each > number)

    def latest_first(self) -> Iterator[SealedDigest]:
        return (self.chain[each] for each in sorted(self.chain, reverse=True))


class InMemorySealStore:
    """A `SealStore`."""

    def __init__(self) -> None:
        self._entries: dict[SubscriberKey, dict[int, SealedUpTo]] = {}

    def sealed(self, keys: Sequence[SubscriberKey]) -> Mapping[SubscriberKey, SealedUpTo]:
        found = {key: self._entries[key] for key in keys if key in self._entries}
        return {key: entries[max(entries)] for key, entries in found.items()}

    def put(self, number: int, sealed: Mapping[SubscriberKey, SealedUpTo]) -> None:
        for key, up_to in sealed.items():
            self._entries.setdefault(key, {})[number] = up_to
