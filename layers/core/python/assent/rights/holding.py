"""A legal hold on one number: nothing of it is deleted, by whomever or by time, until it is lifted.

The mark on the standing stops erasure and the retention job; the ledger's own expiry knows nothing
of it and is suspended row by row. The daily pass does so for rows written under the hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.consent.restricting import Restricting
    from assent.identifiers import SubscriberKey
    from assent.rights.retention import KeptTexts


@dataclass(frozen=True, slots=True)
class Holding:
    restricting: Restricting
    texts: KeptTexts

    def hold(self, subscriber_key: SubscriberKey, why: Mapping[str, str], *, is_on: bool) -> bool:
        """Set or lift the hold; return whether that changed it. Repeating finishes what an earlier
        call could not. Raises TryAgainError."""
        changed = self.restricting.keep(subscriber_key, why, is_on=is_on)
        if is_on:
            self.texts.keep(subscriber_key)
        else:
            self.texts.let_go(subscriber_key)
        return changed
