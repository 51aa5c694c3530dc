"""What stands in a bundle beside its rows: the manifest, the list of files, words for the reader.

The signature is over the manifest, the manifest names the list of files by its hash, and the list
names every other file, so that one signature holds the whole.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assent.clock import iso
from assent.consent.events import canonical
from assent.errors import AssentError
from assent.evidence.datasets import COLUMNS
from assent.evidence.rows import json_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.evidence.datasets import Dataset, ExportQuery
    from assent.evidence.digest import SealedDigest
    from assent.evidence.export import Export
    from assent.evidence.zipped import Entry

DOCUMENT = "assent.export/1"
MANIFEST, SIGNATURE, FILES = "manifest.json", "manifest.sig", "files.jsonl"
DIGESTS, PUBLIC_KEY, README, SUMS = "digests.jsonl", "public_key.pem", "README.txt", "SHA256SUMS"
QUERY, CHECKPOINT = "query.json", "checkpoint.json"
# What KMS signs as it is.
MOST_SIGNED = 4096


class UnfitManifestError(AssentError):
    """Somebody asked for a signature under what is no manifest of that export."""

    code = "unfit_manifest"


def data_name(dataset: Dataset, piece: int, suffix: str) -> str:
    """Return the name of one piece of a set."""
    return f"{dataset.value}/{piece:05d}.{suffix}"


def proofs_name(dataset: Dataset, piece: int) -> str:
    """Return the name of the proofs of one piece."""
    return f"{dataset.value}/{piece:05d}.proofs.jsonl"


def manifest(
    export: Export,
    counts: Mapping[str, int],
    latest: SealedDigest,
    files: bytes,
    built_at: datetime,
) -> bytes:
    """Return the document that is signed: who asked for what, how much it is, and what it hangs
    on."""
    query = export.query
    document = canonical(
        {
            "document": DOCUMENT,
            "export_id": export.export_id,
            "requested_by": export.requested_by,
            "requested_at": iso(export.created_at),
            "built_at": iso(built_at),
            "query": {**query_facts(query), "subscriber_keys": _count(query.subscriber_keys)},
            "counts": dict(counts),
            "latest_digest": {"number": latest.digest.number, "hash": latest.digest.hash},
            "key": latest.digest.key,
            "files_sha256": hashlib.sha256(files).hexdigest(),
        }
    )
    if len(document) > MOST_SIGNED:
        message = "the manifest is too long to be signed"
        raise UnfitManifestError(message)
    return document


def query_facts(query: ExportQuery) -> dict[str, object]:
    """Return the whole query as JSON values."""
    keys = query.subscriber_keys
    return {
        "since": iso(query.since),
        "until": iso(query.until),
        "datasets": [each.value for each in query.datasets],
        "file_format": query.file_format.value,
        "programme_id": query.programme_id,
        "statuses": [each.value for each in query.statuses],
        "subscriber_keys": None if keys is None else list(keys),
        "as_dossier": query.as_dossier,
    }


def file_lines(entries: Sequence[Entry]) -> bytes:
    """Return the list of files: name, rows, and both sums of each."""
    return b"".join(
        json_line(
            {
                "name": each.name,
                "rows": each.rows,
                "bytes": each.bytes,
                "sha256": each.sha256,
                "stored_bytes": each.stored_bytes,
                "stored_sha256": each.stored_sha256,
            }
        )
        for each in entries
    )


def sums(entries: Sequence[Entry]) -> bytes:
    """Return the sums as `sha256sum -c` reads them."""
    return "".join(f"{each.sha256}  {each.name}\n" for each in entries).encode()


def readme(export: Export, counts: Mapping[str, int]) -> bytes:
    """Return the words for who opens the bundle."""
    query = export.query
    lines = [
        "An export of Assent: consent to text messages, and what proves it.",
        "",
        f"Ordered by {export.requested_by} at {iso(export.created_at)}, as export "
        f"{export.export_id}.",
        f"Rows from {iso(query.since)} to before {iso(query.until)}; query.json has the rest of",
        "the question. Each set of rows is cut into numbered files.",
        "",
        "To check it without trusting whoever gave it to you:",
        '    pip install "assent[verify]"',
        "    assent verify BUNDLE.zip",
        "It needs no network and no account. docs/evidence.md says how to do it by hand with",
        "openssl and sha256sum, and what such a check can prove and what it cannot.",
        "",
        "    manifest.json   who asked for what; manifest.sig is its ECDSA signature (P-256,",
        "                    SHA-256, DER), public_key.pem the key. Compare that key with one",
        "                    that you had before: a bundle cannot vouch for its own key.",
        "    files.jsonl     every other file with its SHA-256; the manifest has its hash",
        "    SHA256SUMS      the same for sha256sum -c",
        "    digests.jsonl   the chain of hourly digests, each signed",
        "    checkpoint.json the newest of them, to be kept: `--checkpoint` compares later ones",
        "    *.proofs.jsonl  which leaves of which digest the rows are, and the hashes that lead",
        "                    from them to its root (RFC 6962)",
        "",
    ]
    if query.as_dossier:
        lines += [
            "    dossier.html    all of it in words, to read and to print",
            "    dossier.json    the same for programs: decisions, silences and replies too",
            "",
        ]
    for dataset in query.datasets:
        lines += [f"{dataset.value}: {counts.get(dataset.value, 0)} rows", ""]
        lines += [f"    {name:<20}{text}" for name, text in COLUMNS[dataset].items()]
        lines.append("")
    return "\n".join(lines).encode()


def _count(keys: Sequence[str] | None) -> int | None:
    return None if keys is None else len(keys)
