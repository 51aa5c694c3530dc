"""Path, query and header parameters that several routes share."""

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from assent.clock import parse_iso
from assent.errors import InputError
from assent.http.cursors import MAX_PAGE
from assent.phone import PhoneNumber

_ID = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

ProgrammeInPath = Annotated[str, Path(pattern=_ID)]
SegmentInPath = Annotated[str, Path(pattern=_ID)]
TemplateInPath = Annotated[str, Path(pattern=_ID)]
CampaignInPath = Annotated[str, Path(pattern=_ID)]
FlowInPath = Annotated[str, Path(pattern=_ID)]
InboxItemInPath = Annotated[str, Path(pattern=_ID)]
ExportInPath = Annotated[str, Path(pattern=_ID)]
ImportInPath = Annotated[str, Path(pattern=_ID)]
ReviewInPath = Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
ProgrammeInQuery = Annotated[str | None, Query(pattern=_ID)]
PhoneInQuery = Annotated[
    str, Query(max_length=64, description="In E.164, its plus sign written as `%2B`")
]
CursorInQuery = Annotated[str | None, Query(max_length=1024, description="From `next_cursor`")]
SampleInQuery = Annotated[int, Query(ge=1, le=20)]
LimitInQuery = Annotated[int, Query(ge=1, le=MAX_PAGE)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of up to 255 characters. The same request sent again under it is "
        "answered as before and done once; it is remembered for a day.",
    ),
]


def instant_in(raw: str, now: datetime, otherwise: str) -> datetime:
    """Return the instant in a query, where as with a number an unescaped plus arrives as a space.

    Raises InputError; for one in the future it says `otherwise`.
    """
    try:
        instant = parse_iso(raw.strip().replace(" ", "+"))
    except ValueError:
        message = "Write an instant such as 2026-11-23T09:05:00Z."
        raise InputError(message, field="at") from None
    if instant > now:
        raise InputError(otherwise, field="at")
    return instant


def phone_in(raw: str) -> PhoneNumber:
    """Return the number in a query, where a plus sign that was not escaped arrives as a space.

    Raises InvalidPhoneError.
    """
    return PhoneNumber.parse("+" + raw[1:] if raw[:1] == " " else raw)
