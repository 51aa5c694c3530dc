"""What holds data outlives the stack, is encrypted, and forgets only where forgetting is meant."""

from __future__ import annotations

import pytest

from tests.architecture.deployable import listed, of_type, reference, statements, template

TABLES = of_type("AWS::DynamoDB::Table")
BUCKETS = of_type("AWS::S3::Bucket")
KEYS = of_type("AWS::KMS::Key")
SCHEMA = {
    "SubscribersTable": ["subscriber_key"],
    "ConsentEventsTable": ["subscriber_key", "seq"],
    "EvidenceTable": ["subscriber_key", "seq"],
    "CampaignsTable": ["campaign_id", "part"],
    "MessagesTable": ["subscriber_key", "sent_id"],
    "ControlTable": ["pk"],
    "ProgrammesTable": ["programme_id", "part"],
    "SegmentsTable": ["segment_id"],
    "InboxTable": ["box", "received_id"],
    "ExportsTable": ["export_id"],
    "ImportsTable": ["import_id"],
    "TemplatesTable": ["template_id", "version"],
    "DigestsTable": ["chain", "number"],
    "SealsTable": ["subscriber_key", "number"],
    "ReportsTable": ["kind", "report_id"],
    "OutboxTable": ["shard", "subscriber_key"],
    "StaffAuditTable": ["day_shard", "at_id"],
}


def is_retained(name: str) -> bool:
    resource = template()["Resources"][name]
    return (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == (
        "Retain",
        "Retain",
    )


def test_tables_have_the_keys_that_the_stores_write() -> None:
    keys = {
        name: [each["AttributeName"] for each in table["KeySchema"]]
        for name, table in TABLES.items()
    }
    assert keys == SCHEMA


@pytest.mark.parametrize("table", TABLES)
def test_a_table_survives_the_stack_and_a_mistake(table: str) -> None:
    properties = TABLES[table]
    assert is_retained(table)
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_encrypted_and_pays_per_use(table: str) -> None:
    assert TABLES[table]["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": {"Ref": "DataKey"},
    }
    assert TABLES[table]["BillingMode"] == "PAY_PER_REQUEST"


def test_only_texts_and_short_lived_marks_expire() -> None:
    """A withdrawal that expired would be a person texted again without right."""
    expiring = {
        name: t["TimeToLiveSpecification"]
        for name, t in TABLES.items()
        if "TimeToLiveSpecification" in t
    }
    expires = {"AttributeName": "expires_at", "Enabled": True}
    assert expiring == {"MessagesTable": expires, "ControlTable": expires}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_private_and_encrypted(bucket: str) -> None:
    assert set(BUCKETS[bucket]["PublicAccessBlockConfiguration"].values()) == {True}
    assert BUCKETS[bucket]["OwnershipControls"] == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
    }
    (rule,) = BUCKETS[bucket]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert reference(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == "DataKey.Arn"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_refuses_whoever_does_not_come_by_tls(bucket: str) -> None:
    policy = of_type("AWS::S3::BucketPolicy")[f"{bucket}Policy"]
    (denial,) = statements(policy["PolicyDocument"])
    assert policy["Bucket"] == {"Ref": bucket}
    assert (denial["Effect"], denial["Principal"], denial["Action"]) == ("Deny", "*", "s3:*")
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [reference(each) for each in listed(denial["Resource"])] == [
        f"{bucket}.Arn",
        f"${{{bucket}.Arn}}/*",
    ]


def test_what_could_not_be_read_is_kept_in_every_version() -> None:
    assert is_retained("QuarantineBucket")
    assert BUCKETS["QuarantineBucket"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "LifecycleConfiguration" not in BUCKETS["QuarantineBucket"]


@pytest.mark.parametrize(
    ("bucket", "days"), [("CampaignBucket", 90), ("ExportBucket", 7), ("ImportBucket", 30)]
)
def test_working_files_go_by_themselves(bucket: str, days: int) -> None:
    (rule,) = BUCKETS[bucket]["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (days, "Enabled")


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_never_lost_with_the_stack(key: str) -> None:
    assert is_retained(key)


@pytest.mark.parametrize("key", ["PhoneKey", "LinkKey"])
def test_the_keys_of_numbers_and_links_can_only_make_macs(key: str) -> None:
    assert (KEYS[key]["KeySpec"], KEYS[key]["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")
