"""Closes the hours of the consent log with signed digests, cuts one for an export, signs manifests.

The only function whose role may use the evidence key.
"""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.aws import clients
from assent.aws.digest_store import DynamoDigestStore
from assent.aws.event_log import DynamoEventLog, DynamoHeads
from assent.aws.evidence_signer import KmsSigner
from assent.aws.export_bucket import S3ExportBucket
from assent.aws.seal_store import DynamoSealStore
from assent.aws.sending_brake import DynamoSendingBrake
from assent.aws.staff_audit_store import DynamoStaffAuditStore
from assent.aws.vault_bucket import S3Vault
from assent.clock import SystemClock, parse_iso
from assent.evidence.alarm_brake import AlarmBrake
from assent.evidence.manifest_signing import ManifestSigning
from assent.evidence.sealing import Sealing
from assent.identifiers import ExportId
from assent.settings import EvidenceSealSettings
from assent.telemetry import count, invocation, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.evidence.sealing import SealingReport

# Long enough to finish the digest that is being made.
_MARGIN = timedelta(seconds=60)


@functools.cache
def wiring() -> tuple[Sealing, ManifestSigning, AlarmBrake]:
    """Read the environment once and put the parts together; two of them share the signer."""
    settings = EvidenceSealSettings.from_env()
    dynamodb, clock = clients.dynamodb(), SystemClock()
    signer = KmsSigner(clients.kms(), settings.evidence_key_id)
    sealing = Sealing(
        digests=DynamoDigestStore(dynamodb, settings.digests_table),
        seals=DynamoSealStore(dynamodb, settings.seals_table, clock),
        vault=S3Vault(clients.s3(), settings.evidence_bucket),
        signer=signer,
        log=DynamoEventLog(dynamodb, settings.consent_events_table),
        heads=DynamoHeads(dynamodb, settings.subscribers_table, clock),
        audit=DynamoStaffAuditStore(dynamodb, settings.staff_audit_table),
        clock=clock,
    )
    signing = ManifestSigning(S3ExportBucket(clients.s3(), settings.export_bucket), signer)
    brake = DynamoSendingBrake(dynamodb, settings.campaigns_table, clock)
    return sealing, signing, AlarmBrake(brake)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """In {until} to seal all that was recorded before that instant, or a schedule's event to close
    the hours that ended; out what was sealed. In {export_id, sign: true}: sign its manifest."""
    with invocation(event.get("export_id") or event.get("id", "schedule")):
        sealing, signing, brake = wiring()
        if event.get("sign"):
            signing.sign(ExportId(event["export_id"]))
            record("export_signed", {"export_id": event["export_id"], "reason": "manifest"})
            return {"status": "signed"}
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        deadline = sealing.clock.now() + left - _MARGIN
        if "until" in event:
            until = parse_iso(event["until"])
            return _told(brake.guard(lambda: sealing.cut(until, deadline)), "cut")
        return _told(brake.guard(lambda: sealing.close_hours(deadline)), "closed")


def _told(report: SealingReport, reason: str) -> dict[str, Any]:
    count("DigestSealed", report.digests)
    count("EventSealed", report.events)
    count("EventSealedLate", report.late)
    count("EvidenceMismatched", report.mismatches)
    found = {
        "digests": report.digests,
        "events": report.events,
        "late": report.late,
        "mismatches": report.mismatches,
        "is_complete": report.is_complete,
    }
    record("evidence_sealed", {**found, "reason": reason})
    return found
