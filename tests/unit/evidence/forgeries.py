"""Ways to falsify a bundle: by byte, by row, by proof, and with the service's own key."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from assent.evidence import bundle as names
from assent.evidence.zipped import EntryWriter, directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.local_signer import LocalSigner

Files = dict[str, bytes]
_APART = (names.MANIFEST, names.SIGNATURE, names.FILES)
EVENTS = "consent_events/00001.jsonl"
PROOFS = "consent_events/00001.proofs.jsonl"


def unpacked(bundle: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(bundle)) as files:
        return {name: files.read(name) for name in files.namelist()}


def packed(files: Files) -> bytes:
    """Return a container as the service makes them."""
    made, entries, offset = bytearray(), [], 0
    for name, content in files.items():
        writer = EntryWriter(name, is_compressed=name not in _APART)
        writer.write(content)
        entry, placed = writer.placed(offset)
        entries.append(entry)
        made += placed
        offset += len(placed)
    return bytes(made + directory(entries, offset))


def resigned(files: Files, signer: LocalSigner) -> bytes:
    """Return what somebody with the key would hand out: sums, list, manifest and signature fit."""
    manifest = json.loads(files[names.MANIFEST])
    entries, offset = [], 0
    for name in [each for each in files if each not in _APART]:
        writer = EntryWriter(name)
        rows = files[name].count(b"\n") if name.endswith(".jsonl") else 0
        writer.write(files[name], rows)
        entry, placed = writer.placed(offset)
        entries.append(entry)
        offset += len(placed)
    listing = names.file_lines(entries)
    manifest["files_sha256"] = hashlib.sha256(listing).hexdigest()
    manifest["counts"] = {"consent_events": files[EVENTS].count(b"\n")}
    document = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    made = {name: files[name] for name in files if name not in _APART}
    made |= {names.FILES: listing, names.MANIFEST: document, names.SIGNATURE: signer.sign(document)}
    return packed(made)


def with_rows(files: Files, change: Callable[[list[dict[str, Any]]], object]) -> Files:
    """Return the files with the event rows changed in place."""
    rows = [json.loads(line) for line in files[EVENTS].splitlines()]
    change(rows)
    return {**files, EVENTS: b"".join(json.dumps(row).encode() + b"\n" for row in rows)}


def with_proofs(files: Files, change: Callable[[list[dict[str, Any]]], object]) -> Files:
    proofs = [json.loads(line) for line in files[PROOFS].splitlines()]
    change(proofs)
    return {**files, PROOFS: b"".join(json.dumps(proof).encode() + b"\n" for proof in proofs)}
