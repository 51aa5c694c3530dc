"""How many marketing texts a person may get in a span of hours, where a statute says so.

They are rolling: counted back from the instant of each text, never by calendar day.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.law.sources import table

if TYPE_CHECKING:
    from assent.law.zones import Whereabouts


@dataclass(frozen=True, slots=True)
class RollingCap:
    """At most `max_texts` in any span of `hours`; `source` is the statute or what stands for it.

    Statutes count per subject or per sender; counting all of the brand's marketing satisfies
    each reading.
    """

    jurisdiction: str
    max_texts: int
    hours: int
    source: str

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.hours)


def rolling_caps(whereabouts: Whereabouts) -> tuple[RollingCap, ...]:
    """Return every cap that binds a person there, in the order of the jurisdictions."""
    return _caps(whereabouts.jurisdictions)


@functools.lru_cache(maxsize=1024)
def _caps(jurisdictions: tuple[str, ...]) -> tuple[RollingCap, ...]:
    rows = {row["jurisdiction"]: row for row in table("quiet_hours")["rules"]}
    return tuple(
        RollingCap(
            jurisdiction=name,
            max_texts=rows[name]["cap"]["max"],
            hours=rows[name]["cap"]["hours"],
            source=rows[name]["statute"] or rows[name]["source"][0],
        )
        for name in jurisdictions
        if rows[name]["cap"]
    )
