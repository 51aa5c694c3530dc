"""The provider of the local stack knows of an opt-out only when there was one."""

from __future__ import annotations

from infra.local.stack import LocalStack


def test_nobody_is_opted_out_at_the_provider_at_first() -> None:
    with LocalStack.start(load=False, schedules=False) as stack:
        sns = stack.client("sns")
        assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
        answer = sns.check_if_phone_number_is_opted_out(phoneNumber="+12065550199")
        assert answer["isOptedOut"] is False
