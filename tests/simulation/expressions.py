"""DynamoDB's expressions, as far as this house uses them: conditions, updates and projections.

An expression is parsed once and kept as a function; items stay in the API's own spelling, such as
{"S": "text"}, so that nothing is lost between what was written and what is read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]

_TOKENS = re.compile(r"\s*(<>|<=|>=|[=<>+\-(),.\[\]]|[:#]?[A-Za-z_0-9]+)")
_COMPARED = ("=", "<>", "<", "<=", ">", ">=")
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_ORDERED = frozenset({"S", "N", "B"})


class ExpressionError(Exception):
    """What DynamoDB would answer with a ValidationException."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an expression is evaluated on."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]


Operand = Callable[[Facts], Value | None]
Test = Callable[[Facts], bool]
Path = tuple[str | int, ...]


def clone(value: Any) -> Any:
    """Copy a value of the API's spelling."""
    if isinstance(value, dict):
        return {key: clone(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clone(inner) for inner in value]
    return value


def number(value: Value) -> Decimal:
    return Decimal(value["N"])


def comparable(value: Value) -> tuple[str, Any]:
    """Return type and sortable content."""
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    return kind, content.encode() if kind == "S" else content


def equal(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return False
    return comparable(one) == comparable(other)


def _ordered(one: Value | None, other: Value | None, sign: str) -> bool:
    if one is None or other is None:
        return False
    (kind, left), (other_kind, right) = comparable(one), comparable(other)
    if kind != other_kind or kind not in _ORDERED:
        return False
    holds: bool = {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]
    return holds


def find(item: Item, path: Path) -> Value | None:
    """Return what stands at the path, None if nothing does."""
    found: Any = {"M": item}
    for step in path:
        inner = found.get("L" if isinstance(step, int) else "M")
        if inner is None:
            return None
        if isinstance(step, int):
            if step >= len(inner):
                return None
            found = inner[step]
        else:
            if step not in inner:
                return None
            found = inner[step]
    value: Value = found
    return value


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    return {"N": str(len(content.encode() if kind == "S" else content))}


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = self._split(text)
        self.at = 0

    @staticmethod
    def _split(text: str) -> list[str]:
        found, at = [], 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKENS.match(text, at)
            if match is None:
                message = f"unreadable at {text[at : at + 20]!r}"
                raise ExpressionError(message)
            found.append(match.group(1))
            at = match.end()
        return found

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.next
        if not token or (expected is not None and token.upper() != expected):
            message = f"expected {expected or 'more'}, found {token or 'the end'!r}"
            raise ExpressionError(message)
        self.at += 1
        return token

    def took(self, word: str) -> bool:
        if self.next.upper() != word:
            return False
        self.at += 1
        return True

    def listed(self, read: Callable[[], Any]) -> list[Any]:
        found = [read()]
        while self.took(","):
            found.append(read())
        return found

    def path(self) -> Callable[[Facts], Path]:
        steps: list[str | int] = [self.take()]
        while True:
            if self.took("."):
                steps.append(self.take())
            elif self.took("["):
                steps.append(int(self.take()))
                self.take("]")
            else:
                break
        return functools.partial(_resolved, tuple(steps))

    def operand(self) -> Operand:
        token = self.next
        if token.startswith(":"):
            self.take()
            return functools.partial(_value, token)
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else ""
        if following == "(":
            return self._function()
        path = self.path()
        return lambda facts: find(facts.item, path(facts))

    def _function(self) -> Operand:
        name = self.take()
        self.take("(")
        if name == "size":
            inner = self.operand()
            self.take(")")
            return lambda facts: _size(inner(facts))
        if name == "if_not_exists":
            path = self.path()
            self.take(",")
            other = self.operand()
            self.take(")")
            return lambda facts: find(facts.item, path(facts)) or other(facts)
        if name == "list_append":
            first, second = self.listed(self.operand)
            self.take(")")
            return lambda facts: {"L": [*(first(facts) or {})["L"], *(second(facts) or {})["L"]]}
        message = f"unknown function {name}"
        raise ExpressionError(message)

    def condition(self) -> Test:
        tests = [self._all()]
        while self.took("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda facts: any(t(facts) for t in tests)

    def _all(self) -> Test:
        tests = [self._not()]
        while self.took("AND"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda facts: all(t(facts) for t in tests)

    def _not(self) -> Test:
        if self.took("NOT"):
            inner = self._not()
            return lambda facts: not inner(facts)
        if self.took("("):
            grouped = self.condition()
            self.take(")")
            return grouped
        return self._asked() or self._compared()

    def _asked(self) -> Test | None:
        name = self.next
        if name not in _ASKED:
            return None
        self.take()
        self.take("(")
        path = self.path()
        test = _ASKED[name]
        if name in ("attribute_exists", "attribute_not_exists"):
            self.take(")")
            return lambda facts: test(find(facts.item, path(facts)), None)
        self.take(",")
        other = self.operand()
        self.take(")")
        return lambda facts: test(find(facts.item, path(facts)), other(facts))

    def _compared(self) -> Test:
        left = self.operand()
        if self.took("BETWEEN"):
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return lambda f: _ordered(left(f), low(f), ">=") and _ordered(left(f), high(f), "<=")
        if self.took("IN"):
            self.take("(")
            options = self.listed(self.operand)
            self.take(")")
            return lambda f: any(equal(left(f), option(f)) for option in options)
        sign = self.take()
        if sign not in _COMPARED:
            message = f"unknown comparison {sign!r}"
            raise ExpressionError(message)
        right = self.operand()
        if sign == "=":
            return lambda f: equal(left(f), right(f))
        if sign == "<>":
            return lambda f: not equal(left(f), right(f))
        return lambda f: _ordered(left(f), right(f), sign)

    def done(self) -> None:
        if self.next:
            message = f"left over: {self.next!r}"
            raise ExpressionError(message)


def _resolved(steps: tuple[str | int, ...], facts: Facts) -> Path:
    found: list[str | int] = []
    for step in steps:
        if isinstance(step, str) and step.startswith("#"):
            if step not in facts.names:
                message = f"an expression attribute name is not defined: {step}"
                raise ExpressionError(message)
            found.append(facts.names[step])
        else:
            found.append(step)
    return tuple(found)


def _value(name: str, facts: Facts) -> Value:
    if name not in facts.values:
        message = f"an expression attribute value is not defined: {name}"
        raise ExpressionError(message)
    return facts.values[name]


def _begins(found: Value | None, start: Value | None) -> bool:
    if found is None or start is None or found.keys() != start.keys():
        return False
    (content,), (wanted,) = found.values(), start.values()
    return bool(content.startswith(wanted))


def _contains(found: Value | None, wanted: Value | None) -> bool:
    if found is None or wanted is None:
        return False
    ((kind, content),) = found.items()
    if kind == "L":
        return any(equal(inner, wanted) for inner in content)
    (sought,) = wanted.values()
    return sought in content


def _is_type(found: Value | None, kind: Value | None) -> bool:
    return found is not None and kind is not None and kind["S"] in found


_ASKED: Mapping[str, Callable[[Value | None, Value | None], bool]] = {
    "attribute_exists": lambda found, _: found is not None,
    "attribute_not_exists": lambda found, _: found is None,
    "attribute_type": _is_type,
    "begins_with": _begins,
    "contains": _contains,
}


@functools.lru_cache(maxsize=4096)
def condition(text: str) -> Test:
    """Parse a condition, filter or key condition. Raises ExpressionError."""
    parser = _Parser(text)
    found = parser.condition()
    parser.done()
    return found


@functools.lru_cache(maxsize=1024)
def projection(text: str) -> tuple[Callable[[Facts], Path], ...]:
    """Parse a projection. Raises ExpressionError."""
    parser = _Parser(text)
    found = parser.listed(parser.path)
    parser.done()
    return tuple(found)


def projected(item: Item, text: str, names: Mapping[str, str]) -> Item:
    """Return the top-level attributes that a projection names."""
    facts = Facts(item, names, {})
    wanted = [str(path(facts)[0]) for path in projection(text)]
    return {name: item[name] for name in wanted if name in item}


@dataclass(frozen=True, slots=True)
class _Change:
    section: str
    path: Callable[[Facts], Path]
    value: Operand | None


@functools.lru_cache(maxsize=4096)
def _changes(text: str) -> tuple[_Change, ...]:
    parser = _Parser(text)
    found: list[_Change] = []
    while parser.next:
        section = parser.take().upper()
        if section not in _SECTIONS:
            message = f"unknown section {section}"
            raise ExpressionError(message)
        found += parser.listed(functools.partial(_change, parser, section))
    return tuple(found)


def _change(parser: _Parser, section: str) -> _Change:
    path = parser.path()
    if section == "REMOVE":
        return _Change(section, path, None)
    if section == "SET":
        parser.take("=")
    value = parser.operand()
    if section == "SET" and parser.next in ("+", "-"):
        sign = 1 if parser.take() == "+" else -1
        first, second = value, parser.operand()
        return _Change(section, path, lambda facts: _sum(first(facts), second(facts), sign))
    return _Change(section, path, value)


def _sum(one: Value | None, other: Value | None, sign: int) -> Value:
    if one is None or other is None or "N" not in one or "N" not in other:
        message = "an operand in the update expression has an incorrect data type"
        raise ExpressionError(message)
    return {"N": str(number(one) + sign * number(other))}


def updated(item: Item, text: str, names: Mapping[str, str], values: Mapping[str, Value]) -> Item:
    """Return the item after an update expression. Raises ExpressionError."""
    facts = Facts(item, names, values)
    found = [(change, change.path(facts)) for change in _changes(text)]
    _refuse_overlaps([path for _, path in found])
    results = [(c, path, c.value(facts) if c.value else None) for c, path in found]
    after: Item = clone(item)
    for change, path, value in results:
        _ACTS[change.section](after, path, clone(value))
    return after


def _refuse_overlaps(paths: list[Path]) -> None:
    for index, one in enumerate(paths):
        for other in paths[index + 1 :]:
            shorter = min(len(one), len(other))
            if one[:shorter] == other[:shorter]:
                message = f"two document paths overlap with each other: {one}, {other}"
                raise ExpressionError(message)


def _parent(item: Item, path: Path) -> Any:
    holder = find(item, path[:-1]) if len(path) > 1 else {"M": item}
    if holder is None or ("L" if isinstance(path[-1], int) else "M") not in holder:
        message = "the document path provided in the update expression is invalid for update"
        raise ExpressionError(message)
    (content,) = holder.values()
    return content


def _set(item: Item, path: Path, value: Value | None) -> None:
    if value is None:
        message = "the provided expression refers to an attribute that does not exist in the item"
        raise ExpressionError(message)
    content, last = _parent(item, path), path[-1]
    if isinstance(last, int) and last >= len(content):
        content.append(value)
    else:
        content[last] = value


def _remove(item: Item, path: Path, _: Value | None) -> None:
    content, last = _parent(item, path), path[-1]
    if isinstance(last, int):
        del content[last : last + 1]
    else:
        content.pop(last, None)


def _add(item: Item, path: Path, value: Value | None) -> None:
    content, last = _parent(item, path), path[-1]
    if value is None or "N" not in value:
        message = "ADD takes a number here"
        raise ExpressionError(message)
    content[last] = _sum(content.get(last, {"N": "0"}), value, 1)


def _refuse_delete(_: Item, __: Path, ___: Value | None) -> None:
    message = "DELETE from a set is not used in this house"
    raise ExpressionError(message)


_ACTS = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _refuse_delete}
