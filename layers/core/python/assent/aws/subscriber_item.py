"""The subscriber's one item: short names and packed values, so that a claim stays one write unit.

DynamoDB bills a write per started kilobyte of the whole item, names included, and every text costs
one such write. A test computes the size of a realistic item with twelve claims.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from assent.audience.engagement import Act, Activity, packed, unpacked
from assent.audience.facts import ATTRIBUTE_PREFIX
from assent.audience.subscriber import Subscriber
from assent.consent.model import Claim, Consent, ConsentStatus, Hold, Standing
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "subscriber_key"
PHONE: Final = "ph"
COUNTRY: Final = "co"
CREATED_AT: Final = "cr"
SEQ: Final = "sq"
HEAD_HASH: Final = "hh"
CONSENTS: Final = "cs"  # {programme: "<status letter><epoch> <microseconds>"}
STOPPED_AT: Final = "st"
HOLD: Final = "ho"  # "<microseconds> <reason>"
PAUSED_UNTIL: Final = "pu"
RESTRICTED_AT: Final = "rs"
KEPT_AT: Final = "lh"
CLAIMS: Final = "cl"  # {programme: {campaign: microseconds * ATTEMPTS + attempt}}
CLAIMS_VERSION: Final = "cv"
PROFILE: Final = "pr"  # custom attributes have a dot before their name
ENGAGEMENT: Final = MappingProxyType(
    {
        Act.SENT: "es",
        Act.CLICKED: "ec",
        Act.REPLIED: "er",
        Act.PURCHASED: "ep",
        Act.VISITED: "ev",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STATUS_OF = MappingProxyType({status.value[0]: status for status in ConsentStatus})
CONFIRMED_MARK: Final = ConsentStatus.CONFIRMED.value[0]
# A claim's last digits tell attempts of one microsecond apart, for three bytes more.
ATTEMPTS: Final = 1_000_000

# A DynamoDB value as the API spells it, such as {"S": "text"}.
Value = dict[str, Any]
Item = dict[str, Value]


def micros(instant: datetime) -> int:
    """Return microseconds since 1970: exact, unlike a float of seconds."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(microseconds: str | int) -> datetime:
    """Return the aware UTC instant of `micros`."""
    return _EPOCH + timedelta(microseconds=int(microseconds))


def item_of(subscriber: Subscriber) -> Item:
    """Return the whole item, as a first write or an import needs it."""
    standing = subscriber.standing
    item: Item = {
        KEY: {"S": standing.subscriber_key},
        COUNTRY: {"S": subscriber.country},
        CREATED_AT: number(micros(subscriber.created_at)),
        PROFILE: {"M": packed_profile(subscriber.profile)},
        CLAIMS: {"M": _packed_claims(standing.claims)},
        CLAIMS_VERSION: number(standing.claims_version),
        **standing_values(standing),
    }
    for act, activity in subscriber.engagement.items():
        item[ENGAGEMENT[act]] = packed_activity(activity)
    return item


def standing_values(standing: Standing) -> Item:
    """Return the attributes that a consent change writes; those that are unset are absent."""
    values: Item = {
        SEQ: number(standing.seq),
        CONSENTS: {"M": {pid: _packed_consent(c) for pid, c in standing.consents.items()}},
    }
    if standing.head_hash:
        values[HEAD_HASH] = {"B": bytes.fromhex(standing.head_hash)}
    if standing.phone is not None:
        values[PHONE] = {"S": standing.phone.e164}
    if standing.stopped_at is not None:
        values[STOPPED_AT] = number(micros(standing.stopped_at))
    if standing.hold is not None:
        values[HOLD] = {"S": f"{micros(standing.hold.at)} {standing.hold.reason}"}
    for name, at in (
        (PAUSED_UNTIL, standing.paused_until),
        (RESTRICTED_AT, standing.restricted_at),
        (KEPT_AT, standing.kept_at),
    ):
        if at is not None:
            values[name] = number(micros(at))
    return values


