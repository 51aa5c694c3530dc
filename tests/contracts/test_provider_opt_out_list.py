"""The provider's list behaves alike for the fake, SNS on moto, and End User Messaging on a stub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from assent.aws import clients
from assent.aws.eum_opt_outs import EumOptOutList
from assent.aws.sns_opt_outs import SnsOptOutList
from assent.errors import InvalidCursorError, TryAgainError
from assent.phone import PhoneNumber
from assent.provider_opt_outs.model import Added, Removed
from tests.fakes.in_memory_opt_out_list import InMemoryOptOutList
from tests.stubs.eum_sms import LIST, EumSms, eum_stub
from tests.stubs.service_stub import ServiceError
from tests.stubs.sns_opt_outs import sns_opt_outs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assent.provider_opt_outs.model import ProviderOptOutList
    from tests.fakes.frozen_clock import FrozenClock
    from tests.stubs.service_stub import ServiceStub

PHONE = PhoneNumber("+16125550101")
OTHER = PhoneNumber("+447700900149")
NOT_LISTED = PhoneNumber("+16125550199")


@dataclass(frozen=True)
class Provider:
    """A list and what a person's STOP does to it."""

    opt_outs: ProviderOptOutList
    opt_out: Callable[[PhoneNumber], None]

    def numbers(self) -> list[PhoneNumber]:
        cursor, found = None, []
        while True:
            page = self.opt_outs.page(cursor)
            found += [listed.phone for listed in page.numbers]
            cursor = page.cursor
            if cursor is None:
                return found


@pytest.fixture
def eum(clock: FrozenClock) -> Iterator[tuple[EumSms, ServiceStub]]:
    operations = EumSms(clock)
    with eum_stub(operations) as stub:
        yield operations, stub


def eum_provider(eum: tuple[EumSms, ServiceStub]) -> Provider:
    operations, stub = eum
    opt_outs = EumOptOutList(stub.client(), LIST)
    return Provider(opt_outs, lambda phone: operations.opt_out(phone.e164))


def sns_provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    clients.sns.cache_clear()
    listed = sns_opt_outs(monkeypatch)
    return Provider(SnsOptOutList(clients.sns()), lambda phone: listed.append(phone.e164))


@pytest.fixture(params=["fake", "fake of sns", "sns", "eum"])
def provider(request: pytest.FixtureRequest, clock: FrozenClock) -> Provider:
    if request.param == "sns":
        request.getfixturevalue("cloud")
        return sns_provider(request.getfixturevalue("monkeypatch"))
    if request.param == "eum":
        return eum_provider(request.getfixturevalue("eum"))
    is_sns = request.param == "fake of sns"
    fake = InMemoryOptOutList(clock, is_writable=not is_sns, keeps_times=not is_sns)
    return Provider(fake, fake.opt_out)


def test_an_empty_list_is_one_empty_page(provider: Provider) -> None:
    page = provider.opt_outs.page(None)
    assert (list(page.numbers), page.cursor, page.unreadable) == ([], None, 0)


def test_who_opted_out_is_listed(provider: Provider) -> None:
    provider.opt_out(PHONE)
    provider.opt_out(OTHER)
    assert set(provider.numbers()) == {PHONE, OTHER}
    assert provider.opt_outs.is_opted_out(PHONE)
    assert not provider.opt_outs.is_opted_out(NOT_LISTED)


def test_a_number_taken_off_is_listed_no_more(provider: Provider) -> None:
    provider.opt_out(PHONE)
    provider.opt_out(OTHER)
    assert provider.opt_outs.remove(PHONE) is Removed.REMOVED
    assert provider.numbers() == [OTHER]
    assert not provider.opt_outs.is_opted_out(PHONE)


def test_a_number_that_is_not_listed_counts_as_taken_off(provider: Provider) -> None:
    assert provider.opt_outs.remove(NOT_LISTED) is Removed.REMOVED


