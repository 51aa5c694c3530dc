from __future__ import annotations

import io
import json
import random
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from assent.evidence import verify as command
from assent.evidence.checking import verify
from assent.evidence.datasets import FileFormat
from tests.fakes.local_signer import LocalSigner
from tests.unit.evidence.bundles import DEALS, EVERYTHING, Bundle, asked, bundle_of
from tests.unit.evidence.chains import people
from tests.unit.evidence.forgeries import (
    EVENTS,
    PROOFS,
    packed,
    resigned,
    unpacked,
    with_proofs,
    with_rows,
)
from tests.unit.evidence.second_verifier import is_sound, signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assent.evidence.report import Report

    Rows = list[dict[str, Any]]

JSONL = FileFormat.JSONL


@pytest.fixture(scope="module")
def made() -> Bundle:
    return bundle_of(12, query=asked(file_format=JSONL))


@pytest.fixture
def check(tmp_path: Path) -> Callable[[bytes], Report]:
    def run(content: bytes) -> Report:
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        return verify(path, workers=1)

    return run


@pytest.mark.parametrize("file_format", FileFormat)
@pytest.mark.parametrize("programme_id", [None, DEALS], ids=["whole", "narrowed"])
def test_an_honest_bundle_is_sound_to_both_verifiers(
    check: Callable[[bytes], Report], file_format: FileFormat, programme_id: Any
) -> None:
    query = asked(datasets=EVERYTHING, file_format=file_format, programme_id=None)
    if programme_id:
        query = asked(file_format=file_format, programme_id=programme_id)
    content = bundle_of(30, query=query, piece_rows=12, most_leaves=9).file
    report = check(content)
    assert report.findings == []
    assert is_sound(content)
    assert ("Nothing is left out" in str(report.proven)) is (programme_id is None)


def test_a_folder_is_as_good_as_a_container(made: Bundle, tmp_path: Path) -> None:
    for name, content in unpacked(made.file).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert verify(tmp_path, workers=1).findings == []
    (tmp_path / "more.txt").write_text("x")
    assert [each.file for each in verify(tmp_path, workers=1).findings] == ["more.txt"]


def test_many_files_are_checked_by_two_processes(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle_of(40, piece_rows=5, most_leaves=5).file)
    assert verify(path, workers=2).findings == []


ROW_LIES: list[tuple[str, Callable[[Rows], object], int]] = [
    ("changed", lambda rows: rows[7].update(type="withdrawn"), 8),
    ("fact changed", lambda rows: rows[7]["facts"].update(reason="never"), 8),
    ("evidence changed", lambda rows: rows[7]["evidence"].update(reply="NO"), 8),
    ("evidence dropped alone", lambda rows: rows[7].update(evidence=None), 8),
    ("dropped", lambda rows: rows.pop(7), 8),
    ("repeated", lambda rows: rows.insert(7, rows[7]), 9),
    ("swapped", lambda rows: rows.insert(7, rows.pop(8)), 9),
    ("first dropped", lambda rows: rows.pop(0), 1),
    ("last dropped", lambda rows: rows.pop(), 24),
]


@pytest.mark.parametrize(
    ("lie", "row"), [each[1:] for each in ROW_LIES], ids=[each[0] for each in ROW_LIES]
)
@pytest.mark.parametrize("has_key", [False, True], ids=["outsider", "with the key"])
def test_a_false_row_is_named_even_when_the_service_signs_it(
    made: Bundle,
    check: Callable[[bytes], Report],
    lie: Callable[[Rows], object],
    row: int,
    has_key: bool,
) -> None:
    files = with_rows(unpacked(made.file), lie)
    content = resigned(files, made.log.signer) if has_key else packed(files)
    report = check(content)
    assert not report.is_sound
    assert (report.findings[0].file, report.findings[0].row) == (EVENTS, row), report.findings
    assert not is_sound(content)


def test_a_row_left_out_with_a_proof_made_to_fit_is_still_missed(
    made: Bundle, check: Callable[[bytes], Report]
) -> None:
    """Whoever holds the key can prove fewer leaves; the size of the digest tells."""
    from assent.evidence.merkle import prove

    files = unpacked(made.file)
    rows = [json.loads(line) for line in files[EVENTS].splitlines()]
    gone = rows[7]
    mine = [row for row in rows if row["digest"] == gone["digest"]]
    kept = [row["leaf"] for row in mine if row is not gone]
    hashes = prove([bytes.fromhex(row["hash"]) for row in mine], kept)

    def fit(proofs: Rows) -> None:
        for proof in proofs:
            if proof["digest"] == gone["digest"]:
                proof.update(leaves=kept, hashes=[each.hex() for each in hashes])

    lied = with_proofs(with_rows(files, lambda rows: rows.pop(7)), fit)
    report = check(resigned(lied, made.log.signer))
    assert "only" in report.findings[0].what


def test_a_rewritten_log_is_found_by_a_checkpoint_that_was_kept(tmp_path: Path) -> None:
    honest, forged = bundle_of(8), bundle_of(9)
    for made in (honest, forged):
        (tmp_path / "b.zip").write_bytes(made.file)
        latest = honest.log.digests.latest()
        assert latest is not None
        (tmp_path / "kept.json").write_text(latest.as_json())
        report = verify(tmp_path / "b.zip", checkpoint=tmp_path / "kept.json", workers=1)
        assert report.is_sound is (made is honest)
    assert "rewritten" in report.findings[0].what


