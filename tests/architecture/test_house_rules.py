"""Rules of this house that would drift if they were only written down."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/core/python/assent"
SHIPPED = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")])
ALL_CODE = [
    *SHIPPED,
    *sorted((ROOT / "infra").rglob("*.py")),
    *sorted((ROOT / "tests").rglob("*.py")),
]
FORBIDDEN_NAMES = {"utils", "common", "helpers", "misc", "base", "manager", "processor"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b")
THIS_FILE = Path(__file__)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ALL_CODE, ids=name_of)
def test_module_names_say_what_they_hold(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert path.stem != "handler" or path.is_relative_to(ROOT / "functions")


@pytest.mark.parametrize("path", ALL_CODE, ids=name_of)
def test_nothing_is_left_unfinished(path: Path) -> None:
    assert path == THIS_FILE or not UNFINISHED.search(path.read_text())


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_every_shipped_module_states_its_duty(path: Path) -> None:
    text = path.read_text()
    assert text == "" or ast.get_docstring(ast.parse(text))


def test_each_service_has_exactly_one_place_that_can_publish_an_sms() -> None:
    """SNS takes a text by PhoneNumber, End User Messaging by DestinationPhoneNumber."""
    parameters = {"PhoneNumber", "DestinationPhoneNumber"}
    publishers = {
        name_of(path)
        for path in SHIPPED
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.keyword) and node.arg in parameters)
        or (isinstance(node, ast.Constant) and node.value in parameters)
    }
    aws = "layers/core/python/assent/aws"
    assert publishers == {f"{aws}/sns_sender.py", f"{aws}/eum_sender.py"}


def test_the_full_number_leaves_its_type_only_where_it_must() -> None:
    """Sender, stores, export and the law's prefix tables ask for `.e164`; nothing else does."""
    allowed = (
        "/aws/",
        "/evidence/",
        "/rights/copy.py",
        "/papers/files.py",
        "/law/zones.py",
        "/phone.py",
    )
    askers = [
        name_of(path)
        for path in SHIPPED
        if ".e164" in path.read_text() and not any(part in name_of(path) for part in allowed)
    ]
    assert askers == []


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/handler.py")), ids=name_of)
def test_handlers_are_thin(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 220


def test_the_changelog_has_an_entry_for_what_is_coming() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()
