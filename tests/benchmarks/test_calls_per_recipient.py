"""Counts only, on moto in this process: what each text costs must not creep up unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.benchmarks.recorder import Counts, Recorder, size_of, worst_second, write_units
from tests.benchmarks.stage import Run, stage
from tests.fakes.frozen_clock import FrozenClock

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = 200
BATCHES = 1
RATE = 20


@pytest.fixture(scope="module")
def finished() -> Iterator[tuple[Run, Counts]]:
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "bench")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with mock_aws(), stage(PEOPLE, RATE, FrozenClock()) as made:
            made.before_sending = lambda: made.watch(recorder)
            yield made.run(), recorder.counts


def test_everybody_is_texted_once(finished: tuple[Run, Counts]) -> None:
    run, counts = finished
    assert run.recipients == PEOPLE
    assert counts.attempts["sns.Publish"] == PEOPLE


def test_a_text_costs_one_claim_and_one_ledger_row(finished: tuple[Run, Counts]) -> None:
    _, counts = finished
    assert counts.table_writes["subscribers-table"] == PEOPLE
    assert counts.table_writes["messages-table"] == PEOPLE


def test_ledger_rows_are_written_25_at_a_time(finished: tuple[Run, Counts]) -> None:
    assert finished[1].attempts["dynamodb.BatchWriteItem"] == PEOPLE / 25


def test_slots_are_leased_by_the_second(finished: tuple[Run, Counts]) -> None:
    assert finished[1].table_writes["control-table"] <= PEOPLE / RATE + 2 * BATCHES


def test_people_are_read_100_at_a_time(finished: tuple[Run, Counts]) -> None:
    assert finished[1].attempts["dynamodb.BatchGetItem"] == PEOPLE / 100
    assert finished[1].attempts["dynamodb.Query"] == finished[1].attempts["dynamodb.Scan"] == 0


def test_a_batch_is_recorded_in_one_transaction(finished: tuple[Run, Counts]) -> None:
    assert finished[1].attempts["dynamodb.TransactWriteItems"] == BATCHES


def test_a_ledger_row_is_one_write_unit() -> None:
    assert write_units({"body": {"S": "x" * 1018}}) == 1
    assert write_units({"body": {"S": "x" * 1021}}) == 2


def test_sizes_follow_the_rules_of_dynamodb() -> None:
    item = {"name": {"S": "Zoë"}, "n": {"N": "1234"}, "m": {"M": {"k": {"S": "v"}}}}
    assert size_of(item) == (4 + 4) + (1 + 3) + (1 + 3 + 1 + 1 + 1)


def test_the_worst_second_is_half_open() -> None:
    assert worst_second([0.0, 0.5, 1.0, 1.2]) == 3
