"""`make fuzz-verify`: every byte of a bundle, and forgeries drawn at random, on both verifiers.

Prints what was tried; exits 1 and names the first forgery that was taken for the truth. The seed
is told, and FUZZ_SEED repeats it.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assent.evidence.checking import verify
from assent.evidence.datasets import FileFormat
from tests.unit.evidence.bundles import Bundle, asked, bundle_of
from tests.unit.evidence.forgeries import (
    EVENTS,
    packed,
    resigned,
    unpacked,
    with_proofs,
    with_rows,
)
from tests.unit.evidence.second_verifier import is_sound

if TYPE_CHECKING:
    from collections.abc import Iterator

FORGERIES = 800
Rows = list[dict[str, Any]]


def main() -> int:
    """Try everything; return the exit status."""
    seed = int(os.environ.get("FUZZ_SEED", "0")) or random.randrange(2**31)  # noqa: S311
    made = bundle_of(6, query=asked(file_format=FileFormat.JSONL), hours=2)
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        for what, content, both in (*every_byte(made), *forgeries(made, seed)):
            path.write_bytes(content)
            tried += 1
            if verify(path, workers=1).is_sound or (both and is_sound(content)):
                sys.stdout.write(f"Taken for the truth: {what} (FUZZ_SEED={seed})\n")
                return 1
            if tried % 1000 == 0:
                sys.stdout.write(f"{tried} tried\n")
    sys.stdout.write(f"{tried} forgeries, none taken for the truth (FUZZ_SEED={seed})\n")
    return 0


def every_byte(made: Bundle) -> Iterator[tuple[str, bytes, bool]]:
    """Yield a copy for each byte with one bit of it changed, and one short by it."""
    for at in range(len(made.file)):
        content = bytearray(made.file)
        content[at] ^= 1 << at % 8
        yield f"byte {at} changed", bytes(content), False
        yield f"cut before byte {at}", made.file[:at], False


def forgeries(made: Bundle, seed: int) -> Iterator[tuple[str, bytes, bool]]:
    """Yield copies with one row or proof changed, half of them signed by the service itself."""
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    files = unpacked(made.file)
    for number in range(FORGERIES):
        kind = draw.choice([change_row, drop_row, swap_rows, repeat_row, change_proof])
        with_ = with_proofs if kind is change_proof else with_rows
        lied = with_(files, lambda rows, kind=kind: kind(rows, draw))  # type: ignore[misc]
        if lied[EVENTS] == files[EVENTS] and lied == files:
            continue
        content = resigned(lied, made.log.signer) if number % 2 else packed(lied)
        # What the service itself leaves out, only the first verifier counts.
        yield f"{kind.__name__} {number}", content, kind is not drop_row or not number % 2


def change_row(rows: Rows, draw: random.Random) -> None:
    """One value of one row; the phone is left, because no hash is over it."""
    row = draw.choice(rows)
    names = [name for name in row if name not in ("phone", "evidence", "evidence_salt")]
    name = draw.choice(names)
    value = row[name]
    if isinstance(value, int):
        row[name] = value + draw.choice([-1, 1, 100])
    elif isinstance(value, dict):
        row[name] = {**value, "x": 1}
    else:
        row[name] = _changed(value or "", draw)


def _changed(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    other = draw.choice([each for each in "0aZ-" if each != text[at : at + 1]])
    return text[:at] + other + text[at + 1 :]


def drop_row(rows: Rows, draw: random.Random) -> None:
    """One row fewer."""
    rows.pop(draw.randrange(len(rows)))


def swap_rows(rows: Rows, draw: random.Random) -> None:
    """Two rows in each other's place."""
    one, other = draw.sample(range(len(rows)), 2)
    rows[one], rows[other] = rows[other], rows[one]


def repeat_row(rows: Rows, draw: random.Random) -> None:
    """One row twice."""
    rows.insert(draw.randrange(len(rows)), draw.choice(rows))


def change_proof(proofs: Rows, draw: random.Random) -> None:
    """One number or list of one proof."""
    proof = draw.choice(proofs)
    name = draw.choice(list(proof))
    value = proof[name]
    if isinstance(value, int):
        proof[name] = value + draw.choice([-1, 1])
    elif name == "hashes" or not value:
        proof[name] = [*value, "00" * 32 if name == "hashes" else 0]
    else:
        proof[name] = value[:-1]


if __name__ == "__main__":
    sys.exit(main())
