"""No store is forgotten: each is told of where erasure is, and each rule where retention is."""

from __future__ import annotations

import re
from pathlib import Path

from assent.aws.consent_store import REQUESTS_KEPT
from assent.aws.ledger import KEPT
from assent.rights.retention import shipped
from tests.architecture.deployable import of_type

PAGE = (Path(__file__).parents[2] / "docs/rights-and-retention.md").read_text()
BUCKETS = of_type("AWS::S3::Bucket")


def rows(heading: str) -> dict[str, list[str]]:
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [line.strip("|").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return {row[0].strip(" `"): [cell.strip(" |") for cell in row[1:]] for row in cells[1:]}


def test_every_store_says_what_an_erasure_does_to_it() -> None:
    told = rows("What an erasure reaches")
    assert set(told) == {*of_type("AWS::DynamoDB::Table"), *BUCKETS}
    assert all(len(each) == 2 and all(each) for each in told.values())


def test_every_rule_is_told_as_it_is_shipped() -> None:
    told = {name: (days, by) for name, (days, by) in rows("Retention").items()}
    assert told == {rule.kind: (str(rule.days or "–"), rule.by) for rule in shipped()}


def test_what_tables_and_buckets_do_themselves_is_what_the_rules_say() -> None:
    def lifecycle(bucket: str) -> int:
        (rule,) = BUCKETS[bucket]["LifecycleConfiguration"]["Rules"]
        return int(rule["ExpirationInDays"])

    days = {rule.kind: rule.days for rule in shipped() if rule.by in ("ttl", "lifecycle")}
    assert days == {
        "texts": KEPT.days,
        "requests": REQUESTS_KEPT.days,
        "campaign_files": lifecycle("CampaignBucket"),
        "exports": lifecycle("ExportBucket"),
        "imports": lifecycle("ImportBucket"),
    }


def test_the_copys_fields_are_documented() -> None:
    part = re.search(r"### The copy.*?\n\n(.*?)\n\n", PAGE, re.DOTALL)
    assert part is not None
    named = set(re.findall(r"`([a-z_]+)`", part[1]))
    assert {
        "phone",
        "state",
        "profile",
        "engagement",
        "consents",
        "requests",
        "events",
        "texts",
        "links",
        "replies",
        "staff_access",
    } <= named