def test_a_number_is_put_on_where_that_can_be_done(provider: Provider) -> None:
    added = [provider.opt_outs.add(PHONE) for _ in range(2)]
    if added[0] is Added.NOT_SUPPORTED:
        assert provider.numbers() == []
    else:
        assert (added, provider.numbers()) == ([Added.ADDED] * 2, [PHONE])


def test_rates_are_given(provider: Provider) -> None:
    assert provider.opt_outs.rates.reads > 0
    assert provider.opt_outs.rates.writes > 0


@pytest.fixture(params=["fake", "eum"])
def timed(request: pytest.FixtureRequest, clock: FrozenClock) -> Provider:
    if request.param == "eum":
        return eum_provider(request.getfixturevalue("eum"))
    fake = InMemoryOptOutList(clock)
    return Provider(fake, fake.opt_out)


def test_entries_say_since_when(timed: Provider, clock: FrozenClock) -> None:
    timed.opt_out(PHONE)
    clock.advance(60)
    (listed,) = timed.opt_outs.page(None).numbers
    assert listed.opted_out_at == clock.now() - timedelta(seconds=60)


def test_a_number_is_restored_once_in_thirty_days(timed: Provider, clock: FrozenClock) -> None:
    timed.opt_out(PHONE)
    assert timed.opt_outs.remove(PHONE) is Removed.REMOVED
    timed.opt_out(PHONE)
    clock.advance(timedelta(days=29))
    assert timed.opt_outs.remove(PHONE) is Removed.TOO_SOON
    clock.advance(timedelta(days=1))
    assert timed.opt_outs.remove(PHONE) is Removed.REMOVED


def test_a_long_list_comes_in_pages_without_loss(timed: Provider) -> None:
    phones = [PhoneNumber(f"+1612555{n:04d}") for n in range(250)]
    for phone in phones:
        timed.opt_out(phone)
    assert sorted(timed.numbers(), key=lambda p: p.e164) == phones
    assert len(timed.opt_outs.page(None).numbers) == 100


def test_a_cursor_that_has_run_out_is_told(timed: Provider) -> None:
    timed.opt_out(PHONE)
    with pytest.raises(InvalidCursorError):
        timed.opt_outs.page("gone")


# --- SNS alone: what moto does not play -----------------------------------------------------------


@pytest.fixture
def sns(cloud: None) -> Iterator[tuple[SnsOptOutList, Stubber]]:
    clients.sns.cache_clear()
    client = clients.sns()
    with Stubber(client) as stubber:
        yield SnsOptOutList(client), stubber
    clients.sns.cache_clear()


def test_sns_refuses_a_second_restoration(sns: tuple[SnsOptOutList, Stubber]) -> None:
    opt_outs, stubber = sns
    stubber.add_client_error("opt_in_phone_number", "InvalidParameter")
    stubber.add_response("check_if_phone_number_is_opted_out", {"isOptedOut": True})
    assert opt_outs.remove(PHONE) is Removed.TOO_SOON


def test_sns_refuses_to_restore_who_is_not_listed(sns: tuple[SnsOptOutList, Stubber]) -> None:
    opt_outs, stubber = sns
    stubber.add_client_error("opt_in_phone_number", "InvalidParameter")
    stubber.add_client_error("check_if_phone_number_is_opted_out", "InvalidParameter")
    assert opt_outs.remove(PHONE) is Removed.REMOVED


