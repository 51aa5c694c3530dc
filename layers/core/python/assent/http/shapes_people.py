"""What staff do about one person: enter their wish to be texted, erase what is held of them."""

from typing import Annotated, Literal

from pydantic import Field

from assent.http.fields import Answer, Body, Country, Id, Line, Locale, Phone, Version
from assent.http.shapes_opt_in import Profile


class StaffOptIn(Body):
    """A person who asked staff to be texted. They still confirm from their own phone."""

    programme_id: Id
    phone: Phone
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")
    disclosure_version: Version = Field(description="The wording that was read out or signed")
    locale: Locale | None = None
    note: Annotated[Line, Field(description="How and where the person agreed; kept as evidence")]
    profile: Profile | None = None


class NewErasure(Body):
    """A number to erase."""

    phone: Phone
    country: Country | None = Field(default=None, description="ISO 3166, for national spellings")
    reason: Annotated[Line, Field(description="Kept as evidence of the erasure: name nobody")]


class ErasureShown(Answer):
    """What stands after it. `nothing_held`: the number has no consent record; what its owner wrote
    to us, if anything, is gone all the same. `queued`: a legal hold stands against it, and lifting
    the hold carries it out."""

    status: Literal["erased", "queued", "nothing_held"]
    subscriber_key: str
    erased_at: str | None = None
    queued_at: str | None = None
