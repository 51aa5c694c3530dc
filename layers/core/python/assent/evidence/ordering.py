"""What a dossier asks of an export: every set of rows about one person, from the beginning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.evidence.datasets import Dataset, ExportQuery

if TYPE_CHECKING:
    from datetime import datetime

    from assent.identifiers import SubscriberKey

# Texts are kept for 420 days (`aws.ledger`), and some come before any event: an answer to HELP.
_TEXTS_SINCE = timedelta(days=421)


def dossier_query(
    subscriber_key: SubscriberKey, first_event_at: datetime | None, now: datetime
) -> ExportQuery:
    """Return the question. `first_event_at` None: nothing was ever recorded of this person, which
    the dossier then says."""
    earliest = now - _TEXTS_SINCE
    return ExportQuery(
        since=min(earliest, first_event_at) if first_event_at else earliest,
        until=now,
        datasets=tuple(Dataset),
        subscriber_keys=(subscriber_key,),
        as_dossier=True,
    )
