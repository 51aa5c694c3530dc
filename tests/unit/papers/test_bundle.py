"""A dossier's page is a file of the signed bundle, checked like every other."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from assent.evidence.checking import verify
from assent.evidence.datasets import Dataset
from assent.evidence.ordering import dossier_query
from assent.papers.files import DossierFiles
from assent.web.dossier import dossier_page
from tests.fakes.frozen_clock import NOON
from tests.unit.evidence.bundles import Bundle, asked
from tests.unit.evidence.chains import people
from tests.unit.papers.world import ADA, DAY, MINUTE, PHONE, STORY, ada, story

if TYPE_CHECKING:
    from pathlib import Path

    from assent.evidence.report import Report


def bundle() -> Bundle:
    """A dossier's bundle of Ada, in a log with others that is sealed hour by hour."""
    files = DossierFiles(ada().gathering, dossier_page)
    steps = [replace(each, at=NOON + n * MINUTE) for n, each in enumerate(STORY)]
    query = dossier_query(ADA, NOON, NOON + DAY)
    made = Bundle([*people(3), *story(steps)], query=query, appendix=files)
    made.build()
    return made


def checked(folder: Path, content: bytes) -> Report:
    path = folder / "bundle.zip"
    path.write_bytes(content)
    return verify(path, workers=1)


def test_assent_verify_accepts_a_dossier(tmp_path: Path) -> None:
    made = bundle()
    report = checked(tmp_path, made.file)
    assert report.is_sound, report.as_text()
    with zipfile.ZipFile(tmp_path / "bundle.zip") as files:
        assert PHONE.e164 in files.read("dossier.html").decode()
        assert "dossier.html" in files.read("README.txt").decode()
        rows = files.read("consent_events/00001.csv").decode()
    assert rows.count(ADA) == len(story())
    assert "k1_000001" not in rows


def test_a_page_that_was_touched_up_is_found(tmp_path: Path) -> None:
    made = bundle()
    folder = tmp_path / "unpacked"
    path = tmp_path / "bundle.zip"
    path.write_bytes(made.file)
    with zipfile.ZipFile(path) as files:
        files.extractall(folder)
    page = folder / "dossier.html"
    page.write_text(page.read_text().replace("Confirmed", "Declined"))
    report = verify(folder, workers=1)
    assert not report.is_sound
    assert "dossier.html" in {each.file for each in report.findings}


def test_a_page_that_was_taken_out_is_missed(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    (tmp_path / "bundle.zip").write_bytes(bundle().file)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as files:
        files.extractall(folder)
    (folder / "dossier.html").unlink()
    assert not verify(folder, workers=1).is_sound


def test_an_export_that_is_no_dossier_has_no_page() -> None:
    files = DossierFiles(ada().gathering, dossier_page)
    made = Bundle(people(2), query=asked(datasets=tuple(Dataset)), appendix=files)
    made.build()
    assert b"dossier.html" not in made.file
