"""What countries are called in the languages of the pages, as data: CLDR, by libphonenumber."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import cast


def country_name(country: str, language: str) -> str:
    """Return what a country (ISO 3166 alpha-2) is called in a language of the pages, else its
    code."""
    return _names().get(language, {}).get(country, country)


@functools.cache
def _names() -> dict[str, dict[str, str]]:
    source = resources.files("assent.web") / "data" / "countries.json"
    return cast("dict[str, dict[str, str]]", json.loads(source.read_text(encoding="utf-8")))
