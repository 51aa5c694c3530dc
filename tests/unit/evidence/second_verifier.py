"""The check of a bundle written a second time, from docs/evidence.md and RFC 6962 alone.

It shares no code with `assent verify`: it unpacks with the standard reader, walks the tree
recursively and checks ECDSA with its own arithmetic on P-256 (FIPS 186-5, SEC 2).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from typing import Any

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
# SubjectPublicKeyInfo of an uncompressed point on P-256 (RFC 5480), up to the point.
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
Point = tuple[int, int] | None


def is_sound(bundle: bytes) -> bool:
    """Whether everything in the bundle hangs together."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as container:
            files = {name: container.read(name) for name in container.namelist()}
        return _is_sound(files)
    except Exception:
        return False


def _is_sound(files: dict[str, bytes]) -> bool:
    manifest = json.loads(files["manifest.json"])
    pem = files["public_key.pem"].decode().splitlines()
    der = base64.b64decode("".join(pem[1:-1]))
    listed = {each["name"]: each for each in map(json.loads, files["files.jsonl"].splitlines())}
    checks = [
        signed(files["manifest.json"], files["manifest.sig"], der),
        sha(files["files.jsonl"]) == manifest["files_sha256"],
        sha(der) == manifest["key"],
        set(listed) | {"manifest.json", "manifest.sig", "files.jsonl"} == set(files),
        all(sha(files[name]) == each["sha256"] for name, each in listed.items()),
        _are_chained(files["digests.jsonl"], der, manifest),
        all(_is_set_sound(files, each) for each in ("consent_events", "opt_outs")),
    ]
    return all(checks)


def _are_chained(lines: bytes, der: bytes, manifest: dict[str, Any]) -> bool:
    previous, number = "", 0
    for line in map(json.loads, lines.splitlines()):
        document, number = canonical(line["digest"]), number + 1
        if (line["digest"]["number"], line["digest"]["previous"]) != (number, previous):
            return False
        if not signed(document, base64.b64decode(line["signature"]), der):
            return False
        previous = sha(document)
    return bool(manifest["latest_digest"] == {"number": number, "hash": previous})


def _is_set_sound(files: dict[str, bytes], dataset: str) -> bool:
    digests = {d["digest"]["number"]: d["digest"] for d in _json(files["digests.jsonl"])}
    rows = [row for name in sorted(files) for row in _rows(name, files[name], dataset)]
    found: dict[int, dict[int, bytes]] = {}
    ends: dict[str, tuple[int, str]] = {}
    for row in rows:
        if hashlib.sha256(b"\x00" + _event(row)).hexdigest() != row["hash"]:
            return False
        if row["evidence_salt"]:
            body = b"\x02" + bytes.fromhex(row["evidence_salt"]) + canonical(row["evidence"])
            if sha(body) != row["evidence_digest"]:
                return False
        leaves = found.setdefault(row["digest"], {})
        if row["leaf"] in leaves:
            return False
        leaves[row["leaf"]] = bytes.fromhex(row["hash"])
        seq, own = ends.get(row["subscriber_key"], (0, ""))
        if row["seq"] == seq + 1 and row["previous_hash"] != own:
            return False
        ends[row["subscriber_key"]] = (row["seq"], row["hash"])
    proofs = [
        proof
        for name in sorted(files)
        if name.startswith(f"{dataset}/") and name.endswith(".proofs.jsonl")
        for proof in _json(files[name])
    ]
    if {proof["digest"] for proof in proofs if proof["leaves"]} != set(found):
        return False
    return all(_leads(proof, found, digests) for proof in proofs)


def _leads(
    proof: dict[str, Any], found: dict[int, dict[int, bytes]], digests: dict[int, dict[str, Any]]
) -> bool:
    if proof["missing"]:
        return False
    digest, leaves = digests[proof["digest"]], found[proof["digest"]]
    if list(leaves) != proof["leaves"] or proof["size"] != digest["size"]:
        return False
    # The hashes come level by level; a recursive walk meets them by (level, place) instead.
    places = _places(digest["size"], set(leaves))
    if len(places) != len(proof["hashes"]):
        return False
    given = dict(zip(places, map(bytes.fromhex, proof["hashes"]), strict=True))
    return bool(_root(0, digest["size"], leaves, given).hex() == digest["root"])