def subscriber_of(item: Mapping[str, Any]) -> Subscriber:
    """Return the subscriber that `item_of` packed."""
    phone = item.get(PHONE)
    return Subscriber(
        standing=Standing(
            subscriber_key=SubscriberKey(item[KEY]["S"]),
            phone=PhoneNumber.stored(phone["S"]) if phone else None,
            seq=int(item[SEQ]["N"]),
            head_hash=item[HEAD_HASH]["B"].hex() if HEAD_HASH in item else "",
            consents={ProgrammeId(p): _consent(v["S"]) for p, v in item[CONSENTS]["M"].items()},
            stopped_at=_instant_in(item, STOPPED_AT),
            hold=_hold(item[HOLD]["S"]) if HOLD in item else None,
            paused_until=_instant_in(item, PAUSED_UNTIL),
            restricted_at=_instant_in(item, RESTRICTED_AT),
            kept_at=_instant_in(item, KEPT_AT),
            claims=_claims(item[CLAIMS]["M"]),
            claims_version=int(item[CLAIMS_VERSION]["N"]),
        ),
        country=item[COUNTRY]["S"],
        created_at=instant(item[CREATED_AT]["N"]),
        profile={_plain_name(n): _plain(value) for n, value in item[PROFILE]["M"].items()},
        engagement={
            act: unpacked(item[name]["B"]) for act, name in ENGAGEMENT.items() if name in item
        },
    )


def _instant_in(item: Mapping[str, Any], name: str) -> datetime | None:
    return instant(item[name]["N"]) if name in item else None


def number(value: int) -> Value:
    """Return `value` as DynamoDB spells numbers."""
    return {"N": str(value)}


def packed_profile(profile: Mapping[str, object]) -> Item:
    """Return the profile's values; they are text, whole numbers, or lists of text."""
    return {packed_name(name): packed_value(value) for name, value in profile.items()}


def packed_name(name: str) -> str:
    """Return a profile entry's name as it is stored."""
    return name.removeprefix(ATTRIBUTE_PREFIX[:-1]) if "." in name else name


def packed_activity(activity: Activity) -> Value:
    return {"B": packed(activity)}


def _plain_name(name: str) -> str:
    return ATTRIBUTE_PREFIX[:-1] + name if name.startswith(".") else name


def packed_value(value: object) -> Value:
    """Raises TypeError for what a profile cannot hold."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, (list, tuple)):
        return {"L": [packed_value(inner) for inner in value]}
    message = f"a profile holds text, whole numbers and lists of them, not {type(value).__name__}"
    raise TypeError(message)


def _plain(value: Value) -> object:
    if "S" in value:
        return value["S"]
    if "N" in value:
        return int(value["N"])
    return [_plain(inner) for inner in value["L"]]


def _packed_consent(consent: Consent) -> Value:
    return {"S": f"{consent.status.value[0]}{consent.epoch} {micros(consent.at)}"}


def _consent(packed: str) -> Consent:
    marks, at = packed.split(" ")
    return Consent(_STATUS_OF[marks[0]], int(marks[1:]), instant(at))


def _hold(packed: str) -> Hold:
    at, reason = packed.split(" ", 1)
    return Hold(reason, instant(at))


def _packed_claims(claims: Mapping[CampaignId, Claim]) -> Item:
    by_programme: Item = {}
    for claim in claims.values():
        of_programme = by_programme.setdefault(claim.programme_id, {"M": {}})
        of_programme["M"][claim.campaign_id] = number(micros(claim.at) * ATTEMPTS)
    return by_programme


def _claims(by_programme: Mapping[str, Value]) -> dict[CampaignId, Claim]:
    return {
        CampaignId(campaign_id): Claim(
            CampaignId(campaign_id), ProgrammeId(programme_id), instant(int(at["N"]) // ATTEMPTS)
        )
        for programme_id, of_programme in by_programme.items()
        for campaign_id, at in of_programme["M"].items()
    }
