"""Idempotency-Key and page cursors, apart from any store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from assent.errors import (
    IdempotencyKeyReusedError,
    InputError,
    InvalidCursorError,
    RequestInProgressError,
)
from assent.http.cursors import Cursors, checksum, page_of
from assent.http.idempotency import Once
from assent.http.refusals import MalformedRequestError
from tests.fakes.frozen_clock import FrozenClock

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class Notebook:
    """An `IdempotencyStore` in memory, without expiry."""

    kept: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def begin(self, key: str, fingerprint: str, _at: datetime) -> str | None:
        if key not in self.kept:
            self.kept[key] = (fingerprint, None)
            return None
        before, answer = self.kept[key]
        if before != fingerprint:
            raise IdempotencyKeyReusedError("used")
        if answer is None:
            raise RequestInProgressError("under way")
        return answer

    def finish(self, key: str, answer: str) -> None:
        self.kept[key] = (self.kept[key][0], answer)

    def release(self, key: str) -> None:
        del self.kept[key]


@dataclass
class Work:
    done: int = 0
    failure: Exception | None = None

    def __call__(self) -> str:
        self.done += 1
        if self.failure:
            raise self.failure
        return f"answer {self.done}"


@pytest.fixture
def once() -> Once:
    return Once(Notebook(), FrozenClock(), checksum)


def test_without_a_key_work_is_done_each_time(once: Once) -> None:
    work = Work()
    assert [once.run("s", None, "b", work) for _ in range(2)] == ["answer 1", "answer 2"]


def test_under_a_key_work_is_done_once(once: Once) -> None:
    work = Work()
    assert [once.run("s", "k", "b", work) for _ in range(3)] == ["answer 1"] * 3


def test_a_key_belongs_to_its_scope(once: Once) -> None:
    work = Work()
    once.run("mine", "k", "b", work)
    assert once.run("yours", "k", "other body", work) == "answer 2"


def test_a_key_belongs_to_its_body(once: Once) -> None:
    once.run("s", "k", "b", Work())
    with pytest.raises(IdempotencyKeyReusedError):
        once.run("s", "k", "other", Work())


def test_a_second_request_while_the_first_is_under_way_is_told_so(once: Once) -> None:
    def nested() -> str:
        return once.run("s", "k", "b", Work())

    with pytest.raises(RequestInProgressError):
        once.run("s", "k", "b", nested)


def test_what_was_refused_may_be_sent_again(once: Once) -> None:
    with pytest.raises(InputError):
        once.run("s", "k", "b", Work(failure=InputError("no")))
    assert once.run("s", "k", "corrected", Work()) == "answer 1"


def test_after_an_unknown_failure_the_key_stays_taken(once: Once) -> None:
    with pytest.raises(OSError, match="lost"):
        once.run("s", "k", "b", Work(failure=OSError("lost")))
    with pytest.raises(RequestInProgressError):
        once.run("s", "k", "b", Work())


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "\x00", "é"])
def test_a_key_that_is_no_key_is_malformed(once: Once, key: str) -> None:
    work = Work()
    with pytest.raises(MalformedRequestError):
        once.run("s", key, "b", work)
    assert work.done == 0


@pytest.mark.parametrize("after", ["c_1", "é", "a.b.c", "2026-11-23T15:05:02.214000Z#demo"])
def test_a_cursor_comes_back_as_the_position_it_was_made_of(after: str) -> None:
    cursors = Cursors(checksum)
    assert cursors.read("q", cursors.issue("q", after)) == after


def test_the_last_page_has_no_cursor_and_no_cursor_is_the_first_page() -> None:
    cursors = Cursors(checksum)
    assert cursors.issue("q", None) is None
    assert cursors.read("q", None) is None


def test_any_changed_character_is_noticed() -> None:
    cursors = Cursors(checksum)
    cursor = cursors.issue("q", "c_1") or ""
    for index, character in enumerate(cursor):
        changed = cursor[:index] + ("A" if character != "A" else "B") + cursor[index + 1 :]
        with pytest.raises(InvalidCursorError):
            cursors.read("q", changed)


@pytest.mark.parametrize("cursor", ["", ".", "x", "%%%.%%%", "é.é", "YQ." + "0" * 32])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        Cursors(checksum).read("q", cursor)


def test_a_cursor_is_good_for_its_query_and_key_only() -> None:
    cursor = Cursors(checksum).issue("q", "c_1")
    with pytest.raises(InvalidCursorError):
        Cursors(checksum).read("other", cursor)
    with pytest.raises(InvalidCursorError):
        Cursors(lambda text: checksum("secret" + text)).read("q", cursor)


def test_pages_are_cut_behind_the_last_item_seen() -> None:
    items = ["a", "b", "c", "d"]
    assert page_of(items, str, None, 2) == (["a", "b"], "b")
    assert page_of(items, str, "b", 2) == (["c", "d"], None)
    assert page_of(items, str, "b", 1) == (["c"], "c")
    assert page_of([], str, None, 2) == ([], None)
    with pytest.raises(InvalidCursorError):
        page_of(items, str, "gone", 2)
