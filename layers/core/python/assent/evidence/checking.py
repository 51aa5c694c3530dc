"""Checks a bundle offline: files, digests, rows, chains and, if given, an earlier checkpoint.

Every check works from the signature down: the manifest is signed, it names the list of files, and
that names every other file; the rows lead to roots in digests that are signed and chained.
"""

from __future__ import annotations

import os
import re
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assent.clock import iso
from assent.evidence import bundle as names
from assent.evidence.checking_audit import check_audit
from assent.evidence.checking_head import APART, Check, read, read_head
from assent.evidence.checking_rows import BUCKETS, PieceTask, check_bucket, check_piece, rows_of
from assent.evidence.digest import DigestKind, fingerprint, is_link, sealed_from
from assent.evidence.opened import DamagedError, Sums, opened
from assent.evidence.report import Report
from assent.evidence.signature import is_signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assent.evidence.digest import Digest, SealedDigest

_PIECE = re.compile(
    r"(consent_events|opt_outs|current_consents|messages|staff_audit)/"
    r"\d{5}\.(csv|jsonl|proofs\.jsonl)"
)
_SEALED = ("consent_events", "opt_outs")


def verify(
    path: Path,
    *,
    checkpoint: Path | None = None,
    key: str | None = None,
    workers: int | None = None,
) -> Report:
    """Check the bundle at `path`. `checkpoint` is a file with an earlier digest; `key` the
    fingerprint that the key must have. Never raises for what the bundle holds."""
    report = Report()
    try:
        found = opened(path)
    except DamagedError as error:
        report.add(path.name, str(error))
        return report
    check = Check(found, report, workers or min(2, os.cpu_count() or 1))
    if read_head(check, key):
        _check_digests(check)
        _check_sets(check)
        _check_other_files(check)
        _check_counts(check)
    for fault in found.faults:
        report.add(path.name, fault)
    pinned = checkpoint is not None and _compare(check, checkpoint)
    _conclude(check, is_pinned=pinned, has_key=key is not None)
    return report


def _check_digests(check: Check) -> None:
    report, sums = check.report, Sums()
    check.seen[names.DIGESTS] = sums
    row = 0
    try:
        for row, line in enumerate(check.bundle.lines(names.DIGESTS, sums), 1):
            sealed = sealed_from(line.decode())
            for what in _digest_faults(check, sealed, line):
                report.add(names.DIGESTS, what, row)
            check.chain.append(sealed)
    except DamagedError as error:
        report.add(names.DIGESTS, str(error))
    except (ValueError, KeyError, TypeError, AttributeError):
        report.add(names.DIGESTS, "it cannot be read", row)
    latest = check.chain[-1].digest if check.chain else None
    told = check.manifest.get("latest_digest", {})
    if latest is None or told != {"number": latest.number, "hash": latest.hash}:
        report.add(names.DIGESTS, "it does not end with the digest that the manifest names")


def _digest_faults(check: Check, sealed: SealedDigest, line: bytes) -> Iterator[str]:
    digest, before = sealed.digest, check.chain[-1].digest if check.chain else None
    if sealed.as_json().encode() + b"\n" != line:
        yield "it is not written as it was signed"
    if not is_link(before, digest):
        yield "it does not follow the digest before it"
    if digest.kind is DigestKind.PERIOD:
        periods = (s.digest for s in reversed(check.chain) if s.digest.kind is DigestKind.PERIOD)
        period = next(periods, None)
        if period is not None and digest.since != period.until:
            yield "there is a gap in time before it"
    if sealed.public_key != check.key or digest.key != fingerprint(check.key):
        yield "it names another key"
    elif not is_signed(digest.document, sealed.signature, check.key):
        yield "its signature is wrong"


