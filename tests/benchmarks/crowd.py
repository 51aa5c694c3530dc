"""Subscribers by the million, as the pages of a scan: made once, told apart by their page.

What is measured is whoever reads them, so the endpoint must hand a page out without thinking: a
page is a finished answer into whose keys only the page's number is put.
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from assent.audience.engagement import Act, plus_all
from assent.audience.subscriber import Subscriber
from assent.aws.subscriber_item import item_of
from assent.consent.model import Claim, Consent, ConsentStatus, Standing
from assent.identifiers import CampaignId, ProgrammeId, SubscriberKey
from assent.phone import PhoneNumber
from tests.benchmarks.recorder import size_of

# DynamoDB, Scan: a page holds 1 MB of items as they are stored.
_PAGE_BYTES = 2**20
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
    """`people` subscribers of six places: nine in ten have consented, four in five like deals, all
    were texted up to three times, half clicked."""

    people: int

    def page(self, start: str) -> bytes:
        """Return the answer that follows the key `start`, empty for the first page."""
        number = int(start or 0)
        items = self._items[number % _DISTINCT_PAGES]
        left = max(0, self.people - number * self.people_per_page)
        if left < len(items):
            items, body = items[:left], ",".join(items[:left]).encode()
        else:
            body = self._bodies[number % _DISTINCT_PAGES]
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
        return len(self._items[0])

    @cached_property
    def _items(self) -> list[list[str]]:
        """The items of the distinct pages, as many on each."""
        chance = random.Random(_SEED)  # noqa: S311 - the same crowd each time
        sample = [item_of(_person(chance, number)) for number in range(100)]
        per_page = _PAGE_BYTES * len(sample) // sum(map(size_of, sample))
        people = range(_DISTINCT_PAGES * per_page)
        texts = [json.dumps(item_of(_person(chance, n)), default=_binary) for n in people]
        return [texts[at : at + per_page] for at in range(0, len(texts), per_page)]

    @cached_property
    def _bodies(self) -> list[bytes]:
        return [",".join(items).encode() for items in self._items]


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
