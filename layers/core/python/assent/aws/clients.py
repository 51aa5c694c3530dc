"""Every AWS client of the house, with its timeouts and retries, made when first asked for.

They are made from botocore: boto3 would add an import and a resource layer that nobody uses.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config

from assent.aws.plain_pages import read_plainly

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

    from assent.aws.eum_opt_outs import EumOptOutClient
    from assent.aws.eum_sender import EumTextClient
    from assent.aws.launch_schedules import SchedulerClient

# More than any thread pool of ours, so that a thread never waits for a socket.
_POOL = 40


@functools.cache
def dynamodb() -> DynamoDBClient:
    """For all tables: quick to give up, because every caller can ask again."""
    # Adapters build requests from types; checking each against the model would only cost CPU.
    config = _store(parameter_validation=False)
    client = cast("DynamoDBClient", _client("dynamodb", config))
    read_plainly(client)
    return client


@functools.cache
def staff_pool() -> CognitoIdentityProviderClient:
    """For signing staff in; a password is tried once, since each try counts towards a lock."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=5)
    return cast("CognitoIdentityProviderClient", _client("cognito-idp", _store().merge(once)))


@functools.cache
def kms() -> KMSClient:
    """For the key under which numbers are known."""
    return cast("KMSClient", _client("kms", _store()))


@functools.cache
def s3() -> S3Client:
    """For manifests, exports and quarantine; a part of 8 MiB needs longer than an item."""
    config = _store().merge(Config(read_timeout=10))
    return cast("S3Client", _client("s3", config))


@functools.cache
def stepfunctions() -> SFNClient:
    """For starting workflows, which is safe to repeat: an execution's name is taken once."""
    return cast("SFNClient", _client("stepfunctions", _store().merge(Config(read_timeout=5))))


@functools.cache
def scheduler() -> SchedulerClient:
    """For starts of campaigns that are put off; a wish is put under one name."""
    return cast("SchedulerClient", _client("scheduler", _store().merge(Config(read_timeout=5))))


@functools.cache
def sqs() -> SQSClient:
    """For handing sign-ups over; a copy does no harm, since each is acted on once."""
    return cast("SQSClient", _client("sqs", _store()))


@functools.cache
def sms() -> SNSClient:
    """For texts: one attempt. By default the SDK itself would send up to three copies of a text
    whose answer was lost (measured, ADR on at-most-once)."""
    return cast("SNSClient", _client("sns", sms_config()))


@functools.cache
def eum_sms() -> EumTextClient:
    """For texts through End User Messaging: one attempt, like `sms`."""
    return cast("EumTextClient", _client("pinpoint-sms-voice-v2", sms_config()))


@functools.cache
def sns() -> SNSClient:
    """For the account's list of opted-out numbers, whose calls may be repeated; sends no texts."""
    return cast("SNSClient", _client("sns", _store().merge(Config(read_timeout=5))))


@functools.cache
def eum_opt_outs() -> EumOptOutClient:
    """For an opt-out list of End User Messaging, whose calls may be repeated."""
    config = _store().merge(Config(read_timeout=5))
    return cast("EumOptOutClient", _client("pinpoint-sms-voice-v2", config))


def sms_config() -> Config:
    """Return what makes a client fit to send texts; a sender refuses one without it."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=1,
        read_timeout=3,
        max_pool_connections=_POOL,
        tcp_keepalive=True,
    )


def _store(*, parameter_validation: bool = True) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=1,
        read_timeout=2,
        max_pool_connections=_POOL,
        tcp_keepalive=True,
        parameter_validation=parameter_validation,
    )


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _client(service: str, config: Config) -> object:
    return _session().create_client(service, config=config)
