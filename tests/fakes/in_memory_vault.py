"""A bucket where each name is written once."""

from __future__ import annotations


class InMemoryVault:
    """A `Vault`; `objects` shows what it holds."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_once(self, name: str, body: bytes) -> bool:
        return self.objects.setdefault(name, body) is body

    def get(self, name: str) -> bytes | None:
        return self.objects.get(name)
