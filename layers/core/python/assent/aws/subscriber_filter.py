"""A narrowing as DynamoDB's filter expression over the subscriber's item.

A filter saves no read units; it saves the page's way here and its unpacking.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from assent.audience.rules import And, Comparison, Everyone, Not, Op, Or
from assent.aws import subscriber_item as packed
from assent.consent.model import ConsentStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.audience.narrowing import Narrowing
    from assent.audience.rules import Rule

# DynamoDB, "Service quotas": an expression has at most 4 KB and 300 operators.
_MAX_LENGTH = 3_500
_MAX_OPERATORS = 250
_SIGNS = {Op.EQ: "=", Op.NE: "<>", Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}


def scan_filter(narrowing: Narrowing) -> Mapping[str, Any]:
    """Return what to add to a scan; nothing when the expression would be too long for DynamoDB."""
    writing = _Writing(narrowing.now)
    expression = writing.rule(narrowing.rule)
    if len(expression) > _MAX_LENGTH or writing.operators > _MAX_OPERATORS:
        return {}
    names = {"ExpressionAttributeNames": writing.names} if writing.names else {}
    values = {"ExpressionAttributeValues": writing.values} if writing.values else {}
    return {"FilterExpression": expression, **names, **values}


class _Writing:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.operators = 0

    def rule(self, rule: Rule) -> str:
        self.operators += 1
        match rule:
            case And(rules):
                return _joined(" AND ", [self.rule(each) for each in rules])
            case Or(rules):
                return _joined(" OR ", [self.rule(each) for each in rules])
            case Not(inner):
                return f"(NOT {self.rule(inner)})"
            case Everyone():
                return f"attribute_exists({packed.KEY})"
            case Comparison():
                return self._comparison(rule)
            case _:
                message = "a ready class is spelled out before it is asked for"
                raise TypeError(message)

    def _comparison(self, rule: Comparison) -> str:
        if rule.field == "country":
            return self._country(rule)
        if rule.field == "consent":
            return self._consent(rule)
        if rule.field in {"created_at", "tenure_days"}:
            return self._created_at(rule)
        return self._number(f"{packed.PROFILE}.{self._name(rule.field)}", rule)

    def _country(self, rule: Comparison) -> str:
        texts = [self._value({"S": str(each).strip().upper()}) for each in _listed(rule)]
        found = f"{packed.COUNTRY} IN ({', '.join(texts)})"
        return f"(NOT {found})" if rule.op is Op.NE else found

    def _consent(self, rule: Comparison) -> str:
        wanted = {str(each).strip().casefold() for each in _listed(rule)}
        if wanted.isdisjoint(ConsentStatus):
            # A status that does not exist is nobody's; DynamoDB refuses a name that is not used.
            found = f"attribute_not_exists({packed.KEY})"
            return f"(NOT {found})" if rule.op is Op.NE else found
        path = f"{packed.CONSENTS}.{self._name(rule.programme or '')}"
        parts = [
            f"begins_with({path}, {self._value({'S': status.value[0]})})"
            for status in ConsentStatus
            if status.value in wanted
        ]
        if ConsentStatus.NONE.value in wanted:
            parts.append(f"attribute_not_exists({path})")
        self.operators += len(parts)
        found = _joined(" OR ", parts)
        return f"(NOT {found})" if rule.op is Op.NE else found

    def _created_at(self, rule: Comparison) -> str:
        value: Any = rule.value
        if rule.field == "tenure_days":
            return self._tenure(rule.op, value)
        if rule.op is Op.WITHIN_LAST:
            return self._between(self.now - timedelta(days=value), self.now)
        if rule.op is Op.BETWEEN:
            return self._between(*value)
        return f"{packed.CREATED_AT} {_SIGNS[rule.op]} {self._instant(value)}"

    def _tenure(self, op: Op, value: Any) -> str:
        """Whole days since the start: at least n of them is a start at least n days ago."""
        low, high = value if op is Op.BETWEEN else (value, value)
        least = {Op.GTE: low, Op.GT: low + 1, Op.BETWEEN: low}.get(op)
        most = {Op.LTE: high, Op.LT: high - 1, Op.BETWEEN: high}.get(op)
        parts = []
        if least is not None:
            parts.append(f"{packed.CREATED_AT} <= {self._micros(least)}")
        if most is not None:
            parts.append(f"{packed.CREATED_AT} > {self._micros(most + 1)}")
        return _joined(" AND ", parts)

    def _micros(self, days_ago: int) -> str:
        return self._value(packed.number(packed.micros(self.now) - days_ago * 86_400_000_000))

    def _between(self, first: datetime, last: datetime) -> str:
        return f"{packed.CREATED_AT} BETWEEN {self._instant(first)} AND {self._instant(last)}"

    def _number(self, path: str, rule: Comparison) -> str:
        """What is missing, or no number, satisfies nothing: DynamoDB would say it is unequal."""
        self.operators += 1
        is_number = f"attribute_type({path}, {self._value({'S': 'N'})})"
        if rule.op is Op.EXISTS:
            return is_number
        if rule.op is Op.BETWEEN:
            low, high = (self._value(packed.number(int(str(each)))) for each in _listed(rule))
            return f"({is_number} AND {path} BETWEEN {low} AND {high})"
        value = self._value(packed.number(int(str(rule.value))))
        return f"({is_number} AND {path} {_SIGNS[rule.op]} {value})"

    def _instant(self, at: datetime) -> str:
        return self._value(packed.number(packed.micros(at)))

    def _name(self, name: str) -> str:
        for placeholder, known in self.names.items():
            if known == name:
                return placeholder
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = name
        return placeholder

    def _value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        return placeholder


def _joined(word: str, parts: list[str]) -> str:
    """DynamoDB refuses redundant parentheses."""
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})"


def _listed(rule: Comparison) -> tuple[Any, ...]:
    return rule.value if isinstance(rule.value, tuple) else (rule.value,)