def _check_sets(check: Check) -> None:
    data = sorted(
        name
        for name in check.bundle.names
        if _PIECE.fullmatch(name) and not name.endswith(".proofs.jsonl")
    )
    with tempfile.TemporaryDirectory(prefix="assent-verify-") as folder:
        for dataset in _SEALED:
            mine = [name for name in data if name.startswith(f"{dataset}/")]
            _check_sealed(check, dataset, mine, Path(folder) / dataset)
    for name in data:
        if not name.startswith(_SEALED):
            _check_plain(check, name)
    check_audit(check.bundle, [n for n in data if n.startswith("staff_audit/")], check.report)


def _check_sealed(check: Check, dataset: str, data: list[str], folder: Path) -> None:
    folder.mkdir()
    digests = {each.digest.number: (each.digest.size, each.digest.root) for each in check.chain}
    tasks = [_task(check, name, digests, number, folder) for number, name in enumerate(data)]
    proved: dict[int, int] = {}
    last = 0
    for task, result in zip(tasks, _results(check, tasks), strict=True):
        check.report.findings += result.findings
        check.seen |= result.sums
        check.rows[task.data] = result.rows
        if task.proofs:
            check.rows[task.proofs] = result.proofs
        if result.proved and min(result.proved) <= last:
            check.report.add(task.data, "its digests stand out of order", 1)
        last = max(result.proved, default=last)
        proved |= result.proved
    if dataset == "consent_events":
        _check_whole(check, proved)
    query = check.manifest.get("query", {})
    may_skip = bool(dataset == "opt_outs" or query.get("programme_id") or query.get("statuses"))
    breaks = [
        each
        for bucket in range(BUCKETS)
        for each in check_bucket(folder, bucket, may_skip=may_skip)
    ]
    for number, row, what in sorted(breaks):
        check.report.add(data[number], what, row)


def _task(
    check: Check, name: str, digests: dict[int, tuple[int, str]], number: int, folder: Path
) -> PieceTask:
    proofs = f"{name.rpartition('.')[0]}.proofs.jsonl"
    found = proofs if proofs in check.bundle.names else None
    return PieceTask(check.bundle, name, found, digests, number, folder)


def _results(check: Check, tasks: list[PieceTask]) -> Iterable[Any]:
    if check.workers < 2 or len(tasks) < 2:  # noqa: PLR2004 - one file needs no second process
        return [check_piece(task) for task in tasks]
    with ProcessPoolExecutor(check.workers) as pool:
        return list(pool.map(check_piece, tasks))


def _check_whole(check: Check, proved: dict[int, int]) -> None:
    """Where nothing but time narrows the export, each digest within that time is there whole."""
    query = check.manifest.get("query", {})
    narrowed = ("programme_id", "statuses", "subscriber_keys")
    if any(query.get(each) for each in narrowed) or "consent_events" not in query.get(
        "datasets", []
    ):
        return
    for sealed in check.chain:
        digest = sealed.digest
        if _is_within(digest, query) and proved.get(digest.number, 0) != digest.size:
            there = proved.get(digest.number, 0)
            what = f"of digest {digest.number} only {there} of {digest.size} events are there"
            check.report.add("consent_events", what)


def _is_within(digest: Digest, query: dict[str, Any]) -> bool:
    return bool(query["since"] <= iso(digest.since) and iso(digest.until) <= query["until"])


def _check_plain(check: Check, name: str) -> None:
    sums, rows = Sums(), 0
    check.seen[name] = sums
    try:
        for _ in rows_of(check.bundle, name, sums):
            rows += 1
    except DamagedError as error:
        check.report.add(name, str(error))
    except Exception:
        check.report.add(name, "this row cannot be read", rows + 1)
    check.rows[name] = rows


def _check_other_files(check: Check) -> None:
    """Hold every file against the list, after its own rows have had their say."""
    present = set(check.bundle.names)
    for name in sorted(set(check.listed) - present):
        check.report.add(name, "it is in the list of files and not in the bundle")
    for name in sorted(present - set(check.listed) - APART):
        check.report.add(name, "it is in the bundle and not in the list of files")
    for name in sorted(present & set(check.listed)):
        try:
            if name not in check.seen or not check.seen[name].content:
                read(check, name)
        except DamagedError as error:
            check.report.add(name, str(error))
            continue
        _check_sums(check, name)
    _check_copies(check)


