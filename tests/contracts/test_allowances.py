"""Sums give what still fits, never more, and take back what was not used."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.aws.allowances import DynamoAllowances
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_allowances import InMemoryAllowances

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from assent.campaigns.allowance import AllowanceStore
    from tests.contracts.template_tables import TemplateTables

UNTIL = NOON + timedelta(days=1)


@pytest.fixture(params=["fake", "aws"])
def sums(request: pytest.FixtureRequest) -> AllowanceStore:
    if request.param == "fake":
        return InMemoryAllowances()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    tables: TemplateTables = request.getfixturevalue("tables")
    return DynamoAllowances(client, tables.name("ControlTable"))


def test_what_fits_is_given_whole(sums: AllowanceStore) -> None:
    assert sums.take("day", 60, 100, UNTIL) == 60
    assert sums.take("day", 40, 100, UNTIL) == 40
    assert sums.taken("day") == 100


def test_what_does_not_fit_is_given_in_part_and_then_not_at_all(sums: AllowanceStore) -> None:
    sums.take("day", 60, 100, UNTIL)
    assert sums.take("day", 60, 100, UNTIL) == 40
    assert sums.take("day", 60, 100, UNTIL) == 0
    assert sums.taken("day") == 100


def test_more_than_there_ever_is_gives_all_that_there_is(sums: AllowanceStore) -> None:
    assert sums.take("day", 500, 100, UNTIL) == 100


def test_what_is_given_back_can_be_taken_again(sums: AllowanceStore) -> None:
    sums.take("day", 100, 100, UNTIL)
    sums.give_back("day", 30)
    assert sums.take("day", 60, 100, UNTIL) == 30


def test_sums_of_two_names_are_apart(sums: AllowanceStore) -> None:
    sums.take("day", 100, 100, UNTIL)
    assert sums.take("next", 10, 100, UNTIL) == 10
    assert sums.taken("never") == 0
