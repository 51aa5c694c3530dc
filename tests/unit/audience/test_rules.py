from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assent.audience.engagement import Act, plus
from assent.audience.fields import FIELDS
from assent.audience.rules import MAX_DEPTH, MAX_NODES, compile_rule, parse, to_json
from assent.audience.subscriber import PROFILE_FIELDS
from assent.errors import InvalidSegmentError
from assent.messages.template import BRAND, LINKS, PLACEHOLDERS, PROGRAMME
from tests.unit.audience.people import NOW, person

ANA = person(
    first_name="Ana",
    region="FL",
    postal_code="33101",
    birth_year=2004,
    topics=["Shoes", "hats"],
    locale="en",
    max_per_month=4,
)
ANA = replace(
    ANA,
    profile={**ANA.profile, "attributes.tier": "gold", "attributes.points": 12},
    engagement={
        Act.PURCHASED: plus(plus(None, NOW - timedelta(days=100)), NOW - timedelta(days=6)),
        Act.SENT: plus(None, NOW - timedelta(days=50)),
    },
)


def compare(field: str, op: str, value: object = None, **more: object) -> dict[str, object]:
    return {"field": field, "op": op, **({} if value is None else {"value": value}), **more}


def consent(op: str, value: object, programme: str = "weekly") -> dict[str, object]:
    return compare("consent", op, value, programme=programme)


FLORIDA = compare("region", "eq", "FL")
TEXAS = compare("region", "eq", "TX")
UNKNOWN = compare("last_name", "eq", "x")


def means_ana(rule: object) -> bool:
    return compile_rule(parse(rule))(ANA, NOW)


@pytest.mark.parametrize(
    "rule",
    [
        {"all": True},
        FLORIDA,
        compare("region", "eq", " fl "),
        compare("region", "ne", "TX"),
        compare("region", "in", ["TX", "FL"]),
        compare("postal_code", "starts_with", "331"),
        compare("first_name", "contains", "NA"),
        compare("topics", "contains", "shoes"),
        compare("topics", "exists"),
        compare("country", "eq", "US"),
        compare("age", "eq", 21),
        compare("attributes.tier", "eq", "GOLD"),
        compare("attributes.points", "gte", 10),
        compare("attributes.points", "in", [9, 12]),
        compare("attributes.tier", "exists"),
        compare("purchases", "eq", 2),
        compare("purchases", "gte", 1, days=7),
        compare("last_purchased_at", "within_last", 7),
        compare("visits", "eq", 0),
        compare("sent", "eq", 2),
        compare("sent", "eq", 1, days=7),
        compare("last_sent_at", "within_last", 4),
        compare("age", "gte", 21),
        compare("age", "between", [18, 21]),
        compare("birth_year", "in", [2003, 2004]),
        compare("max_per_month", "lt", 5),
        compare("tenure_days", "eq", 40),
        compare("created_at", "lte", "2026-10-14T12:00:00Z"),
        compare("created_at", "between", ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00+02:00"]),
        compare("created_at", "within_last", 40),
        compare("last_texted_at", "within_last", 3),
        compare("confirmed_at", "within_last", 10, programme="weekly"),
        consent("eq", "confirmed"),
        consent("eq", "none", "other"),
        {"and": [FLORIDA, {"not": TEXAS}]},
        {"or": [TEXAS, FLORIDA]},
        {"not": UNKNOWN},
    ],
    ids=str,
)
def test_a_rule_means_her(rule: object) -> None:
    assert means_ana(rule)


@pytest.mark.parametrize(
    "rule",
    [
        TEXAS,
        UNKNOWN,
        compare("last_name", "ne", "x"),
        compare("last_name", "exists"),
        compare("region", "starts_with", "L"),
        compare("topics", "contains", "shoe"),
        compare("age", "gt", 21),
        compare("attributes.tier", "eq", 3),
        compare("attributes.points", "eq", "12"),
        compare("attributes.none", "exists"),
        compare("purchases", "gte", 2, days=7),
        compare("last_clicked_at", "exists"),
        compare("created_at", "within_last", 39),
        compare("last_texted_at", "within_last", 2),
        compare("confirmed_at", "exists", programme="other"),
        consent("eq", "pending"),
        {"and": [FLORIDA, TEXAS]},
        {"or": [TEXAS, UNKNOWN]},
        {"not": {"all": True}},
    ],
    ids=str,
)
def test_a_rule_does_not_mean_her(rule: object) -> None:
    assert not means_ana(rule)


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({}, "$"),
        ([], "$"),
        (None, "$"),
        ({"all": False}, "$"),
        ({"class": "best", "programme": "weekly"}, "$.class"),
        ({"class": "vip"}, "$.programme"),
        ({"class": "vip", "programme": "weekly", "x": 1}, "$"),
        (compare("purchases", "gte", 1, days=0), "$.days"),
        (compare("age", "gte", 1, days=7), "$.days"),
        (compare("attributes.Tier", "eq", "x"), "$.field"),
        (compare("attributes.points", "between", [1, "2"]), "$.value[1]"),
        ({"all": 1}, "$"),
        ({"and": []}, "$.and"),
        ({"and": FLORIDA}, "$.and"),
        ({"and": [FLORIDA], "or": [FLORIDA]}, "$"),
        ({"xor": [FLORIDA]}, "$"),
        ({"and": [FLORIDA, {"not": {}}]}, "$.and[1].not"),
        (compare("phone", "eq", "+1"), "$.field"),
        (compare("__class__", "eq", "x"), "$.field"),
        ({"field": ["region"], "op": "eq", "value": "FL"}, "$.field"),
        (compare("region", "regex", "(a+)+$"), "$.op"),
        (compare("region", "lt", "FL"), "$.op"),
        (compare("age", "contains", 1), "$.op"),
        (compare("topics", "eq", "shoes"), "$.op"),
        ({"field": "region"}, "$.op"),
        (compare("region", "eq"), "$.value"),
        (compare("region", "eq", 7), "$.value"),
        (compare("region", "eq", "x" * 201), "$.value"),
        (compare("age", "eq", "21"), "$.value"),
        (compare("age", "eq", True), "$.value"),
        (compare("age", "eq", 10**400), "$.value"),
        (compare("age", "eq", 21.5), "$.value"),
        (compare("age", "between", [21]), "$.value"),
        (compare("age", "between", [21, 18]), "$.value"),
        (compare("age", "in", []), "$.value"),
        (compare("age", "in", list(range(101))), "$.value"),
        (compare("age", "in", [1, "2"]), "$.value[1]"),
        (compare("created_at", "lt", "2026-11-23"), "$.value"),
        (compare("created_at", "lt", "0001-01-01T00:00:00+14:00"), "$.value"),
        (compare("created_at", "within_last", 0), "$.value"),
        (compare("created_at", "within_last", 10**9), "$.value"),
        (compare("region", "exists", "FL"), "$.value"),
        (compare("consent", "eq", "confirmed"), "$.programme"),
        (compare("region", "eq", "FL", programme="weekly"), "$.programme"),
        (compare("region", "eq", "FL", extra=1), "$"),
    ],
    ids=str,
)
def test_a_malformed_rule_is_refused_with_the_path_of_the_fault(rule: object, path: str) -> None:
    with pytest.raises(InvalidSegmentError) as refused:
        parse(rule)
    assert refused.value.field == path
    assert str(refused.value).startswith(f"{path}: ")