def _check_sums(check: Check, name: str) -> None:
    told, sums = check.listed[name], check.seen[name]
    if (sums.content, sums.bytes) != (told.get("sha256"), told.get("bytes")):
        check.report.add(name, "its content is not what the list of files says")
    elif sums.stored is not None and sums.stored != told.get("stored_sha256"):
        check.report.add(name, "its compressed bytes are not what the list of files says")
    if name in check.rows and check.rows[name] != told.get("rows"):
        check.report.add(name, f"it has {check.rows[name]} rows instead of {told.get('rows')}")


def _check_copies(check: Check) -> None:
    try:
        kept = read(check, names.CHECKPOINT)
    except DamagedError:
        return
    if check.chain and kept != check.chain[-1].as_json().encode() + b"\n":
        check.report.add(names.CHECKPOINT, "it is not the newest digest of the chain")


def _check_counts(check: Check) -> None:
    counts: dict[str, int] = {}
    for name, rows in check.rows.items():
        if not name.endswith(".proofs.jsonl"):
            dataset = name.partition("/")[0]
            counts[dataset] = counts.get(dataset, 0) + rows
    check.report.facts["rows"] = counts
    for dataset, told in check.manifest.get("counts", {}).items():
        if counts.get(dataset, 0) != told:
            what = f"it has {counts.get(dataset, 0)} rows, and the manifest says {told}"
            check.report.add(dataset, what)


def _compare(check: Check, checkpoint: Path) -> bool:
    """Compare with a digest that somebody kept."""
    try:
        kept = sealed_from(checkpoint.read_text())
    except (OSError, ValueError, KeyError, TypeError):
        check.report.add(checkpoint.name, "this is no checkpoint")
        return False
    number = kept.digest.number
    if len(check.chain) < number:
        what = f"your checkpoint is digest {number}; the bundle's chain ends before it"
        check.report.add(names.DIGESTS, what)
    elif check.chain[number - 1].digest.hash != kept.digest.hash:
        what = "the log was rewritten: this digest is not the one that you kept"
        check.report.add(names.DIGESTS, what, number)
    elif kept.public_key != check.key:
        check.report.add(names.PUBLIC_KEY, "it is not the key of your checkpoint")
    return True


def _conclude(check: Check, *, is_pinned: bool, has_key: bool) -> None:
    report, told = check.report, check.manifest
    latest = check.chain[-1].digest if check.chain else None
    report.facts |= {
        "export_id": told.get("export_id"),
        "digests": len(check.chain),
        "latest_digest": None if latest is None else {"number": latest.number, "hash": latest.hash},
    }
    report.proven += [
        "Every file is as it was when the service signed the manifest with the key in the bundle.",
        f"The {len(check.chain)} digests form one chain without a gap, each signed with that key.",
        "Each consent event and opt-out is, byte for byte, one that a digest sealed at its time, "
        "and follows that person's event before it.",
    ]
    query = told.get("query", {})
    narrowed = [query.get(e) for e in ("programme_id", "statuses", "subscriber_keys")]
    if not any(narrowed) and "consent_events" in query.get("datasets", []):
        report.proven.append(
            "Nothing is left out: every event of each digest within the time asked for is there."
        )
    else:
        report.not_proven.append("That no other rows would fit the question that was asked.")
    if is_pinned:
        report.proven.append("The log before your checkpoint has not been rewritten since.")
    else:
        report.not_proven.append(
            "That the log was not rewritten as a whole before it was exported: give a checkpoint "
            "that you kept (--checkpoint)."
        )
    if not is_pinned and not has_key:
        report.not_proven.append(
            "That the key is the company's: compare its fingerprint "
            f"{report.facts.get('key', '(none)')} with one you had before (--key)."
        )
    report.not_proven += [
        "That a phone number belongs to its subscriber_key, and rows of messages and current "
        "consents: they rest on the service's signature alone.",
        "That what people and carriers told the service was true, or that all of it was recorded.",
    ]
