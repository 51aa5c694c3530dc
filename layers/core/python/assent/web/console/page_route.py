"""What a page of the console is to the one way in: path, rights, and who shows it.

Who may is said here again only so that nobody is offered what the API would refuse; a test holds
these groups equal to the API's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.web.console.shown import Moved, Shown
    from assent.web.console.visits import Visit

MARKETING = frozenset({"marketing"})
COMPLIANCE = frozenset({"compliance"})
BOTH = MARKETING | COMPLIANCE


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One page. `needs` is the API operation without which the page makes no sense."""

    method: str
    path: str
    needs: str
    groups: frozenset[str]
    show: Callable[[Visit], Shown | Moved]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(
            re.sub(r"\{(\w+)\}", r"(?P<\1>[A-Za-z0-9][A-Za-z0-9_.-]{0,63})", self.path)
        )