def _places(size: int, known: set[int]) -> list[tuple[int, int]]:
    """(first leaf, end) of each subtree whose hash is given, in the order of the proof."""
    found: list[tuple[int, int, int]] = []

    def walk(start: int, end: int) -> int:
        """Return the subtree's height."""
        if end - start == 1:
            return 0
        split = start + _split(end - start)
        left, right = walk(start, split), walk(split, end)
        has_left = any(start <= leaf < split for leaf in known)
        has_right = any(split <= leaf < end for leaf in known)
        height = max(left, right) + 1
        if has_left and not has_right:
            found.append((height, split, end))
        if has_right and not has_left:
            found.append((height, start, split))
        return height

    walk(0, size)
    return [(start, end) for _, start, end in sorted(found)]


def _root(
    start: int, end: int, leaves: dict[int, bytes], given: dict[tuple[int, int], bytes]
) -> bytes:
    if (start, end) in given:
        return given[start, end]
    if end - start == 1:
        return leaves[start]
    split = start + _split(end - start)
    pair = _root(start, split, leaves, given) + _root(split, end, leaves, given)
    return hashlib.sha256(b"\x01" + pair).digest()


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _rows(name: str, content: bytes, dataset: str) -> list[dict[str, Any]]:
    if not name.startswith(f"{dataset}/") or name.endswith(".proofs.jsonl"):
        return []
    if name.endswith(".jsonl"):
        return _json(content)
    rows: list[dict[str, Any]] = []
    for cells in csv.DictReader(io.StringIO(content.decode(), newline="")):
        row: dict[str, Any] = {key: value or None for key, value in cells.items()}
        row |= {key: int(cells[key]) for key in ("seq", "epoch", "digest", "leaf")}
        row |= {key: json.loads(cells[key]) for key in ("facts", "evidence") if cells[key]}
        row["previous_hash"] = cells["previous_hash"]
        rows.append(row)
    return rows


def _event(row: dict[str, Any]) -> bytes:
    same = ("subscriber_key", "seq", "type", "source", "programme_id", "epoch", "evidence_digest")
    event = {name: row[name] for name in (*same, "previous_hash", "provider_at", "facts")}
    return canonical({**event, "at": row["event_at"], "schema": 1})


def _json(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ECDSA on P-256, to be read beside FIPS 186-5 section 6.4.2


def signed(document: bytes, signature: bytes, der: bytes) -> bool:
    if not der.startswith(SPKI) or len(der) != len(SPKI) + 64:
        return False
    point = (int.from_bytes(der[-64:-32]), int.from_bytes(der[-32:]))
    if (point[1] ** 2 - point[0] ** 3 + 3 * point[0] - B) % P:
        return False
    r, s = _der_pair(signature)
    if not (0 < r < N and 0 < s < N):
        return False
    e, w = int.from_bytes(hashlib.sha256(document).digest()), pow(s, -1, N)
    found = _add(_times(e * w % N, G), _times(r * w % N, point))
    return found is not None and found[0] % N == r


def _der_pair(signature: bytes) -> tuple[int, int]:
    """Strictly: one encoding each, nothing after it."""
    length = signature[3]
    r, s = signature[4 : 4 + length], signature[6 + length :]
    again = b"".join(_der_integer(int.from_bytes(each)) for each in (r, s))
    if signature != b"\x30" + bytes([len(again)]) + again:
        return 0, 0
    return int.from_bytes(r), int.from_bytes(s)


def _der_integer(value: int) -> bytes:
    body = value.to_bytes(value.bit_length() // 8 + 1)
    return b"\x02" + bytes([len(body)]) + body


def _add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope**2 - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(factor: int, point: Point) -> Point:
    found: Point = None
    while factor:
        if factor & 1:
            found = _add(found, point)
        point, factor = _add(point, point), factor >> 1
    return found
