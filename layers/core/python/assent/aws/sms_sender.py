"""Which service texts leave through: the only place that knows both.

The choice is the operator's and made once. There is no falling back from one service to the other,
because after an ambiguous answer of the first the second would text the same person again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.aws import clients
from assent.errors import SettingsError

if TYPE_CHECKING:
    from assent.messages.ledger import SmsSender
    from assent.settings import TextingFunction


def sms_sender(settings: TextingFunction) -> SmsSender:
    """Return the sender of the service that `settings` names; a cold start pays for no other.

    Raises SettingsError for another name, or for what the service cannot take.
    """
    if settings.sms_service == "sns":
        from assent.aws.sns_sender import SnsSmsSender

        return SnsSmsSender(clients.sms(), settings.origination_identity, settings.max_price)
    if settings.sms_service == "eum":
        from assent.aws.eum_sender import EumSmsSender

        return EumSmsSender(
            clients.eum_sms(),
            settings.origination_identity,
            timedelta(seconds=settings.text_seconds_to_live),
            settings.max_price,
            settings.configuration_set,
            settings.protect_configuration,
        )
    message = f"SMS_SERVICE is sns or eum, not {settings.sms_service}"
    raise SettingsError(message)
