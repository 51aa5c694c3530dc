"""A form with a file is read as browsers send it, byte for byte, and bounded."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from assent.web.console.uploads import MAX_FILE_BYTES, read
from assent.web.requests import UnreadablePageRequestError

FILE = b"phone\r\n+14155550123\r\n\r\n--not the boundary\r\n\xff\x00"


def an_event(body: bytes, content_type: str = "multipart/form-data; boundary=B") -> dict[str, Any]:
    return {
        "routeKey": "POST /console/{page+}",
        "requestContext": {"http": {}},
        "headers": {"content-type": content_type},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def a_form(file: bytes) -> bytes:
    return (
        b'--B\r\nContent-Disposition: form-data; name="proof"\r\n\r\nabc\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a name=.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n" + file + b"\r\n--B--\r\n"
    )


def test_fields_and_file_come_as_they_were_sent() -> None:
    request, file = read(an_event(a_form(FILE)))
    assert request.one("proof") == "abc"
    assert file == FILE


def test_a_form_without_a_file_is_read_as_ever() -> None:
    request, file = read(an_event(b"a=1", "application/x-www-form-urlencoded"))
    assert (request.one("a"), file) == ("1", None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (a_form(b"x" * MAX_FILE_BYTES), 413),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--B--\r\n", 400),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 101 + b"--B--", 400),
    ],
    ids=["too long", "a part without a name", "absurdly many parts"],
)
def test_what_is_no_form_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(UnreadablePageRequestError) as refused:
        read(an_event(body))
    assert refused.value.status == status


def test_a_body_that_ends_too_early_brings_nothing() -> None:
    request, file = read(an_event(b"--B"))
    assert (request.form, file) == ({}, None)