def test_a_chain_that_ends_before_the_checkpoint_was_cut(tmp_path: Path) -> None:
    short, long = Bundle(people(3), hours=3), Bundle(people(3), hours=6)
    short.build()
    (tmp_path / "b.zip").write_bytes(short.file)
    latest = long.log.digests.latest()
    assert latest is not None
    (tmp_path / "kept.json").write_text(latest.as_json())
    report = verify(tmp_path / "b.zip", checkpoint=tmp_path / "kept.json", workers=1)
    assert any("ends before" in each.what for each in report.findings)


def test_another_key_is_noticed_by_who_knows_the_right_one(made: Bundle, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(made.file)
    latest = made.log.digests.latest()
    assert latest is not None
    assert verify(tmp_path / "b.zip", key=latest.digest.key, workers=1).is_sound
    assert not verify(tmp_path / "b.zip", key="00" * 32, workers=1).is_sound


def test_what_is_sealed_and_gone_is_a_finding(check: Callable[[bytes], Report]) -> None:
    made = Bundle(people(3), query=asked(file_format=JSONL))
    del made.events.stored[next(iter(made.events.stored))]
    made.build()
    report = check(made.file)
    assert "is gone from the log" in report.findings[0].what
    assert not is_sound(made.file)


PROOF_LIES: list[Callable[[Rows], object]] = [
    lambda proofs: proofs[0].update(hashes=["00" * 32]),
    lambda proofs: proofs[0].update(size=1),
    lambda proofs: proofs[0].update(leaves=proofs[0]["leaves"][:-1]),
    lambda proofs: proofs[0].update(leaves=[]),
    lambda proofs: proofs[0].update(digest=999),
    lambda proofs: proofs.pop(0),
    lambda proofs: proofs.append(proofs[0]),
    lambda proofs: proofs[0].update(missing=[1]),
]


@pytest.mark.parametrize("lie", PROOF_LIES)
def test_a_forged_proof_is_found_even_when_the_service_signs_it(
    made: Bundle, check: Callable[[bytes], Report], lie: Callable[[Rows], object]
) -> None:
    files = with_proofs(unpacked(made.file), lie)
    assert not check(packed(files)).is_sound
    assert not check(resigned(files, made.log.signer)).is_sound


def test_any_file_dropped_added_or_swapped_is_found(
    made: Bundle, check: Callable[[bytes], Report]
) -> None:
    files = unpacked(made.file)
    for name in files:
        assert not check(packed({n: c for n, c in files.items() if n != name})).is_sound, name
    assert not check(packed({**files, "more.txt": b"x"})).is_sound
    assert not check(packed({**files, "README.txt": files["query.json"]})).is_sound


def test_any_length_short_of_the_whole_is_found(
    made: Bundle, check: Callable[[bytes], Report]
) -> None:
    content = made.file
    for length in [0, 1, 30, *range(100, len(content), 997), len(content) - 1]:
        assert not check(content[:length]).is_sound, length
    assert not check(content + b"\x00").is_sound
    assert not check(b"PK" + content).is_sound


@pytest.mark.parametrize("seed", range(3))
def test_any_changed_byte_is_found(
    made: Bundle, check: Callable[[bytes], Report], seed: int
) -> None:
    """`make fuzz-verify` tries every byte of a bundle."""
    draw = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(40):
        content = bytearray(made.file)
        at = draw.randrange(len(content))
        content[at] ^= 1 << draw.randrange(8)
        assert not check(bytes(content)).is_sound, at


def test_a_container_packed_by_another_tool_is_told_apart_from_a_lie(
    made: Bundle, tmp_path: Path
) -> None:
    packed_again = io.BytesIO()
    with zipfile.ZipFile(packed_again, "w") as files:
        for name, content in unpacked(made.file).items():
            files.writestr(name, content)
    (tmp_path / "b.zip").write_bytes(packed_again.getvalue())
    report = verify(tmp_path / "b.zip", workers=1)
    assert not report.is_sound
    container = ("compressed bytes", "the header of", "its list of files", "between its files")
    assert all(any(part in each.what for part in container) for each in report.findings)


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip", b"\x00" * 5000], ids=repr)
def test_what_is_no_bundle_is_said_to_be_none(
    check: Callable[[bytes], Report], content: bytes
) -> None:
    assert "no bundle" in check(content).findings[0].what


def test_the_command_speaks_to_people_and_to_programs(
    made: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(made.file)
    assert command.main(["verify", str(path)]) == 0
    assert "SOUND" in capsys.readouterr().out
    assert command.main(["verify", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["is_sound"], told["rows"]) == (True, {"consent_events": 24})
    path.write_bytes(packed(with_rows(unpacked(made.file), lambda rows: rows.pop(3))))
    assert command.main(["verify", str(path)]) == 1
    assert f"First: {EVENTS}, row 4" in capsys.readouterr().out
    assert command.main(["verify", str(tmp_path / "none.zip")]) == 2


def test_the_second_verifiers_arithmetic_is_that_of_the_library() -> None:
    for _ in range(3):
        signer = LocalSigner()
        signature = signer.sign(b"document")
        assert signed(b"document", signature, signer.public_key())
        assert not signed(b"documents", signature, signer.public_key())
        assert not signed(b"document", signature, LocalSigner().public_key())


def test_proofs_stand_beside_their_rows(made: Bundle) -> None:
    assert PROOFS in unpacked(made.file)
