"""Fresh ids are told apart by kind, and codes keep their leading zeros."""

from __future__ import annotations

import re

from assent.identifiers import RandomIds


def test_an_id_names_its_kind_and_is_never_repeated() -> None:
    ids = {RandomIds().new("c") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"c_[0-9a-hjkmnp-tv-z]{12}", one) for one in ids)


def test_a_code_is_always_six_digits() -> None:
    assert all(re.fullmatch(r"\d{6}", RandomIds().code()) for _ in range(1000))


def test_a_salt_is_128_bits_of_hex() -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", RandomIds().salt())