@pytest.mark.parametrize("value", ["' OR 1=1", ":v", "#n", "{{ x }}", "(a+)+$"])
def test_a_value_is_only_ever_compared(value: str) -> None:
    rule = compile_rule(parse(compare("first_name", "eq", value)))
    assert rule(person(first_name=value), NOW)
    assert not rule(ANA, NOW)


def nested(depth: int) -> object:
    return FLORIDA if depth == 1 else {"not": nested(depth - 1)}


def test_a_rule_is_at_most_so_deep() -> None:
    assert parse(nested(MAX_DEPTH))
    with pytest.raises(InvalidSegmentError, match="levels deep"):
        parse(nested(MAX_DEPTH + 1))


def test_a_rule_has_at_most_so_many_nodes() -> None:
    assert parse({"or": [FLORIDA] * (MAX_NODES - 1)})
    with pytest.raises(InvalidSegmentError, match="nodes"):
        parse({"or": [FLORIDA] * MAX_NODES})


def test_a_profile_value_of_the_wrong_kind_counts_as_unknown() -> None:
    odd = person(region=7, birth_year="2004", topics="shoes", max_per_month=True)
    for rule in (FLORIDA, compare("age", "gt", 1), compare("topics", "exists")):
        assert not compile_rule(parse(rule))(odd, NOW)
    assert not compile_rule(parse(compare("max_per_month", "exists")))(odd, NOW)


def test_who_turns_21_this_year_may_be_20_still() -> None:
    rule = compile_rule(parse(compare("age", "gte", 21)))
    assert not rule(person(birth_year=2005), NOW)
    assert rule(person(birth_year=2004), NOW)


def test_an_instant_keeps_its_meaning_through_json() -> None:
    rule = parse(compare("created_at", "lt", "2026-11-01T00:00:00+02:00"))
    assert to_json(rule)["value"] == "2026-10-31T22:00:00+00:00"


def test_rules_know_every_profile_field_and_texts_know_no_other() -> None:
    assert set(PROFILE_FIELDS) <= set(FIELDS)
    assert set(PROFILE_FIELDS) >= PLACEHOLDERS - LINKS - {BRAND, PROGRAMME}
