"""Patterns over words, written so that somebody who knows no regular expressions can check them.

Four notations: `a|b` one of these words, `<name>` a word or phrase of a class, `..3` up to three
words that do not turn the meaning, `~3` up to three linking words and one other. A `?` makes a part
optional, `word*` any ending; `^` and `$` are the ends of a sentence, `a|$` is the word or the end.
Patterns are filed under the first letters of their first word, so that a text pays only for those
that might apply.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_HEAD = 2
_MOST_WORDS = 120


class Grammar:
    """A set of patterns, ready to be looked for."""

    def __init__(self, patterns: Iterable[str], classes: Mapping[str, Sequence[str]]) -> None:
        self._classes = classes
        self._by_head: dict[str, list[re.Pattern[str]]] = {}
        for pattern in patterns:
            compiled = re.compile(self._regex(pattern))
            for head in {word[:_HEAD] for word in self._heads(pattern)}:
                self._by_head.setdefault(head, []).append(compiled)

    def find(self, sentence: str) -> Iterator[re.Match[str]]:
        """Yield where patterns match in `sentence`, which is words with a space before each."""
        for word in re.finditer(r" (\S\S?)", sentence[: _MOST_WORDS * 12]):
            for pattern in self._by_head.get(word.group(1), ()):
                found = pattern.match(sentence, word.start())
                if found:
                    yield found

    def first(self, sentence: str) -> str | None:
        """Return what the first match says, if anything matches."""
        found = next(self.find(sentence), None)
        return found.group().strip() if found else None

    def _heads(self, pattern: str) -> list[str]:
        parts = pattern.removeprefix("^ ").split()
        heads: list[str] = []
        for part in parts:
            heads += [word.split()[0] for word in self._words(part.removesuffix("?"))]
            if not part.endswith("?"):
                return heads
        message = f"nothing in the pattern must be there: {pattern}"
        raise ValueError(message)

    def _words(self, part: str) -> Sequence[str]:
        named = (
            self._classes[each.strip("<>")] if each.startswith("<") else [each]
            for each in part.split("|")
        )
        return [word for words in named for word in words]

    def _regex(self, pattern: str) -> str:
        # A match starts at a word's space, so `^` needs a look behind rather than an anchor.
        start = "(?<!.)" if pattern.startswith("^ ") else ""
        end = "$" if pattern.endswith(" $") else "(?= |$)"
        parts = pattern.removeprefix("^ ").removesuffix(" $").split()
        return start + "".join(self._part(part) for part in parts) + end

    def _part(self, part: str) -> str:
        if part.startswith(".."):
            return rf"(?: (?!{self._any('turning')}(?: |$))\S+){{0,{part[2:]}}}?"
        if part.startswith("~"):
            link = rf"(?: {self._any('link')}(?= ))"
            other = rf"(?: (?!{self._any('places')}(?: |$))\S+)"
            return rf"{link}{{0,{part[1:]}}}{other}??{link}{{0,2}}"
        if part.endswith("?"):
            return rf"(?:{self._part(part[:-1])})?"
        if part.endswith("|$"):
            return rf"(?:{self._part(part[:-2])}(?= |$)|$)"
        return f" {_alternatives(self._words(part))}"

    def _any(self, name: str) -> str:
        return _alternatives(self._classes[name])


def _alternatives(words: Sequence[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    escaped = (re.escape(word).replace(r"\*", r"\S*").replace(r"\ ", " ") for word in longest_first)
    return f"(?:{'|'.join(escaped)})"
