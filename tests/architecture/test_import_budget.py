"""Each function pays only for itself: what its cold start loads is counted, not timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))
HTTP = {
    "consent_api",
    "consent_staff",
    "subscribers_api",
    "campaign_api",
    "export_api",
    "import_api",
    "rights_api",
}

# Packages whose import costs tens of milliseconds, and the functions that earn them.
EARNED = {
    "pydantic": HTTP,
    "boto3.resources": set[str](),
    "phonenumbers.geocoder": set[str](),
    "phonenumbers.carrier": set[str](),
    "aws_xray_sdk": set[str](),
    "aws_lambda_powertools.utilities.idempotency": set[str](),
    "aws_lambda_powertools.event_handler": HTTP,
    "jinja2": {
        "subscribers_api",
        "campaign_api",
        "campaign_prepare",
        "campaign_plan",
        "campaign_rehearse",
        "campaign_send",
        "flow_run",
        "console",
        "pages",
        "rights_api",
        "sign_up_page",
    },
}

LIST_LOADED = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("handler_under_test", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("path", HANDLERS, ids=lambda path: path.parent.name)
def test_a_function_loads_no_heavy_package_that_it_did_not_earn(path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own file names
        [sys.executable, "-c", LIST_LOADED, str(path)],
        env={"PYTHONPATH": str(ROOT / "layers/core/python")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    unearned = {
        package
        for package, functions in EARNED.items()
        if package in loaded and path.parent.name not in functions
    }
    assert unearned == set()
