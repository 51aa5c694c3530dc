from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assent.audience.fields import COUNTS, FIELDS, OF_A_PROGRAMME, Kind
from assent.audience.rules import OPS, Not, Op, compile_rule, parse, to_json
from assent.errors import InvalidSegmentError
from tests.unit.audience.people import NOW, person

texts = st.text(min_size=1, max_size=20)
SCALARS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.LIST: texts,
    Kind.NUMBER: st.integers(-(2**53), 2**53),
    Kind.TIME: st.integers(0, 4 * 10**9).map(
        lambda at: datetime.fromtimestamp(at, UTC).isoformat()
    ),
}


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(sorted(FIELDS)))
    op = draw(st.sampled_from(sorted(OPS[FIELDS[field]])))
    scalar = SCALARS[FIELDS[field]]
    rule: dict[str, Any] = {"field": field, "op": op.value}
    if op is Op.WITHIN_LAST:
        rule["value"] = draw(st.integers(1, 36_500))
    elif op is Op.BETWEEN:
        rule["value"] = sorted(draw(st.lists(scalar, min_size=2, max_size=2)))
    elif op is Op.IN:
        rule["value"] = draw(st.lists(scalar, min_size=1, max_size=5))
    elif op is not Op.EXISTS:
        rule["value"] = draw(scalar)
    if field in OF_A_PROGRAMME:
        rule["programme"] = draw(texts)
    return rule


@st.composite
def counts(draw: st.DrawFn) -> dict[str, Any]:
    days = {"days": draw(st.integers(1, 366))} if draw(st.booleans()) else {}
    return {"field": draw(st.sampled_from(sorted(COUNTS))), "op": "gte", "value": 1, **days}


attributes = st.builds(
    lambda name, value: {"field": f"attributes.{name}", "op": "eq", "value": value},
    st.from_regex(r"[a-z][a-z0-9_]{0,19}", fullmatch=True),
    texts | SCALARS[Kind.NUMBER],
)
trees = st.recursive(
    comparisons() | counts() | attributes | st.just({"all": True}),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"and": rules}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rules: {"or": rules}),
        inner.map(lambda rule: {"not": rule}),
    ),
    max_leaves=6,
)
profiles = st.dictionaries(
    st.sampled_from(sorted(FIELDS)), texts | st.integers() | st.lists(texts) | st.none()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["and", "or", "not", "all", "field", "op", "value"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


def _parsed(tree: object) -> Any:
    try:
        return parse(tree)
    except InvalidSegmentError:
        return None


@settings(deadline=None)
@given(trees)
def test_a_rule_survives_the_way_through_json(tree: object) -> None:
    rule = _parsed(tree)
    if rule is not None:
        assert parse(json.loads(json.dumps(to_json(rule)))) == rule


@settings(deadline=None)
@given(trees, profiles)
def test_a_rule_says_yes_or_no_of_anybody_and_its_negation_the_other(
    tree: object, profile: dict[str, object]
) -> None:
    rule = _parsed(tree)
    if rule is not None:
        anybody = replace(person(), profile=profile)
        said = compile_rule(rule)(anybody, NOW)
        assert compile_rule(Not(rule))(anybody, NOW) is (not said)


@settings(deadline=None)
@given(json_values)
def test_anything_is_parsed_or_refused(value: object) -> None:
    _parsed(value)
