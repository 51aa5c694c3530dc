"""What each function is told by its environment: one class per function, and nothing can be set.

The field names are the variables' names in lower case, and `template.yaml` must set exactly them;
a test holds the two equal. There are no defaults, because a silent default hides a mistake. They
are no dataclasses: every cold start would pay for writing and compiling the methods of all of them.
"""

from __future__ import annotations

import os
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


class Settings:
    """The shared reader. A subclass per function lists its variables as fields."""

    def __init__(self, **values: object) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        message = f"{name} is what the environment says"
        raise AttributeError(message)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).items()))

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({given})"

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the type of each field, as written, by its name."""
        found: dict[str, str] = {}
        for each in reversed(cls.__mro__):
            found.update(vars(each).get("__annotations__", {}))
        return found

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings. Raises SettingsError that names a missing or malformed variable."""
        source = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for name, kind in cls.variables().items():
            variable = name.upper()
            convert = _CONVERSIONS[kind]
            try:
                values[name] = convert(source[variable])
            except KeyError:
                message = f"environment variable {variable} is not set"
                raise SettingsError(message) from None
            except ValueError:
                message = f"environment variable {variable} has no usable value"
                raise SettingsError(message) from None
        return cls(**values)


class TextingFunction(Settings):
    """What every function that texts is told. `sms_service` is sns or eum; the last three
    may be empty, and of the last four all but `max_price` (USD a part) matter to eum only."""

    origination_identity: str
    sms_service: str
    text_seconds_to_live: int
    max_price: str
    configuration_set: str
    protect_configuration: str


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


class ConsoleSettings(Settings):
    public_url: str
    control_table: str
    user_pool_id: str
    user_pool_client_id: str


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


class SubscribersApiSettings(Settings):
    public_url: str
    campaigns_table: str
    programmes_table: str
    templates_table: str
    subscribers_table: str
    control_table: str
    staff_audit_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]


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
    campaigns_table: str
    quarantine_bucket: str
    confirmation_queue: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    brand: str
    support_contact: str
    parts_per_second: int


class CampaignApiSettings(Settings):
    public_url: str
    templates_table: str
    programmes_table: str
    segments_table: str
    campaigns_table: str
    subscribers_table: str
    inbox_table: str
    control_table: str
    campaign_state_machine_arn: str
    rehearsal_state_machine_arn: str
    launch_schedules: str
    launch_role: str
    approval_above: int
    prices_per_part: str
    brand: str
    support_contact: str
    allowed_countries: tuple[str, ...]
    parts_per_second: int
    staff_audit_table: str


class ExportApiSettings(Settings):
    campaigns_table: str
    programmes_table: str
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


class CampaignPrepareSettings(Settings):
    campaigns_table: str
    segments_table: str
    programmes_table: str
    subscribers_table: str
    parts_per_second: int
    approval_above: int


class CampaignRehearseSettings(Settings):
    public_url: str
    campaigns_table: str
    segments_table: str
    programmes_table: str
    subscribers_table: str


class CampaignPlanSettings(Settings):
    public_url: str
    campaigns_table: str
    subscribers_table: str
    programmes_table: str
    campaign_bucket: str
    parts_per_second: int


class CampaignPaceSettings(Settings):
    campaigns_table: str
    control_table: str
    origination_identity: str
    parts_per_second: int


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
    most_opt_outs_percent: int
    opt_outs_judged_after: int
    most_failures_percent: int
    failures_judged_after: int
    daily_parts: int
    monthly_spend_limit: str
    prices_per_part: str


class FlowRunSettings(TextingFunction):
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
    most_opt_outs_percent: int
    opt_outs_judged_after: int
    most_failures_percent: int
    failures_judged_after: int
    daily_parts: int
    monthly_spend_limit: str
    prices_per_part: str


class CampaignCloseSettings(Settings):
    campaigns_table: str
    control_table: str
    origination_identity: str
    daily_parts: int


class LinkFollowSettings(Settings):
    link_key_id: KeyId
    link_key_versions: tuple[str, ...]
    campaigns_table: str
    subscribers_table: str
    control_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]


class CampaignReapSettings(Settings):
    campaigns_table: str
    campaign_state_machine_arn: str


class EvidenceSealSettings(Settings):
    subscribers_table: str
    consent_events_table: str
    staff_audit_table: str
    digests_table: str
    seals_table: str
    campaigns_table: str
    evidence_bucket: str
    evidence_key_id: str
    export_bucket: str


class ExportBuildSettings(Settings):
    campaigns_table: str
    programmes_table: str
    inbox_table: str
    exports_table: str
    consent_events_table: str
    evidence_table: str
    subscribers_table: str
    messages_table: str
    staff_audit_table: str
    digests_table: str
    evidence_bucket: str
    export_bucket: str


class RightsApiSettings(Settings):
    """`retention_days` changes rules of the retention job; empty for those shipped."""

    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    messages_table: str
    inbox_table: str
    reports_table: str
    export_bucket: str
    staff_audit_table: str
    phone_key_id: str
    phone_key_version: int
    other_phone_keys: tuple[KeyId, ...]
    retention_days: str


class RetentionSettings(Settings):
    """`retention_days` as that of RightsApiSettings."""

    subscribers_table: str
    consent_events_table: str
    evidence_table: str
    control_table: str
    outbox_table: str
    messages_table: str
    inbox_table: str
    reports_table: str
    quarantine_bucket: str
    retention_days: str


class ReviewSettings(Settings):
    consent_events_table: str
    evidence_table: str
    messages_table: str
    programmes_table: str
    staff_audit_table: str
    outbox_table: str
    digests_table: str
    imports_table: str
    reports_table: str


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


class ImportApiSettings(Settings):
    imports_table: str
    import_bucket: str
    import_state_machine_arn: str
    programmes_table: str
    control_table: str
    staff_audit_table: str


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
