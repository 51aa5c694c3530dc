"""The files that a dossier's bundle has beside its rows: a page to read, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.campaigns.trace import unpacked
from assent.clock import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assent.campaigns.past import PastDecision
    from assent.campaigns.trace import Check
    from assent.evidence.export import Export
    from assent.messages.ledger import LedgerRow
    from assent.papers.dossier import Dossier
    from assent.papers.gathering import Gathering

PAGE, DATA = "dossier.html", "dossier.json"


@dataclass(frozen=True, slots=True)
class DossierFiles:
    """An `Appendix`. `page` draws a dossier as HTML."""

    gathering: Gathering
    page: Callable[[Dossier], str]

    def files(self, export: Export) -> Iterator[tuple[str, bytes]]:
        dossier = self.gathering.dossier(export)
        yield PAGE, self.page(dossier).encode()
        yield DATA, json.dumps(facts_of(dossier), ensure_ascii=False, indent=1).encode() + b"\n"


def facts_of(dossier: Dossier) -> dict[str, object]:
    """Return what the sets of rows do not hold, or hold packed, as JSON values."""
    return {
        "export_id": dossier.export_id,
        "ordered_by": dossier.ordered_by,
        "ordered_at": iso(dossier.ordered_at),
        "phone": dossier.phone.e164 if dossier.phone else None,
        "subscriber_key": dossier.subscriber_key,
        "stopped": dossier.stopped,
        "held": dossier.held,
        "consents": [
            {
                "programme_id": each.programme_id,
                "status": each.status.value,
                "decided_by_seq": each.decided_by.event.seq if each.decided_by else None,
            }
            for each in dossier.standings
        ],
        "disclosures": [
            {
                "programme_id": each.programme_id,
                "locale": each.locale,
                "version": each.version,
                "text": each.disclosure.text if each.disclosure else None,
                "is_same": each.is_same,
                "seqs": list(each.seqs),
            }
            for each in dossier.wordings
        ],
        "texts": [_text(each) for each in dossier.texts],
        "silences": [_decision(each.decision) for each in dossier.silences],
        "replies": [
            {
                "item_id": each.item_id,
                "at": iso(each.at),
                "body": each.body,
                "reason": each.reason,
                "decision": each.decision.verdict.value if each.decision else None,
            }
            for each in dossier.replies
        ],
        "campaigns_not_looked_at": dossier.left_out,
    }


def _text(row: LedgerRow) -> dict[str, object]:
    return {
        "message_id": row.sent_id,
        "outcome": row.outcome.value,
        "decision": [_rule(each) for each in unpacked(row.decision)] if row.decision else None,
    }


def _decision(found: PastDecision) -> dict[str, object]:
    return {
        "campaign_id": found.campaign.campaign_id,
        "at": iso(found.at),
        "verdict": found.verdict.value,
        "reason": found.reason,
        "is_exact": found.is_exact,
        "rules": [
            {**_rule(each.check), "as_of_now": list(each.as_of_now)} for each in found.checks
        ],
    }


def _rule(check: Check) -> dict[str, object]:
    return {"rule": check.rule.value, "passed": check.passed, "inputs": check.inputs}
