"""What `docs/abuse.md` promises and what the template sets are the limits that the code keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assent.abuse.breaker import COUNTRY_RULE, PREFIX_RULE
from assent.abuse.limits import Limit, Scope, limits
from tests.architecture.deployable import ROOT, template

PAGE = (ROOT / "docs/abuse.md").read_text()
WINDOWS = {timedelta(hours=1): "hour", timedelta(days=1): "day"}


@pytest.mark.parametrize("limit", limits().values(), ids=lambda limit: limit.scope.value)
def test_each_limit_stands_in_the_table(limit: Limit) -> None:
    told = "429" if limit.is_told else "silence"
    row = (limit.scope.value, limit.counts, WINDOWS[limit.window], limit.most, limit.without_token)
    assert f"| {' | '.join(str(cell) for cell in (*row, told, limit.why))} |" in PAGE


def test_the_template_sets_what_the_table_says() -> None:
    found = {name: each.get("Default") for name, each in template()["Parameters"].items()}
    table = limits()
    assert found["SignUpsPerIp"] == table[Scope.IP].most
    assert found["SignUpsPerPrefix"] == table[Scope.PREFIX].most
    assert found["TextsPerCountryDay"] == table[Scope.COUNTRY].most
    assert found["TextsPerHour"] == table[Scope.ALL].most
    assert found["LeastConfirmedPercent"] == PREFIX_RULE.percent == COUNTRY_RULE.percent


def test_each_breaker_stands_in_the_table() -> None:
    for name, rule in (("block", PREFIX_RULE), ("country", COUNTRY_RULE)):
        (row,) = [
            line for line in PAGE.splitlines() if line.startswith(f"| {name} |") and "trial" in line
        ]
        hours = [f"{int(span / timedelta(hours=1))} h" for span in (rule.window, rule.cool_down)]
        assert f"| {hours[0]} |" in row
        assert f"| {hours[1]} | {rule.trial_texts} texts on trial |" in row
        assert f"{rule.least_texts} or more texts" in row
