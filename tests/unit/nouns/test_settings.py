"""A missing or malformed variable is named; nothing is silently defaulted."""

from __future__ import annotations

import pytest

from assent.errors import SettingsError
from assent.settings import CampaignPaceSettings, CampaignReapSettings, ConfirmationSendSettings

PACE = {
    "CAMPAIGNS_TABLE": "campaigns",
    "CONTROL_TABLE": "control",
    "ORIGINATION_IDENTITY": "+12065550100",
    "PARTS_PER_SECOND": "20",
}


def test_the_fields_are_read_and_converted() -> None:
    assert CampaignPaceSettings.from_env(PACE) == CampaignPaceSettings(
        campaigns_table="campaigns",
        control_table="control",
        origination_identity="+12065550100",
        parts_per_second=20,
    )


@pytest.mark.parametrize("missing", PACE)
def test_a_missing_variable_is_named(missing: str) -> None:
    environ = {name: value for name, value in PACE.items() if name != missing}
    with pytest.raises(SettingsError, match=missing):
        CampaignPaceSettings.from_env(environ)


def test_a_malformed_number_is_named() -> None:
    with pytest.raises(SettingsError, match="PARTS_PER_SECOND"):
        CampaignPaceSettings.from_env(PACE | {"PARTS_PER_SECOND": "many"})


def test_countries_are_split_and_upper_cased() -> None:
    environ = {name.upper(): "1" for name in ConfirmationSendSettings.variables()}
    settings = ConfirmationSendSettings.from_env(environ | {"ALLOWED_COUNTRIES": "us, CA,,gb"})
    assert settings.allowed_countries == ("US", "CA", "GB")


def test_the_process_environment_is_the_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_TABLE", "campaigns")
    monkeypatch.setenv("CAMPAIGN_STATE_MACHINE_ARN", "arn")
    assert CampaignReapSettings.from_env().campaigns_table == "campaigns"


def test_nothing_can_be_set_afterwards() -> None:
    settings = CampaignPaceSettings.from_env(PACE)
    with pytest.raises(AttributeError, match="parts_per_second"):
        settings.parts_per_second = 21
    assert settings.parts_per_second == 20
