"""Reads what everything else in a bundle hangs on: manifest, signature, key, list of files."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assent.evidence import bundle as names
from assent.evidence.digest import fingerprint
from assent.evidence.opened import DamagedError
from assent.evidence.signature import BadKeyError, is_signed
from assent.evidence.zipped import STORED

if TYPE_CHECKING:
    from assent.evidence.digest import SealedDigest
    from assent.evidence.opened import OpenedBundle, Sums
    from assent.evidence.report import Report

APART = {names.MANIFEST, names.SIGNATURE, names.FILES}
_PEM = re.compile(
    r"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n", re.ASCII
)


@dataclass(slots=True)
class Check:
    """One bundle under check, and what was read of it so far."""

    bundle: OpenedBundle
    report: Report
    workers: int
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    key: bytes = b""
    chain: list[SealedDigest] = field(default_factory=list)
    seen: dict[str, Sums] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


def read(check: Check, name: str) -> bytes:
    """Return a small file whole, noting its sums. Raises DamagedError."""
    content, sums = check.bundle.read(name)
    check.seen[name] = sums
    return content


def read_head(check: Check, key: str | None) -> bool:
    """Read it, and hold its parts against one another; False: nothing more can be said."""
    name = names.MANIFEST
    try:
        document, signature = read(check, names.MANIFEST), read(check, name := names.SIGNATURE)
        check.key = _key_of(read(check, name := names.PUBLIC_KEY))
        if not is_signed(document, signature, check.key):
            check.report.add(names.MANIFEST, "its signature is not that of the key in the bundle")
        name = names.MANIFEST
        check.manifest = json.loads(document)
        _check_shape(check.manifest)
        for line in read(check, name := names.FILES).splitlines():
            told = json.loads(line)
            check.listed[told["name"]] = told
    except DamagedError as error:
        check.report.add(name, str(error))
        return False
    except (ValueError, KeyError, TypeError, AttributeError, BadKeyError):
        check.report.add(name, "it cannot be read")
        return False
    _hold_together(check, key)
    return True


def _hold_together(check: Check, key: str | None) -> None:
    report, print_ = check.report, fingerprint(check.key)
    if check.seen[names.FILES].content != check.manifest["files_sha256"]:
        report.add(names.FILES, "it is not the list that the manifest names")
    for each in check.bundle.entries.values():
        if each.name in APART and each.method != STORED:
            report.add(each.name, "it is compressed, and no sum holds its compressed bytes")
    if print_ != check.manifest["key"]:
        report.add(names.PUBLIC_KEY, "it is not the key that the manifest names")
    if key is not None and key.lower() != print_:
        report.add(names.PUBLIC_KEY, f"its fingerprint is {print_}, not the one expected")
    report.facts["key"] = print_


def _check_shape(manifest: dict[str, Any]) -> None:
    """Raises ValueError for a manifest that cannot be one of ours, whoever signed it."""
    query, counts, latest = manifest["query"], manifest["counts"], manifest["latest_digest"]
    texts = [manifest[each] for each in ("export_id", "files_sha256", "key")]
    texts += [query["since"], query["until"], *query["datasets"]]
    is_ours = (
        manifest["document"] == names.DOCUMENT
        and all(
            isinstance(each, str) for each in (*texts, manifest["files_sha256"], manifest["key"])
        )
        and all(isinstance(each, int) for each in counts.values())
        and set(latest) == {"number", "hash"}
        and {"programme_id", "statuses", "subscriber_keys"} <= set(query)
    )
    if not is_ours:
        message = "this is no manifest of an export"
        raise ValueError(message)


def _key_of(pem: bytes) -> bytes:
    found = _PEM.fullmatch(pem.decode())
    if found is None:
        message = "this is no public key"
        raise BadKeyError(message)
    return base64.b64decode(found[1].replace("\n", ""), validate=True)
