"""What a clause asks for by the words around its verb, where no frame of the phrase table fits.

The frames name what may stand between a verb and its object; people put in what nobody thought of.
Here a verb of stopping or removing asks for an end of the texts if what it acts on is the texts or
the person's own number, and hardly a word in between or behind says it is about something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REACH = 7
_NEXT = 1


@dataclass(frozen=True, slots=True)
class Aim:
    """A verb's reach in a clause: where it begins and ends, as positions of letters."""

    start: int
    end: int


class Intent:
    """The words of requests by what they are for; all that is in none of them is foreign."""

    def __init__(self, told: Mapping[str, Any], known: frozenset[str]) -> None:
        self._stop = frozenset(told["stop"])
        self._remove = frozenset(told["remove"])
        self._remove_with = frozenset(told["remove_with"])
        self._particles = frozenset(told["particles"])
        self._texts = frozenset(told["texts"])
        self._own = frozenset(told["own"])
        self._lists = frozenset(told["lists"])
        self._breaks = frozenset(told["breaks"])
        self._ends = frozenset(told["ends"])
        self._modal = frozenset(told["modal"])
        self._known = known | self._texts | self._own | self._lists | self._particles | self._modal

    def aims(self, clause: str) -> list[Aim]:
        """Return each verb in `clause` that asks for an end, with its reach."""
        tokens = list(re.finditer(r"\S+", clause))
        words = [token.group() for token in tokens]
        found = []
        for at, word in enumerate(words):
            reach = self._reach(word, at, words)
            if reach:
                found.append(
                    Aim(tokens[at].start() - 1, tokens[min(at + reach, len(words)) - 1].end())
                )
        return found

    def _reach(self, word: str, at: int, words: Sequence[str]) -> int:
        """Return how many words from `at` on are the request; 0 if none begins there."""
        if word in self._stop:
            return self._stopping(self._window(words[at + 1 :]))
        if word in self._remove or word in self._remove_with:
            return self._removing(self._window(words[at + 1 :]), word in self._remove_with)
        return self._ending(words[at:]) if word in self._texts else 0

    def _window(self, after: Sequence[str]) -> list[str]:
        end = next((at for at, word in enumerate(after) if word in self._breaks), len(after))
        return list(after[: min(end, _REACH)])

    def _stopping(self, window: Sequence[str]) -> int:
        """`stop` + at most one foreign word + the texts or what is mine + nothing foreign next."""
        for at, word in enumerate(window):
            if word not in self._texts and word not in self._own:
                continue
            between = self._foreign(window[:at])
            is_free = not self._foreign(window[at + 1 : at + 1 + _NEXT])
            return at + 2 if len(between) <= 1 and is_free and self._doing(between) else 0
        return 0

    def _removing(self, window: Sequence[str], needs_particle: bool) -> int:
        """`remove` + what is mine + nothing foreign up to the end."""
        mine = next((at for at, word in enumerate(window) if word in self._own), None)
        if mine is None or self._foreign(window):
            return 0
        is_off = not self._particles.isdisjoint(window)
        return len(window) + 1 if is_off or not needs_particle else 0

    def _ending(self, words: Sequence[str]) -> int:
        """The texts + `must` or `to` + `stop`, and no more."""
        for at in range(2, min(len(words), _REACH)):
            if words[at] in self._ends and words[at - 1] in self._modal:
                is_all = not self._foreign(words[1:at]) and not self._foreign(words[at + 1 :])
                return at + 1 if is_all else 0
        return 0

    def _foreign(self, words: Sequence[str]) -> list[str]:
        return [word for word in words if word not in self._known]

    @staticmethod
    def _doing(between: Sequence[str]) -> bool:
        return all(word.endswith(("ing", "in")) for word in between)
