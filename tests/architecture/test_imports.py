"""Arrows point down, and importing anything does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers/core/python"
PACKAGE = CORE / "assent"
DOMAIN = ("audience", "campaigns", "consent", "evidence", "inbound", "law", "messages")
DOORS = ("choices", "links", "opt_in", "programmes", "provider_opt_outs")
DOMAIN_FILES = sorted(path for name in (*DOMAIN, *DOORS) for path in (PACKAGE / name).rglob("*.py"))
MODULES = sorted(
    ".".join(path.relative_to(CORE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.name != "__init__.py"
)
HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))

# Runs in an interpreter with an empty environment in which a client, a socket or a thread is fatal.
IMPORT_QUIETLY = """
import importlib, importlib.util, socket, sys, threading
import botocore.client, botocore.session
def refuse(*args, **kwargs):
    raise SystemExit("importing did something")
socket.socket.connect = refuse
threading.Thread.start = refuse
botocore.session.Session.create_client = refuse
for target in sys.argv[1:]:
    if target.endswith(".py"):
        spec = importlib.util.spec_from_file_location("handler_under_test", target)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    else:
        importlib.import_module(target)
"""


def test_the_import_contracts_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True) == 0


@pytest.mark.parametrize("path", DOMAIN_FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_domain_code_reads_no_environment_clock_or_randomness(path: Path) -> None:
    banned = {"os", "time", "random", "secrets", "uuid", "logging"}
    if path.name == "checking.py":
        # The offline command asks how many processors there are; no function runs it.
        banned.discard("os")
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }
    assert not imported & banned


@pytest.mark.parametrize("path", DOMAIN_FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_domain_code_asks_the_clock_it_is_given(path: Path) -> None:
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert not calls & {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}


def test_importing_every_module_and_handler_does_nothing() -> None:
    targets = [*MODULES, *map(str, HANDLERS)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own file names
        [sys.executable, "-c", IMPORT_QUIETLY, *targets],
        env={"PYTHONPATH": str(CORE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=str)
def test_packages_have_empty_init_files(path: Path) -> None:
    assert path.read_text() == ""


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []
