"""The account's opt-out list on moto, which by itself says "opted out" of every number in 99."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import SNSBackend, sns_backends

if TYPE_CHECKING:
    import pytest


def sns_opt_outs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return moto's list, empty; changing it is what a person's STOP does."""
    listed: list[str] = sns_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].opt_out_numbers
    listed.clear()

    def is_listed(backend: SNSBackend, number: str) -> bool:
        return number in backend.opt_out_numbers

    monkeypatch.setattr(SNSBackend, "check_if_phone_number_is_opted_out", is_listed)
    return listed
