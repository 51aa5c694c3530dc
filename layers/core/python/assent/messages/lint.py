"""What a campaign's text may not say, although every placeholder in it is in order.

A value that a stranger typed into a form must never become part of a link in the brand's name, a
link of the person's own must end where its token ends, and a text is more than a keyword.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from jinja2 import nodes

from assent.errors import InvalidTextError, OnlyKeywordError, PlaceholderInLinkError
from assent.messages.links import value_makes_link

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words that phones text to us, in the languages that we answer: sent to people, they say nothing
# and look like an order. The full table of what phones may send is the inbound's.
_KEYWORD = re.compile(
    r"stop(all)?|unsubscribe|cancel|end|quit|opt-?out|revoke|arr[eê]t|baja|alto|parar|salir|"
    r"start|unstop|y|yes|oui|s[ií]|ja|subscribe|join|help|info|aide|ayuda|hilfe",
    re.IGNORECASE,
)
_BEFORE_LINK = re.compile(r"(?:^|[\s:(])$")
_AFTER_LINK = re.compile(r"^(?:$|\s)")
# No host is longer, and one letter stands for any value.
_FAR, _A_VALUE = 80, "x"
_MAX_NEIGHBOURS = 64
_WORD = re.compile(r"[^\W_][\w-]*")


def check_words(tree: nodes.Template) -> None:
    """Raise OnlyKeywordError for a text that consists of keywords alone, such as a bare STOP."""
    if any(isinstance(part, nodes.Name) for part in tree.find_all(nodes.Name)):
        return
    words = _WORD.findall(" ".join(part.data for part in tree.find_all(nodes.TemplateData)))
    if all(_KEYWORD.fullmatch(word) for word in words):
        message = "Say something: a text of keywords alone reads like an order to stop or start."
        raise OnlyKeywordError(message, field="body")


def check_gaps(tree: nodes.Template, links: frozenset[str]) -> None:
    """Raise PlaceholderInLinkError where a value would become part of a link, or where one of
    `links` would run into what stands around it, whichever branches are taken."""
    befores, afters = _Neighbours(is_before=True), _Neighbours(is_before=False)
    befores.walk(tree.body, frozenset({""}))
    afters.walk(tree.body, frozenset({""}))
    for gap, said in befores.of.items():
        pairs = itertools.product(said, afters.of[gap])
        if isinstance(gap, nodes.Name) and gap.name in links:
            if not all(_BEFORE_LINK.search(b) and _AFTER_LINK.match(a) for b, a in pairs):
                message = f"Leave a space before and after {gap.name}."
                raise PlaceholderInLinkError(message, field="body")
        elif any(value_makes_link(before, after) for before, after in pairs):
            message = "A placeholder stands inside a link: what people typed could lead anywhere."
            raise PlaceholderInLinkError(message, field="body")


class _Neighbours:
    """Collects, for every placeholder, all words that can come to stand right beside it."""

    def __init__(self, *, is_before: bool) -> None:
        self.of: dict[nodes.Expr, frozenset[str]] = {}
        self._is_before = is_before

    def walk(self, body: Sequence[nodes.Node], said: frozenset[str]) -> frozenset[str]:
        """Go over `body` in reading order, or against it, and return what can be said by its end.
        Raises InvalidTextError when that is beyond counting."""
        for node in body if self._is_before else reversed(body):
            match node:
                case nodes.Output():
                    said = self.walk(node.nodes, said)
                case nodes.If():
                    said = self._branches(node, said)
                case nodes.TemplateData(data=data):
                    said = frozenset(self._joined(each, data) for each in said)
                case nodes.Expr():
                    self.of[node] = said
                    said = frozenset(self._joined(each, _A_VALUE) for each in said)
        return said

    def _branches(self, node: nodes.If, said: frozenset[str]) -> frozenset[str]:
        branches = [node.body, *(each.body for each in node.elif_), node.else_]
        found = frozenset[str]().union(*(self.walk(each, said) for each in branches))
        if len(found) > _MAX_NEIGHBOURS:
            message = "Put spaces between conditions: too many stand side by side."
            raise InvalidTextError(message, field="body")
        return found

    def _joined(self, said: str, words: str) -> str:
        return (said + words)[-_FAR:] if self._is_before else (words + said)[:_FAR]
