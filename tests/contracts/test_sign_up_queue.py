from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from assent.aws import clients
from assent.aws.sign_up_queue import SqsSignUpQueue, unpacked
from assent.identifiers import ProgrammeId
from assent.opt_in.sign_ups import AskedSignUp
from assent.phone import PhoneNumber
from tests.fakes.frozen_clock import NOON
from tests.fakes.in_memory_sign_up_queue import InMemorySignUpQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from assent.opt_in.sign_ups import SignUpQueue

ASKED = AskedSignUp(
    sign_up_id="s_000000000001",
    programme_id=ProgrammeId("offers"),
    phone=PhoneNumber("+16125550103"),
    locale="fr",
    asked_at=NOON,
    has_token=True,
    is_bot=False,
    facts={"disclosure_version": 3, "disclosure_digest": "ab" * 32},
    evidence={"phone_as_typed": "(612) 555-0103", "box_ticked": True, "country_chosen": None},
    profile={"first_name": "Zoë 🎈", "topics": ["a", "b"], "birth_year": 1990},
)


@pytest.fixture(params=["fake", "aws"])
def queue(
    request: pytest.FixtureRequest,
) -> tuple[SignUpQueue, Callable[[], list[AskedSignUp]]]:
    """A queue, and what it hands over."""
    if request.param == "fake":
        fake, found = InMemorySignUpQueue(), list[AskedSignUp]()

        def take() -> list[AskedSignUp]:
            fake.deliver(found.append)
            return found

        return fake, take
    request.getfixturevalue("cloud")
    clients.sqs.cache_clear()
    url = boto3.client("sqs").create_queue(QueueName="sign-ups")["QueueUrl"]

    def receive() -> list[AskedSignUp]:
        got = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [unpacked(each["Body"]) for each in got.get("Messages", [])]

    return SqsSignUpQueue(clients.sqs(), url), receive


def test_a_sign_up_comes_out_as_it_went_in(
    queue: tuple[SignUpQueue, Callable[[], list[AskedSignUp]]],
) -> None:
    put, take = queue
    put.put(ASKED)
    assert take() == [ASKED]


def test_a_sign_up_does_not_show_its_number() -> None:
    assert "555" not in repr(ASKED)
