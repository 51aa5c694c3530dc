"""What each function is told by its environment: one frozen dataclass per function.

The field names are the variables' names in lower case, and `template.yaml` must set exactly them;
a test holds the two equal. There are no defaults, because a silent default hides a mistake.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NewType, Self

from assent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


KeyId = NewType("KeyId", str)


def _key_ids(text: str) -> tuple[KeyId, ...]:
    return tuple(KeyId(part.strip()) for part in text.split(",") if part.strip())


def _countries(text: str) -> tuple[str, ...]:
    return tuple(part.strip().upper() for part in text.split(",") if part.strip())


_CONVERSIONS: Mapping[str, Callable[[str], object]] = {
    "str": str,
    "KeyId": KeyId,
    "int": int,
    "tuple[str, ...]": _countries,
    "tuple[KeyId, ...]": _key_ids,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The shared reader. A subclass per function lists its variables as fields."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings. Raises SettingsError that names a missing or malformed variable."""
        source = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for field in fields(cls):
            variable = field.name.upper()
            try:
                values[field.name] = _CONVERSIONS[str(field.type)](source[variable])
            except KeyError:
                message = f"environment variable {variable} is not set"
                raise SettingsError(message) from None
            except ValueError:
                message = f"environment variable {variable} has no usable value"
                raise SettingsError(message) from None
        return cls(**values)


@dataclass(frozen=True, slots=True)
class TextingFunction(Settings):
    """What every function that texts is told. `sms_service` is sns or eum; the last three
    may be empty, and of the last four all but `max_price` (USD a part) matter to eum only."""

    origination_identity: str
    sms_service: str
    text_seconds_to_live: int
    max_price: str
    configuration_set: str
    protect_configuration: str


@dataclass(frozen=True, slots=True)
class ConsentApiSettings(Settings):
    public_url: str
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    programmes_table: str
    confirmation_queue: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    sign_ups_per_ip: int
    sign_ups_per_prefix: int
    texts_per_hour: int
    digests_table: str


@dataclass(frozen=True, slots=True)
class ConfirmationSendSettings(TextingFunction):
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    messages_table: str
    outbox_table: str
    programmes_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    brand: str
    support_contact: str
    allowed_countries: tuple[str, ...]
    parts_per_second: int
    texts_per_hour: int
    texts_per_country_day: int
    least_confirmed_percent: int


@dataclass(frozen=True, slots=True)
class PagesSettings(Settings):
    link_key_id: KeyId
    link_key_versions: tuple[str, ...]
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    programmes_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]


@dataclass(frozen=True, slots=True)
class SignUpPageSettings(Settings):
    public_url: str
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    programmes_table: str
    confirmation_queue: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    sign_ups_per_ip: int
    sign_ups_per_prefix: int
    texts_per_hour: int
    origination_identity: str


@dataclass(frozen=True, slots=True)
class ConsentStaffSettings(Settings):
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    messages_table: str
    inbox_table: str
    programmes_table: str
    staff_audit_table: str
    confirmation_queue: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]


@dataclass(frozen=True, slots=True)
class SubscribersApiSettings(Settings):
    public_url: str
    programmes_table: str
    templates_table: str
    subscribers_table: str
    control_table: str
    staff_audit_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]


@dataclass(frozen=True, slots=True)
class ConsentLifecycleSettings(TextingFunction):
    public_url: str
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    messages_table: str
    inbox_table: str
    programmes_table: str
    brand: str
    support_contact: str
    parts_per_second: int


@dataclass(frozen=True, slots=True)
class InboundSmsSettings(TextingFunction):
    public_url: str
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    messages_table: str
    programmes_table: str
    inbox_table: str
    quarantine_bucket: str
    confirmation_queue: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    brand: str
    support_contact: str
    parts_per_second: int


@dataclass(frozen=True, slots=True)
class CampaignApiSettings(Settings):
    templates_table: str
    programmes_table: str
    segments_table: str
    campaigns_table: str
    subscribers_table: str
    inbox_table: str
    control_table: str
    campaign_state_machine_arn: str
    rehearsal_state_machine_arn: str
    approval_above: int
    prices_per_part: str
    brand: str
    support_contact: str
    allowed_countries: tuple[str, ...]
    parts_per_second: int
    staff_audit_table: str


@dataclass(frozen=True, slots=True)
class ExportApiSettings(Settings):
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    messages_table: str
    exports_table: str
    export_bucket: str
    control_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    export_state_machine_arn: str
    staff_audit_table: str


@dataclass(frozen=True, slots=True)
class CampaignPrepareSettings(Settings):
    campaigns_table: str
    segments_table: str
    programmes_table: str
    subscribers_table: str
    parts_per_second: int
    approval_above: int


@dataclass(frozen=True, slots=True)
class CampaignRehearseSettings(Settings):
    public_url: str
    campaigns_table: str
    segments_table: str
    programmes_table: str
    subscribers_table: str


@dataclass(frozen=True, slots=True)
class CampaignPlanSettings(Settings):
    public_url: str
    campaigns_table: str
    subscribers_table: str
    programmes_table: str
    campaign_bucket: str
    parts_per_second: int


@dataclass(frozen=True, slots=True)
class CampaignPaceSettings(Settings):
    campaigns_table: str
    control_table: str
    origination_identity: str
    parts_per_second: int


@dataclass(frozen=True, slots=True)
class CampaignSendSettings(TextingFunction):
    public_url: str
    link_key_id: KeyId
    link_key_versions: tuple[str, ...]
    campaigns_table: str
    subscribers_table: str
    messages_table: str
    control_table: str
    outbox_table: str
    programmes_table: str
    consent_events_table: str
    evidence_table: str
    parts_per_second: int
    brand: str


@dataclass(frozen=True, slots=True)
class CampaignCloseSettings(Settings):
    campaigns_table: str


@dataclass(frozen=True, slots=True)
class CampaignReapSettings(Settings):
    campaigns_table: str
    campaign_state_machine_arn: str


@dataclass(frozen=True, slots=True)
class EvidenceSealSettings(Settings):
    subscribers_table: str
    consent_events_table: str
    staff_audit_table: str
    digests_table: str
    seals_table: str
    evidence_bucket: str
    evidence_key_id: str


@dataclass(frozen=True, slots=True)
class ExportBuildSettings(Settings):
    exports_table: str
    consent_events_table: str
    evidence_table: str
    subscribers_table: str
    export_bucket: str


@dataclass(frozen=True, slots=True)
class OptOutsReconcileSettings(Settings):
    """`opt_out_list` is empty where the account's own list of SNS is meant."""

    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    opt_out_list: str


@dataclass(frozen=True, slots=True)
class DeliveryStatusSettings(Settings):
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    quarantine_bucket: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]


@dataclass(frozen=True, slots=True)
class ImportApiSettings(Settings):
    imports_table: str
    import_bucket: str
    import_state_machine_arn: str
    programmes_table: str
    control_table: str
    staff_audit_table: str


@dataclass(frozen=True, slots=True)
class ImportRunSettings(Settings):
    imports_table: str
    import_bucket: str
    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    programmes_table: str
    confirmation_queue: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    allowed_countries: tuple[str, ...]
    import_asks_per_minute: int
