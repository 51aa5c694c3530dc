"""How numbers of a country are dialled, for the help that a form gives while one types.

Help only: whether a number can be texted is decided by `PhoneNumber.parse`, never by lengths.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType


@dataclass(frozen=True, slots=True)
class Dialling:
    """`code` follows the plus sign; `trunk` is dialled before a number at home (often 0), maybe
    empty; `lengths` are the digits of a mobile number without either; `example` is one as people
    there write it."""

    country: str
    code: str
    trunk: str
    lengths: tuple[int, ...]
    example: str


@functools.cache
def dialling(country: str) -> Dialling | None:
    """Return how a country (ISO 3166 alpha-2) is dialled; None for one that has no numbers."""
    metadata = PhoneMetadata.metadata_for_region(country)
    sample = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if metadata is None or metadata.mobile is None or sample is None:
        return None
    return Dialling(
        country=country,
        code=str(metadata.country_code),
        trunk=metadata.national_prefix or "",
        lengths=tuple(metadata.mobile.possible_length),
        example=phonenumbers.format_number(sample, PhoneNumberFormat.NATIONAL),
    )
