"""Segment rules as a typed tree: who is meant, said in fields and comparisons, never in code.

The tree is bounded and every value is only ever compared, so nothing a marketer writes can run,
loop or reach a query. A person of whom a field is not known satisfies no comparison with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from assent.audience.facts import is_attribute
from assent.audience.fields import COUNTS, FIELDS, OF_A_PROGRAMME, Kind, folded, getter
from assent.clock import parse_iso
from assent.errors import InvalidSegmentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assent.audience.subscriber import Subscriber

MAX_DEPTH = 8
MAX_NODES = 200
_MAX_TEXT = 200
_MAX_LISTED = 100
_MAX_DAYS = 36_500
_MAX_WINDOW_DAYS = 366

Scalar: TypeAlias = str | int | datetime
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None


class Op(StrEnum):
    """How a field is compared. Texts compare without regard to case."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IN = "in"
    BETWEEN = "between"
    EXISTS = "exists"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    WITHIN_LAST = "within_last"


_ORDERED = frozenset({Op.EQ, Op.NE, Op.LT, Op.LTE, Op.GT, Op.GTE, Op.BETWEEN, Op.EXISTS})
OPS: Mapping[Kind, frozenset[Op]] = MappingProxyType(
    {
        Kind.TEXT: frozenset({Op.EQ, Op.NE, Op.IN, Op.EXISTS, Op.CONTAINS, Op.STARTS_WITH}),
        Kind.NUMBER: _ORDERED | {Op.IN},
        Kind.LIST: frozenset({Op.CONTAINS, Op.EXISTS}),
        Kind.TIME: (_ORDERED - {Op.EQ, Op.NE}) | {Op.WITHIN_LAST},
    }
)


@dataclass(frozen=True, slots=True)
class Everyone:
    """Everybody; said on purpose, because no rule by accident must mean all."""


