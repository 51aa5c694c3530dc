"""Puts the service's signature under an export's manifest, and under nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.evidence.bundle import DOCUMENT, MOST_SIGNED, UnfitManifestError
from assent.evidence.digest import fingerprint

if TYPE_CHECKING:
    from assent.evidence.digest import Signer
    from assent.evidence.export import ExportSink
    from assent.identifiers import ExportId


@dataclass(frozen=True, slots=True)
class ManifestSigning:
    """Whoever builds exports cannot have a digest signed by this door."""

    sink: ExportSink
    signer: Signer

    def sign(self, export_id: ExportId) -> None:
        """Sign the manifest that waits. Raises UnfitManifestError when it is none of this export
        or names another key."""
        folder = f"exports/{export_id}"
        document = self.sink.parked(f"{folder}/manifest.json") or b""
        try:
            told = json.loads(document)
            found = (told["document"], told["export_id"], told["key"])
        except (ValueError, KeyError, TypeError):
            found = ("", "", "")
        key = fingerprint(self.signer.public_key())
        if len(document) > MOST_SIGNED or found != (DOCUMENT, export_id, key):
            message = "what waits for a signature is no manifest of this export"
            raise UnfitManifestError(message)
        self.sink.park(f"{folder}/manifest.sig", self.signer.sign(document))
