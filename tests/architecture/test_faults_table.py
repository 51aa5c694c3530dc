"""`docs/faults-consent.md` names a test for each fault, and each of these tests is there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.deployable import ROOT, template

PAGE = (ROOT / "docs/faults-consent.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))
FAULTS = [*(f"O{number}" for number in range(1, 25)), "E1", "E2"]
FAULTS += [f"E{number}" for number in range(5, 12)]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_a_row_with_a_test(fault: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {fault} |")]
    assert "::test_" in row


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_test_that_is_named_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def test_no_table_has_a_replica() -> None:
    kinds = {each["Type"] for each in template()["Resources"].values()}
    assert "AWS::DynamoDB::GlobalTable" not in kinds
