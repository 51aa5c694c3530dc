"""A file becomes rows whatever is wrong with some of them, and goes on at any row's edge."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent.errors import UnreadableFileError
from assent.imports.records import MAX_RECORD_BYTES, Dialect, Record, dialect_of, records

if TYPE_CHECKING:
    from collections.abc import Iterator


def chunks(body: bytes, size: int = 5) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def read(body: bytes, size: int = 5) -> list[Record]:
    dialect = dialect_of(chunks(body, size))
    return list(records(chunks(body[dialect.data_at :], size), dialect, dialect.data_at))


def values(body: bytes) -> list[dict[str, str]]:
    return [dict(each.values) for each in read(body)]


def test_rows_are_read_by_the_names_in_the_first_one() -> None:
    body = b"Phone,First  Name\r\n+12065550123,Zo\xc3\xab\r\n\r\n+12065550124,Ann"
    assert values(body) == [
        {"phone": "+12065550123", "first name": "Zoë"},
        {"phone": "+12065550124", "first name": "Ann"},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    body = f"phone{delimiter}where\n1{delimiter}2\n".encode()
    assert values(body) == [{"phone": "1", "where": "2"}]


def test_a_mark_of_utf_8_is_no_part_of_the_first_name() -> None:
    assert values(b"\xef\xbb\xbfphone,where\n1,2\n") == [{"phone": "1", "where": "2"}]


def test_a_quoted_cell_may_hold_anything() -> None:
    assert values(b'phone,wording\n1,"a, ""b""\nc"\n2,d\n') == [
        {"phone": "1", "wording": 'a, "b"\nc'},
        {"phone": "2", "wording": "d"},
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        pytest.param(b"1,2,3", "wrong_number_of_columns", id="too many cells"),
        pytest.param(b"1", "wrong_number_of_columns", id="too few cells"),
        pytest.param(b"1,\xff\xfe", "not_utf8", id="latin"),
        pytest.param(b'1,"open', "unclosed_quote", id="a quote without its end"),
        pytest.param(b"1," + b"x" * MAX_RECORD_BYTES, "row_too_long", id="a giant cell"),
        pytest.param(b'1,"a"b"c"', "malformed_row", id="quotes within quotes"),
    ],
)
def test_a_faulty_row_is_lost_alone(row: bytes, fault: str) -> None:
    found = read(b"phone,where\n+1,a\n" + row + b"\n+2,b\n+3,c\n", size=4096)
    assert [each.fault for each in found] == [None, fault, None, None]
    assert [each.values.get("phone") for each in found] == ["+1", None, "+2", "+3"]


def test_an_open_quote_never_takes_more_than_its_own_row_and_bounded_memory() -> None:
    rows = b"".join(b"+%d,x\n" % n for n in range(30_000))
    found = read(b'phone,where\n1,"open\n' + rows, size=65536)
    assert len(found) == 30_001
    assert [each.fault for each in found if each.fault] == ["unclosed_quote"]


def test_json_lines_are_read_with_their_paths() -> None:
    body = (
        b'{"Address":"+1","User":{"UserAttributes":{"Age":["30"]}},"Score":1.5,"deep":[{"x":1}]}\n'
        b"[1]\nnonsense\n" + b'{"a":' * 5000 + b"\n" + b'{"Address":"+2"}\n'
    )
    found = read(body, size=64)
    assert found[0].values == {
        "address": "+1",
        "user.userattributes.age": "30",
        "score": "1.5",
        "deep": "",
    }
    assert [each.fault for each in found[1:4]] == ["malformed_row"] * 3
    assert found[4].values == {"address": "+2"}


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n\n", "empty", id="blank"),
        pytest.param(b"PK\x03\x04rest", "save it as CSV", id="workbook"),
        pytest.param(b"\x1f\x8brest", "unpack", id="gzip"),
        pytest.param("phone,where\n".encode("utf-16"), "UTF-16", id="utf-16"),
        pytest.param(b"phone,\xe9\n", "UTF-8", id="latin-1"),
        pytest.param(b"ph\0one\n", "no text", id="binary"),
        pytest.param(b"phone,phone\n", "each by another name", id="same name twice"),
        pytest.param(b"phone,,x\n", "name every column", id="a nameless column"),
    ],
)
def test_what_is_no_table_of_text_is_refused_with_advice(body: bytes, advice: str) -> None:
    with pytest.raises(UnreadableFileError, match=advice):
        dialect_of(chunks(body))


CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\n",'), max_size=6
)


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=8), size=st.integers(1, 40))
def test_what_a_csv_writer_wrote_is_read_back_and_resumed_at_any_row(
    rows: list[tuple[str, str]], size: int
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    body = out.getvalue().encode()
    found = read(body, size)
    assert [tuple(each.values.values()) for each in found] == rows
    dialect = Dialect(",", ("a", "b"), 0)
    for done, record in enumerate(found, 1):
        left = list(records(chunks(body[record.ends_at :], size), dialect, record.ends_at))
        assert left == found[done:]


@given(body=st.binary(max_size=400), size=st.integers(1, 50))
def test_no_bytes_break_the_reader(body: bytes, size: int) -> None:
    dialect = Dialect(",", ("a", "b"), 0)
    found = list(records(chunks(body, size), dialect, 0))
    assert [each.ends_at for each in found] == sorted({each.ends_at for each in found})
    assert all(each.ends_at <= len(body) for each in found)
