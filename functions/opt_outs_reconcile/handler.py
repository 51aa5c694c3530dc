"""Every hour: brings the provider's opt-out list and our own standings in step."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.consent_store import ConsentTables, DynamoConsentStore
from assent.aws.eum_opt_outs import EumOptOutList
from assent.aws.outbox import DynamoOutbox
from assent.aws.phone_keys import phone_keys
from assent.aws.sns_opt_outs import SnsOptOutList
from assent.aws.sweep_store import DynamoSweepStore
from assent.clock import SystemClock
from assent.consent.service import ConsentService
from assent.identifiers import RandomIds
from assent.provider_opt_outs.learning import Learning, Learnt
from assent.provider_opt_outs.outbox import NoticeState
from assent.provider_opt_outs.reconciling import Reconciling
from assent.provider_opt_outs.sweeping import Sweeping
from assent.provider_opt_outs.telling import Teller, Told
from assent.settings import OptOutsReconcileSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.provider_opt_outs.model import ProviderOptOutList
    from assent.provider_opt_outs.reconciling import Reconciled

# One page takes a few seconds at most; what is begun before the deadline ends before the time-out.
_MARGIN_SECONDS = 30


@functools.cache
def wiring() -> Reconciling:
    """Read the environment once and put the parts together."""
    settings = OptOutsReconcileSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    tables = ConsentTables(
        settings.subscribers_table,
        settings.consent_events_table,
        settings.evidence_table,
        settings.control_table,
        settings.outbox_table,
    )
    store = DynamoConsentStore(dynamodb, tables, clock)
    outbox = DynamoOutbox(dynamodb, settings.outbox_table)
    keys = phone_keys(clients.kms(), settings, store.standing)
    learning = Learning(ConsentService(store, clock, RandomIds()), keys, outbox, clock)
    opt_outs = _opt_outs(settings.opt_out_list)
    sweeps = DynamoSweepStore(dynamodb, settings.control_table, clock)
    return Reconciling(
        Sweeping(opt_outs, learning, sweeps, clock),
        Teller(opt_outs, store, outbox, clock),
        clock,
    )


def _opt_outs(name: str) -> ProviderOptOutList:
    return EumOptOutList(clients.eum_opt_outs(), name) if name else SnsOptOutList(clients.sns())


def handler(event: Mapping[str, Any], context: Any) -> dict[str, bool]:
    """Out {is_complete}: whether list and notices were both gone through to their end."""
    with invocation(str(event.get("id", "schedule"))):
        reconciling = wiring()
        seconds = context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
        found = reconciling.reconcile(reconciling.clock.monotonic() + seconds)
        _report(found)
        return {"is_complete": found.swept.is_complete and found.telling.is_complete}


def _report(found: Reconciled) -> None:
    swept, telling = found.swept, found.telling
    blocked = len(telling.blocked) + telling.still_blocked
    # Zeros are written, too: a drift that ended must not look like a run that did not happen.
    count("OptOutDriftProvider", swept.learnt[Learnt.STOPPED])
    count("OptOutDriftOurs", telling.met[NoticeState.WAITING])
    count("OptInProviderBlocked", blocked)
    count("OptOutNoticeFailed", telling.told[Told.FAILED])
    for subscriber_key in telling.blocked:
        facts = {"subscriber_key": subscriber_key, "reason": "restored_within_30_days"}
        record("opt_in_provider_blocked", facts)
    record(
        "opt_outs_reconciled",
        {
            "pages": swept.pages,
            "learnt": {kind.value: n for kind, n in swept.learnt.items()},
            "unreadable": swept.unreadable,
            "told": {kind.value: n for kind, n in telling.told.items()},
            "blocked": blocked,
            "is_complete": swept.is_complete and telling.is_complete,
        },
    )
