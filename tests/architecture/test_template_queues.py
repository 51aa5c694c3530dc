"""Nothing is lost in silence: dead letters, quarantine and failures each ring somewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.architecture.deployable import ROOT, functions, of_type, reference, statements, workflow

QUEUES = of_type("AWS::SQS::Queue")
ALARMS = of_type("AWS::CloudWatch::Alarm")
DEAD_LETTERS = [name for name in QUEUES if name.endswith("DeadLetters")]


def watched(metric: str) -> list[str]:
    """What the alarms on a metric look at, by the value of their first dimension."""
    plain = [a["Dimensions"][0]["Value"] for a in ALARMS.values() if a.get("MetricName") == metric]
    summed = [
        each["MetricStat"]["Metric"]["Dimensions"][0]["Value"]
        for alarm in ALARMS.values()
        for each in alarm.get("Metrics", [])
        if "MetricStat" in each and each["MetricStat"]["Metric"]["MetricName"] == metric
    ]
    return [reference(each) for each in plain + summed]


def source_events(kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, event["Properties"])
        for name, each in functions().items()
        for event in each.get("Events", {}).values()
        if event["Type"] == kind
    ]


@pytest.mark.parametrize("queue", [name for name in QUEUES if name not in DEAD_LETTERS])
def test_a_queue_has_dead_letters(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    assert reference(redrive["deadLetterTargetArn"]).removesuffix(".Arn") in DEAD_LETTERS
    assert redrive["maxReceiveCount"] == 5


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_and_keeps_as_long_as_it_can(queue: str) -> None:
    assert (
        QUEUES[queue].get("KmsMasterKeyId") == {"Ref": "DataKey"}
        or QUEUES[queue]["SqsManagedSseEnabled"]
    )
    assert QUEUES[queue]["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("queue", DEAD_LETTERS)
def test_dead_letters_ring(queue: str) -> None:
    assert f"{queue}.QueueName" in watched("ApproximateNumberOfMessagesVisible")


@pytest.mark.parametrize(("function", "event"), source_events("SQS"))
def test_a_queue_waits_six_timeouts_and_takes_back_only_what_failed(
    function: str, event: dict[str, Any]
) -> None:
    queue = QUEUES[reference(event["Queue"]).removesuffix(".Arn")]
    assert queue["VisibilityTimeout"] >= 6 * functions()[function]["Timeout"]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_text_that_waits_rings() -> None:
    assert "InboundQueue.QueueName" in watched("ApproximateAgeOfOldestMessage")


def test_a_text_that_cannot_be_read_rings_under_the_name_that_the_code_counts() -> None:
    (alarm,) = [each for each in ALARMS.values() if each.get("MetricName") == "InboundQuarantined"]
    assert alarm["Namespace"] == "Assent"
    assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {
        "service": "assent",
        "stage": {"Ref": "Stage"},
    }


def test_a_breaker_that_opens_rings_under_the_name_that_the_code_counts() -> None:
    (alarm,) = [each for each in ALARMS.values() if each.get("MetricName") == "SignUpBreakerOpened"]
    assert alarm["Threshold"] == 0
    counted = (ROOT / "functions/confirmation_send/handler.py").read_text()
    assert 'count("SignUpBreakerOpened")' in counted


def test_every_function_that_fails_rings() -> None:
    assert sorted(watched("Errors")) == sorted(functions())


def test_every_workflow_that_fails_rings() -> None:
    assert sorted(watched("ExecutionsFailed")) == sorted(of_type("AWS::Serverless::StateMachine"))
    assert workflow("export")["States"]["Failed"]["Type"] == "Fail"


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_says_what_happened_and_tells_somebody(alarm: str) -> None:
    assert len(ALARMS[alarm]["AlarmDescription"]) > 20
    assert ALARMS[alarm]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    # Where silence itself is the fault, nothing counted rings as well.
    silence = {"DigestMissingAlarm": "breaching"}
    assert ALARMS[alarm]["TreatMissingData"] == silence.get(alarm, "notBreaching")


def test_only_the_carrier_gateway_of_this_account_feeds_the_inbound_topic() -> None:
    policies = of_type("AWS::SNS::TopicPolicy")
    (grant,) = statements(policies["InboundTopicPolicy"]["PolicyDocument"])
    assert grant["Principal"] == {"Service": "sms-voice.amazonaws.com"}
    assert grant["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_an_inbound_text_keeps_its_envelope_because_only_that_carries_the_time() -> None:
    subscription = of_type("AWS::SNS::Subscription")["InboundSubscription"]
    assert subscription["RawMessageDelivery"] is False
    assert reference(subscription["Endpoint"]) == "InboundQueue.Arn"
    assert (
        reference(subscription["RedrivePolicy"]["deadLetterTargetArn"]) == "InboundDeadLetters.Arn"
    )
