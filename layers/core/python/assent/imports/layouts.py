"""What the columns of known exports mean, as tables; an own file names its columns likewise.

Written from the services' public documentation. None of them carries the wording that was shown,
so none but Assent's own layout can reach the first two grades.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Meaning(StrEnum):
    """What a column may hold. The values are also the columns of Assent's own layout."""

    PHONE = "phone"
    COUNTRY = "country"
    STATUS = "status"
    CONSENTED_AT = "consented_at"
    WORDING = "wording"
    WHERE = "where"
    PAGE_URL = "page_url"
    IP = "ip"
    USER_AGENT = "user_agent"
    CONFIRMED_AT = "confirmed_at"
    CONFIRMED_BY = "confirmed_by"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    BIRTH_YEAR = "birth_year"
    POSTAL_CODE = "postal_code"
    REGION = "region"
    TIME_ZONE = "time_zone"
    TOPICS = "topics"
    LOCALE = "locale"


PROFILE = frozenset(
    {
        Meaning.FIRST_NAME,
        Meaning.LAST_NAME,
        Meaning.BIRTH_YEAR,
        Meaning.POSTAL_CODE,
        Meaning.REGION,
        Meaning.TIME_ZONE,
        Meaning.TOPICS,
        Meaning.LOCALE,
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one kind of export. Names and values are in lower case.

    `columns` map a name to its meaning. `yes` and `no` are the status values that mean agreed and
    opted out; any other is no claim at all, and without a status column every row claims consent
    unless `needs_status`. `only`: rows whose column holds another value are passed over.
    """

    name: str
    columns: Mapping[str, Meaning]
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    needs_status: bool = True
    only: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def with_columns(self, mapping: Mapping[str, str]) -> Layout:
        """Return the layout with a person's own columns added. Raises InputError."""
        own: dict[str, Meaning] = {}
        for column, meaning in mapping.items():
            try:
                own[" ".join(column.split()).lower()] = Meaning(meaning)
            except ValueError:
                message = f"There is no meaning {meaning!r}; choose one of {', '.join(Meaning)}."
                raise InputError(message, field="columns") from None
        kept = {c: m for c, m in self.columns.items() if m not in own.values()}
        return replace(self, columns=MappingProxyType({**kept, **own}))


_YES = frozenset({"yes", "y", "true", "1", "opt-in", "opt_in", "opted_in", "subscribed"})
_NO = frozenset(
    {"no", "n", "false", "0", "opt-out", "opt_out", "opted_out", "unsubscribed", "stop", "blocked"}
)

ASSENT = Layout(
    "assent", MappingProxyType({m.value: m for m in Meaning}), _YES, _NO, needs_status=False
)
# Fields of the items of Consent Management (twilio.com/docs/messaging/features/consent-api), and
# `to` of an opt-out list downloaded from the console.
TWILIO = Layout(
    "twilio",
    MappingProxyType(
        {
            "contact_id": Meaning.PHONE,
            "status": Meaning.STATUS,
            "source": Meaning.WHERE,
            "date_of_consent": Meaning.CONSENTED_AT,
        }
    ),
    frozenset({"opt-in", "re-opt-in"}),
    frozenset({"opt-out"}),
)
# Endpoint definitions as an export job writes them, one JSON object a line
# (docs.aws.amazon.com/pinpoint/latest/developerguide/audience-define-export.html).
PINPOINT = Layout(
    "pinpoint",
    MappingProxyType(
        {
            "address": Meaning.PHONE,
            "optout": Meaning.STATUS,
            "effectivedate": Meaning.CONSENTED_AT,
            "location.country": Meaning.COUNTRY,
            "location.region": Meaning.REGION,
            "location.postalcode": Meaning.POSTAL_CODE,
            "demographic.timezone": Meaning.TIME_ZONE,
            "demographic.locale": Meaning.LOCALE,
        }
    ),
    frozenset({"none"}),
    frozenset({"all"}),
    only=MappingProxyType({"channeltype": "sms"}),
)
# Profile export; consent is SUBSCRIBED, UNSUBSCRIBED or NEVER SUBSCRIBED
# (developers.klaviyo.com/en/docs/collect_email_and_sms_consent_via_api).
KLAVIYO = Layout(
    "klaviyo",
    MappingProxyType(
        {
            "phone number": Meaning.PHONE,
            "sms consent": Meaning.STATUS,
            "sms consent timestamp": Meaning.CONSENTED_AT,
            "sms consent source": Meaning.WHERE,
            "first name": Meaning.FIRST_NAME,
            "last name": Meaning.LAST_NAME,
            "country": Meaning.COUNTRY,
            "state / region": Meaning.REGION,
            "zip code": Meaning.POSTAL_CODE,
            "timezone": Meaning.TIME_ZONE,
        }
    ),
    frozenset({"subscribed"}),
    frozenset({"unsubscribed"}),
)
# Contact export; whom a Do Not Contact entry names is opted out, others claim nothing.
MAUTIC = Layout(
    "mautic",
    MappingProxyType(
        {
            "mobile": Meaning.PHONE,
            "donotcontact": Meaning.STATUS,
            "firstname": Meaning.FIRST_NAME,
            "lastname": Meaning.LAST_NAME,
            "country": Meaning.COUNTRY,
            "state": Meaning.REGION,
            "zipcode": Meaning.POSTAL_CODE,
            "timezone": Meaning.TIME_ZONE,
            "preferred_locale": Meaning.LOCALE,
        }
    ),
    no=frozenset({"1", "true", "yes", "sms"}),
)
# Subscriber export, whose `attributes` are JSON; the number is kept there under `phone`.
LISTMONK = Layout(
    "listmonk",
    MappingProxyType(
        {
            "attributes.phone": Meaning.PHONE,
            "attributes.country": Meaning.COUNTRY,
            "status": Meaning.STATUS,
            "created_at": Meaning.CONSENTED_AT,
            "name": Meaning.FIRST_NAME,
        }
    ),
    frozenset({"enabled"}),
    frozenset({"blocklisted"}),
)
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {each.name: each for each in (ASSENT, TWILIO, PINPOINT, KLAVIYO, MAUTIC, LISTMONK)}
)


def layout_named(name: str) -> Layout:
    """Raises InputError."""
    try:
        return LAYOUTS[name]
    except KeyError:
        message = f"There is no layout {name!r}; choose one of {', '.join(LAYOUTS)}."
        raise InputError(message, field="layout") from None
