"""Slips of the thumb: one letter added, lost, changed, or two swapped.

The long words of the grammar are found by their deletions, so that a slip costs a look-up or two
and not a comparison with each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 5


def is_one_slip(token: str, word: str) -> bool:
    """Return whether one letter added, lost, changed or swapped turns `token` into `word`."""
    if token == word or abs(len(token) - len(word)) > 1:
        return False
    start = 0
    while start < min(len(token), len(word)) and token[start] == word[start]:
        start += 1
    left, right = token[start:], word[start:]
    swapped = left[1:2] + left[:1] + left[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped == right


class Corrector:
    """Puts right single slips in the words that it knows; `real` are words to leave alone. Of
    `swappable` words, too short to tell a slip from another word, only two letters swapped."""

    def __init__(
        self, words: Iterable[str], real: Iterable[str], swappable: Iterable[str] = ()
    ) -> None:
        self._words = frozenset(words)
        self._swapped = {
            word[:at] + word[at + 1] + word[at] + word[at + 2 :]: word
            for word in swappable
            for at in range(len(word) - 1)
            if word[at] != word[at + 1]
        }
        self._left_alone = self._words | frozenset(real)
        self._by_deletion: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for deletion in _deletions(word):
                self._by_deletion.setdefault(deletion, []).append(word)

    def corrected(self, token: str) -> str:
        """Return the known word that `token` misspells, else `token` itself."""
        if token in self._left_alone:
            return token
        if token in self._swapped or len(token) < _SHORTEST:
            return self._swapped.get(token, token)
        for deletion in _deletions(token):
            for word in self._by_deletion.get(deletion, ()):
                if is_one_slip(token, word):
                    return word
        return token


def _deletions(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}