@dataclass(frozen=True, slots=True)
class And:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Or:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field op value`; `programme` only for fields of a programme, `days` only for counts.
    `within_last` is in days, `between` includes both ends, `exists` has no value."""

    field: str
    op: Op
    value: Value = None
    programme: str | None = None
    days: int | None = None


class ReadyClass(StrEnum):
    """Everybody confirmed to a programme is in exactly one of these."""

    NEW = "new"
    REGULAR = "regular"
    INACTIVE = "inactive"
    VIP = "vip"


@dataclass(frozen=True, slots=True)
class InClass:
    """People of a ready class; what that means is the programme's, see `classes.spelled_out`."""

    name: ReadyClass
    programme: str


Rule: TypeAlias = Everyone | And | Or | Not | Comparison | InClass
Predicate: TypeAlias = "Callable[[Subscriber, datetime], bool]"


# --- JSON → rule ---------------------------------------------------------------------------------


def parse(json: object) -> Rule:
    """Return the rule that decoded JSON spells.

    `{"all": true}`, `{"and": [rule, …]}`, `{"or": [rule, …]}`, `{"not": rule}`,
    `{"class": …, "programme": …}` or `{"field": …, "op": …, "value": …}`, with a `programme` or
    `days` where the field asks for it. Raises InvalidSegmentError, whose message names the node's
    path, such as `$.and[1].value`.
    """
    return _Parser().rule(json, "$", 1)


def _fail(path: str, message: str) -> InvalidSegmentError:
    return InvalidSegmentError(f"{path}: {message}", field=path)


class _Parser:
    """Counts nodes on the way, so that a huge tree is refused before it is built."""

    def __init__(self) -> None:
        self._nodes = 0

    def rule(self, json: object, path: str, depth: int) -> Rule:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _fail(path, f"a rule has at most {MAX_NODES} nodes")
        if depth > MAX_DEPTH:
            raise _fail(path, f"a rule is at most {MAX_DEPTH} levels deep")
        if not isinstance(json, dict):
            raise _fail(path, "expected an object")
        if "field" in json:
            return _comparison(json, path)
        if "class" in json:
            return _in_class(json, path)
        if len(json) != 1:
            raise _fail(path, "expected one of all, and, or, not, or a comparison with a field")
        return self._combined(*next(iter(json.items())), path, depth)

    def _combined(self, word: object, inner: object, path: str, depth: int) -> Rule:
        if word == "all" and inner is True:
            return Everyone()
        if word == "not":
            return Not(self.rule(inner, f"{path}.not", depth + 1))
        if word not in {"and", "or"}:
            raise _fail(path, "expected one of all (true), and, or, not, or a comparison")
        here = f"{path}.{word}"
        if not isinstance(inner, list) or not inner:
            raise _fail(here, "expected a list of at least one rule")
        rules = tuple(
            self.rule(each, f"{here}[{index}]", depth + 1) for index, each in enumerate(inner)
        )
        return And(rules) if word == "and" else Or(rules)


def _in_class(json: Mapping[object, object], path: str) -> InClass:
    if unknown := set(json) - {"class", "programme"}:
        raise _fail(path, f"unknown key {sorted(map(str, unknown))[0][:_MAX_TEXT]!r}")
    try:
        name = ReadyClass(str(json["class"]))
    except ValueError:
        raise _fail(f"{path}.class", f"expected one of {', '.join(sorted(ReadyClass))}") from None
    return InClass(name, _text(json.get("programme"), f"{path}.programme"))


def _comparison(json: Mapping[object, object], path: str) -> Comparison:
    name, programme = json["field"], json.get("programme")
    kind = _kind_of(name, json.get("value"))
    if kind is None or not isinstance(name, str):
        known = f"{', '.join(sorted(FIELDS))}, attributes.<name>"
        raise _fail(f"{path}.field", f"expected one of {known}")
    try:
        op = Op(str(json.get("op")))
    except ValueError:
        op = None
    if op is None or op not in OPS[kind]:
        raise _fail(f"{path}.op", f"for {name}, expected one of {', '.join(sorted(OPS[kind]))}")
    if unknown := set(json) - {"field", "op", "value", "programme", "days"}:
        raise _fail(path, f"unknown key {sorted(map(str, unknown))[0][:_MAX_TEXT]!r}")
    if (name in OF_A_PROGRAMME) != (programme is not None):
        raise _fail(f"{path}.programme", "name a programme for consent and confirmed_at only")
    if programme is not None:
        programme = _text(programme, f"{path}.programme")
    days = _days(json, name, f"{path}.days")
    return Comparison(name, op, _value(json, kind, op, f"{path}.value"), programme, days)


def _kind_of(name: object, value: object) -> Kind | None:
    """Return what the field holds; a custom attribute holds what it is compared with."""
    if not isinstance(name, str):
        return None
    if is_attribute(name):
        first = value[0] if isinstance(value, list) and value else value
        return Kind.NUMBER if isinstance(first, int) else Kind.TEXT
    return FIELDS.get(name)


def _days(json: Mapping[object, object], name: str, path: str) -> int | None:
    if "days" not in json:
        return None
    if name not in COUNTS:
        raise _fail(path, f"only {', '.join(sorted(COUNTS))} are counted in days")
    days = _number(json["days"], path)
    if not 0 < days <= _MAX_WINDOW_DAYS:
        raise _fail(path, f"expected 1 to {_MAX_WINDOW_DAYS} days")
    return days


def _value(json: Mapping[object, object], kind: Kind, op: Op, path: str) -> Value:
    raw = json.get("value")
    if op is Op.EXISTS:
        if raw is not None:
            raise _fail(path, "exists takes no value")
        return None
    if op is Op.WITHIN_LAST:
        days = _number(raw, path)
        if not 0 < days <= _MAX_DAYS:
            raise _fail(path, f"expected 1 to {_MAX_DAYS} days")
        return days
    if op not in {Op.IN, Op.BETWEEN}:
        return _SCALARS[kind](raw, path)
    if not isinstance(raw, list) or not raw or len(raw) > _MAX_LISTED:
        raise _fail(path, f"expected a list of 1 to {_MAX_LISTED} values")
    values = tuple(_SCALARS[kind](each, f"{path}[{index}]") for index, each in enumerate(raw))
    if op is Op.BETWEEN and (len(values) != 2 or values[0] > values[1]):  # type: ignore[operator] # noqa: PLR2004
        raise _fail(path, "expected two values, the smaller first")
    return values


def _text(raw: object, path: str) -> str:
    if not isinstance(raw, str) or not raw or len(raw) > _MAX_TEXT:
        raise _fail(path, f"expected a text of 1 to {_MAX_TEXT} characters")
    return raw


def _number(raw: object, path: str) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or abs(raw) > 2**53:
        raise _fail(path, "expected a whole number")
    return raw


def _time(raw: object, path: str) -> datetime:
    try:
        return parse_iso(_text(raw, path))
    except (ValueError, OverflowError):
        raise _fail(path, "expected an instant such as 2026-11-23T00:00:00Z") from None


_SCALARS: Mapping[Kind, Callable[[object, str], Scalar]] = MappingProxyType(
    {Kind.TEXT: _text, Kind.NUMBER: _number, Kind.LIST: _text, Kind.TIME: _time}
)


# --- Rule → JSON ---------------------------------------------------------------------------------


def to_json(rule: Rule) -> dict[str, object]:
    """Return what `parse` reads back as an equal rule."""
    match rule:
        case Everyone():
            return {"all": True}
        case And(rules):
            return {"and": [to_json(each) for each in rules]}
        case Or(rules):
            return {"or": [to_json(each) for each in rules]}
        case Not(inner):
            return {"not": to_json(inner)}
        case InClass(name, programme):
            return {"class": name.value, "programme": programme}
        case Comparison(field, op, value):
            spelt = {"value": _spelt(value), "programme": rule.programme, "days": rule.days}
            given = {key: each for key, each in spelt.items() if each is not None}
            return {"field": field, "op": op.value, **given}


def _spelt(value: Value) -> object:
    if isinstance(value, tuple):
        return [_spelt(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


# --- Rule → predicate ----------------------------------------------------------------------------


def compile_rule(rule: Rule) -> Predicate:
    """Return a function of (subscriber, now) that says whether the rule means this person.

    Raises InvalidSegmentError for a ready class that was not spelled out.
    """
    match rule:
        case Everyone():
            return lambda _subscriber, _now: True
        case And(rules):
            all_of = [compile_rule(each) for each in rules]
            return lambda subscriber, now: all(meant(subscriber, now) for meant in all_of)
        case Or(rules):
            any_of = [compile_rule(each) for each in rules]
            return lambda subscriber, now: any(meant(subscriber, now) for meant in any_of)
        case Not(inner):
            negated = compile_rule(inner)
            return lambda subscriber, now: not negated(subscriber, now)
        case Comparison():
            return _compare(rule)
        case InClass(name):
            raise _fail("$", f"the class {name} has no thresholds here")


def _compare(rule: Comparison) -> Predicate:
    kind = None if rule.op is Op.EXISTS else _kind_of(rule.field, _spelt(rule.value))
    get = getter(rule.field, rule.programme, rule.days, kind)
    if rule.op is Op.EXISTS:
        return lambda subscriber, now: get(subscriber, now) is not None
    if rule.op is Op.WITHIN_LAST:
        span = timedelta(days=rule.value if isinstance(rule.value, int) else 0)
        return lambda subscriber, now: _is_within(get(subscriber, now), now - span, now)
    test, value = _TESTS[rule.op], folded(rule.value)

    def meant(subscriber: Subscriber, now: datetime) -> bool:
        actual = get(subscriber, now)
        return actual is not None and test(actual, value)

    return meant


def _is_within(actual: object, first: datetime, last: datetime) -> bool:
    return isinstance(actual, datetime) and first <= actual <= last


# Both sides are of the field's kind: `parse` saw to the value and `_getter` sees to the actual.
_TESTS: Mapping[Op, Callable[..., bool]] = MappingProxyType(
    {
        Op.EQ: lambda actual, value: actual == value,
        Op.NE: lambda actual, value: actual != value,
        Op.LT: lambda actual, value: actual < value,
        Op.LTE: lambda actual, value: actual <= value,
        Op.GT: lambda actual, value: actual > value,
        Op.GTE: lambda actual, value: actual >= value,
        Op.IN: lambda actual, value: actual in value,
        Op.BETWEEN: lambda actual, value: value[0] <= actual <= value[1],
        Op.CONTAINS: lambda actual, value: value in actual,
        Op.STARTS_WITH: lambda actual, value: actual.startswith(value),
    }
)
