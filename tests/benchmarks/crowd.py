"""Subscribers by the million, as the pages of a scan: made once, told apart by their page.

What is measured is whoever reads them, so the endpoint must hand a page out without thinking: a
page is a finished answer into whose keys only the page's number is put.
"""

from __future__ import annotations

import base64
import functools
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assent.audience.engagement import Act, plus_all
from assent.audience.subscriber import Subscriber
from assent.aws.subscriber_item import item_of
from assent.consent.model import Claim, Consent, ConsentStatus, Standing
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber
from tests.benchmarks.recorder import size_of

# Enough people for no cache to know them all by heart.
_DISTINCT_PAGES = 8
_MARK = "#page###"
_BORN, _SEED = datetime(2026, 3, 1, tzinfo=UTC), 20_261_123
_OFFERS, _NEWS = ProgrammeId("offers"), ProgrammeId("news")
_NAMES = ("Alexandra", "Bo", "Chloé", "Dmitri", "Élodie", "Fatima", "Grace", "Zoë", "Łukasz", "Mia")
_PLACES = (
    ("10001", "America/New_York", "212"),
    ("60601", "America/Chicago", "312"),
    ("80202", "America/Denver", "303"),
    ("94105", "America/Los_Angeles", "415"),
    ("33101", "", "305"),
    ("85001", "", "602"),
)
_STATUSES = (ConsentStatus.CONFIRMED,) * 18 + (ConsentStatus.WITHDRAWN, ConsentStatus.PENDING)


@dataclass(frozen=True)
class Crowd:
    """`people` subscribers of six places: nine in ten have consented, four in five like deals,
    three in four were texted up to three times and as many clicked. A page holds items of
    `page_bytes` as they are stored; DynamoDB's Scan reads 1 MB at a time."""

    people: int
    page_bytes: int = 2**20

    def page(self, start: str) -> bytes:
        """Return the answer that follows the key `start`, empty for the first page."""
        number = int(start or 0)
        items = _pages(self.page_bytes)[number % _DISTINCT_PAGES]
        left = max(0, self.people - number * self.people_per_page)
        if left < len(items):
            items, body = items[:left], ",".join(items[:left]).encode()
        else:
            body = _bodies(self.page_bytes)[number % _DISTINCT_PAGES]
        after = b'"LastEvaluatedKey":{"subscriber_key":{"S":"%d"}},' % (number + 1)
        return b'{"Count":%d,"ScannedCount":%d,%b"Items":[%b]}' % (
            len(items),
            len(items),
            after if left > len(items) else b"",
            body.replace(_MARK.encode(), b"%08x" % number),
        )

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.people // self.people_per_page))

    @property
    def people_per_page(self) -> int:
        return len(_pages(self.page_bytes)[0])


@functools.cache
def _pages(page_bytes: int) -> list[list[str]]:
    """The items of the distinct pages, as many on each."""
    chance = random.Random(_SEED)  # noqa: S311 - the same crowd each time
    sample = [item_of(_person(chance, number)) for number in range(100)]
    per_page = page_bytes * len(sample) // sum(map(size_of, sample))
    people = range(_DISTINCT_PAGES * per_page)
    texts = [json.dumps(item_of(_person(chance, n)), default=_binary) for n in people]
    return [texts[at : at + per_page] for at in range(0, len(texts), per_page)]


@functools.cache
def _bodies(page_bytes: int) -> list[bytes]:
    return [",".join(items).encode() for items in _pages(page_bytes)]


def _binary(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _person(chance: random.Random, number: int) -> Subscriber:
    postal_code, zone, area = chance.choice(_PLACES)
    since = _BORN + timedelta(minutes=number)
    consent = Consent(chance.choice(_STATUSES), 1, since)
    profile: dict[str, object] = {
        "first_name": chance.choice(_NAMES),
        "birth_year": 1950 + chance.randrange(50),
        "postal_code": postal_code,
        "topics": ["deals", "events"] if chance.randrange(5) else ["events"],
        "locale": "en",
        **({"time_zone": zone} if zone else {}),
    }
    claims = {
        CampaignId(f"c_{week:022d}"): Claim(
            CampaignId(f"c_{week:022d}"), _OFFERS, since + timedelta(weeks=week)
        )
        for week in range(chance.randrange(4))
    }
    clicked = plus_all(
        None, [since + timedelta(days=3 * day) for day in range(chance.randrange(4))]
    )
    return Subscriber(
        standing=Standing(
            subscriber_key=SubscriberKey(f"k1_{_MARK}{number:024d}"),
            phone=PhoneNumber.stored(f"+1{area}{2_000_000 + number}"),
            seq=4,
            head_hash=f"{chance.getrandbits(256):064x}",
            consents={_OFFERS: consent, _NEWS: consent},
            claims=claims,
            claims_version=len(claims),
        ),
        country="US",
        created_at=since,
        profile=profile,
        engagement={Act.CLICKED: clicked} if clicked else {},
    )