def test_sns_pages_and_entries_that_are_no_number(sns: tuple[SnsOptOutList, Stubber]) -> None:
    opt_outs, stubber = sns
    numbers = ["+16125550101", "447700900149", "12345", "SHOP"]
    stubber.add_response(
        "list_phone_numbers_opted_out", {"phoneNumbers": numbers, "nextToken": "t"}, {}
    )
    stubber.add_client_error(
        "list_phone_numbers_opted_out", "InvalidParameter", expected_params={"nextToken": "t"}
    )
    page = opt_outs.page(None)
    assert [each.phone for each in page.numbers] == [PHONE, OTHER]
    assert (page.cursor, page.unreadable) == ("t", 2)
    with pytest.raises(InvalidCursorError):
        opt_outs.page("t")


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("list_phone_numbers_opted_out", lambda each: each.page(None)),
        ("check_if_phone_number_is_opted_out", lambda each: each.is_opted_out(PHONE)),
        ("opt_in_phone_number", lambda each: each.remove(PHONE)),
    ],
)
@pytest.mark.parametrize(("code", "status"), [("Throttled", 429), ("InternalError", 500)])
def test_sns_not_now(
    sns: tuple[SnsOptOutList, Stubber],
    operation: str,
    act: Callable[[Any], object],
    code: str,
    status: int,
) -> None:
    opt_outs, stubber = sns
    stubber.add_client_error(operation, code, http_status_code=status)
    with pytest.raises(TryAgainError):
        act(opt_outs)


# --- End User Messaging alone ---------------------------------------------------------------------

NO_RETRY: Any = {"retries": {"total_max_attempts": 1}}


def refused(reason: str) -> ServiceError:
    return ServiceError("ValidationException", "refused", Reason=reason)


def refusing(eum: tuple[EumSms, ServiceStub], *errors: ServiceError) -> EumOptOutList:
    stub = eum[1]
    stub.failing += errors
    return EumOptOutList(stub.client(config=Config(**NO_RETRY)), LIST)


def test_eum_refuses_a_number_for_good(eum: tuple[EumSms, ServiceStub]) -> None:
    opt_outs = refusing(eum, refused("CANNOT_ADD_OPTED_OUT_NUMBER"))
    assert opt_outs.add(PHONE) is Added.REFUSED
    assert refusing(eum, refused("INVALID_PARAMETER")).remove(PHONE) is Removed.REFUSED
    assert refusing(eum, refused("INVALID_PARAMETER")).is_opted_out(PHONE) is False


def test_eum_refuses_to_add_who_is_listed_already(eum: tuple[EumSms, ServiceStub]) -> None:
    eum[0].opt_out(PHONE.e164)
    opt_outs = refusing(eum, refused("CANNOT_ADD_OPTED_OUT_NUMBER"))
    assert opt_outs.add(PHONE) is Added.ADDED


def test_eum_says_a_conflict_where_a_number_was_restored_before(
    eum: tuple[EumSms, ServiceStub],
) -> None:
    conflict = ServiceError("ConflictException", "no", Reason="RESOURCE_DELETION_NOT_ALLOWED")
    assert refusing(eum, conflict).remove(PHONE) is Removed.TOO_SOON


ACTS: list[Callable[[EumOptOutList], object]] = [
    lambda each: each.page(None),
    lambda each: each.is_opted_out(PHONE),
    lambda each: each.add(PHONE),
    lambda each: each.remove(PHONE),
]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "error",
    [
        ServiceError("ThrottlingException", "slower"),
        ServiceError("InternalServerException", "oops", status=500),
    ],
    ids=lambda error: error.code,
)
def test_eum_not_now(
    eum: tuple[EumSms, ServiceStub], act: Callable[[EumOptOutList], object], error: ServiceError
) -> None:
    with pytest.raises(TryAgainError):
        act(refusing(eum, error))


@pytest.mark.parametrize("act", ACTS)
def test_a_list_that_does_not_exist_is_a_defect_and_is_not_hidden(
    eum: tuple[EumSms, ServiceStub], act: Callable[[EumOptOutList], object]
) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        act(EumOptOutList(eum[1].client(), "Elsewhere"))


def test_the_stub_sends_to_nobody_who_is_listed(eum: tuple[EumSms, ServiceStub]) -> None:
    """What the sender of this service will stand on."""
    operations, stub = eum
    client = stub.client()
    text = {"DestinationPhoneNumber": PHONE.e164, "MessageBody": "hi"}
    assert client.send_text_message(**text)["MessageId"]
    operations.opt_out(PHONE.e164)
    with pytest.raises(ClientError) as caught:
        client.send_text_message(**text)
    details: Any = caught.value.response
    assert details["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    assert len(operations.texts) == 1
