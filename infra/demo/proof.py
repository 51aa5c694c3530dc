"""The demo's last act: the bundle is checked as an outsider would, and so is a copy with one lie.

Nothing of the running stack is used here: two files and the public checkpoint.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assent.evidence.checking import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.evidence.report import Report

_FOLDER = "consent_events/"


@dataclass(frozen=True, slots=True)
class Lie:
    """A tampered copy and where it was tampered with: the file and the row, counted from 1."""

    bundle: bytes
    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What `assent verify` said of the bundle and of the copy."""

    honest: Report
    lie: Lie
    caught: Report

    @property
    def names_the_lie(self) -> bool:
        """Whether the first finding is the row that was changed."""
        first = self.caught.findings[0] if self.caught.findings else None
        return first is not None and (first.file, first.row) == (self.lie.file, self.lie.row)


def log_of(bundle: bytes) -> bytes:
    """Return the consent events of a bundle as one CSV file."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as files:
        names = sorted(name for name in files.namelist() if _is_log(name))
        texts = [files.read(name) for name in names]
    return texts[0] + b"".join(text.partition(b"\r\n")[2] for text in texts[1:])


def prove(bundle: bytes, checkpoint: Mapping[str, object]) -> Proof:
    """Check a bundle against a checkpoint, and a copy in which an opt-out became a consent."""
    lie = tampered(bundle)
    with tempfile.TemporaryDirectory(prefix="assent-demo-") as folder:
        kept = Path(folder) / "checkpoint.json"
        kept.write_text(json.dumps(checkpoint))
        reports = []
        for name, content in (("export.zip", bundle), ("tampered.zip", lie.bundle)):
            path = Path(folder) / name
            path.write_bytes(content)
            reports.append(verify(path, checkpoint=kept))
    return Proof(reports[0], lie, reports[1])


def tampered(bundle: bytes) -> Lie:
    """Return a copy in which the last opt-out reads as a consent; the container is made anew,
    each file stored as it was, so that nothing but the lie can be found."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as files:
        content = {name: files.read(name) for name in files.namelist()}
        kinds = {each.filename: each.compress_type for each in files.infolist()}
    file, row = "", 0
    for name in sorted(filter(_is_log, content)):
        rows = list(csv.reader(io.StringIO(content[name].decode(), newline="")))
        column = rows[0].index("type")
        numbers = [number for number, cells in enumerate(rows) if cells[column] == "withdrawn"]
        if numbers:
            file, row = name, numbers[-1]
            rows[row][column] = "confirmed"
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\r\n").writerows(rows)
            content[name] = text.getvalue().encode()
            break
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as files:
        for name, each in content.items():
            files.writestr(name, each, kinds[name])
    return Lie(made.getvalue(), file, row)


def checks(proof: Proof) -> list[tuple[str, bool]]:
    """Return what must hold, each in a sentence."""
    return [
        ("`assent verify` accepts the export", proof.honest.is_sound),
        ("it refuses a copy in which one opt-out became a consent", not proof.caught.is_sound),
        ("it names the row that was changed", proof.names_the_lie),
    ]


def told(proof: Proof) -> str:
    """Return the act in words."""
    first = proof.caught.findings[0] if proof.caught.findings else "nothing"
    return "\n".join(
        [
            "`assent verify` on the export:",
            *(f"  {line}" for line in proof.honest.as_text().splitlines()),
            f"`assent verify` on a copy whose row {proof.lie.row} says consent instead of opt-out:",
            f"  NOT SOUND. First: {first}",
        ]
    )


def _is_log(name: str) -> bool:
    return name.startswith(_FOLDER) and name.endswith(".csv")
