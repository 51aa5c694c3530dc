"""Links lead only where their campaign says, and count people, not machines, once an hour."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from assent.audience.engagement import Act
from assent.campaigns.clicks import Following, is_machine
from assent.campaigns.model import CampaignStatus, Variant
from assent.campaigns.words import targets_of
from assent.errors import LinkNotAllowedError, LinkNotFoundError
from assent.identifiers import CampaignId
from assent.links.tracked import Followed, Tracking
from assent.messages.template import Rendered, Template
from tests.fakes.frozen_clock import FrozenClock
from tests.fakes.in_memory_campaign_store import InMemoryCampaignStore
from tests.fakes.in_memory_fact_store import InMemoryFactStore
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.fakes.subscriber_table import SubscriberTable
from tests.unit.campaigns.world import CAMPAIGN, definition, person, phone_of, running

if TYPE_CHECKING:
    from assent.audience.engagement import Activity

SHOP, HELP = "https://shop.example/sale?x=1", "https://shop.example/help"
BODY = f'See {{{{ "{SHOP}" | link }}}} or {{{{ "{HELP}" | link }}}} .'
TRACKING = Tracking(lambda: (b"k" * 32,))


@dataclass
class Clicks:
    """A `ClickStore` that lists what it was told."""

    added: list[str] = field(default_factory=list)

    def add(self, campaign_id: CampaignId, link: str) -> None:
        self.added.append(f"{campaign_id} {link}")


class Shop:
    """One launched campaign, one person, and their link."""

    def __init__(self, **changes: object) -> None:
        self.clock, self.keys, self.clicks = FrozenClock(), LocalPhoneKeys(), Clicks()
        store = InMemoryCampaignStore()
        store.create(running(**{"definition": definition(body=BODY), **changes}))
        somebody = person(0)
        key = self.keys.key_of(phone_of(0))
        standing = replace(somebody.standing, subscriber_key=key)
        self.table = SubscriberTable([replace(somebody, standing=standing)])
        facts = InMemoryFactStore(self.table)
        self.following = Following(TRACKING, store, facts, self.clicks, self.keys, self.clock)

    def code(self, number: int = 0, campaign: str = CAMPAIGN) -> str:
        digits = int(phone_of(0).e164[1:])
        return TRACKING.code(Followed(CampaignId(campaign), number, digits))

    @property
    def clicked(self) -> Activity | None:
        return self.table.all()[0].engagement.get(Act.CLICKED)


def test_a_link_leads_to_its_target_and_the_click_counts_for_the_person() -> None:
    shop = Shop()
    assert shop.following.follow(shop.code(1), is_person=True) == HELP
    assert shop.clicks.added == [f"{CAMPAIGN} -:1"]
    assert shop.clicked is not None
    assert shop.clicked.total == 1


def test_one_person_counts_once_an_hour_for_each_link() -> None:
    shop = Shop()
    for number in (0, 0, 1, 0):
        shop.following.follow(shop.code(number), is_person=True)
    assert len(shop.clicks.added) == 2
    shop.clock.advance(timedelta(hours=1))
    shop.following.follow(shop.code(), is_person=True)
    assert len(shop.clicks.added) == 3


def test_a_machine_is_led_on_and_not_counted() -> None:
    shop = Shop()
    assert shop.following.follow(shop.code(), is_person=False) == SHOP
    assert shop.clicks.added == []
    assert shop.clicked is None


def test_whoever_was_erased_is_led_on_and_not_counted() -> None:
    shop = Shop()
    for each in shop.table.all():
        shop.table.put(replace(each, standing=replace(each.standing, phone=None)))
    assert shop.following.follow(shop.code(), is_person=True) == SHOP
    assert shop.clicks.added == []


@pytest.mark.parametrize("code", ["x" * 24, "", "../../evil"])
def test_what_we_did_not_make_leads_nowhere(code: str) -> None:
    with pytest.raises(LinkNotFoundError):
        Shop().following.follow(code, is_person=True)


def test_a_link_of_no_launched_campaign_leads_nowhere() -> None:
    draft = Shop(frozen=None, status=CampaignStatus.DRAFT)
    shop = Shop()
    for following, code in (
        (draft.following, draft.code()),
        (shop.following, shop.code(2)),
        (shop.following, shop.code(campaign="c_9")),
    ):
        with pytest.raises(LinkNotFoundError):
            following.follow(code, is_person=True)


def test_each_variant_has_links_of_its_own() -> None:
    variants = (Variant("A", 1, BODY), Variant("B", 1, f'{{{{ "{SHOP}" | link }}}}', {"fr": BODY}))
    of_it = definition(variants=variants)
    assert targets_of(of_it) == (("A", SHOP), ("A", HELP), ("B", SHOP), ("B", HELP))


def test_the_text_shows_the_persons_address_and_never_the_target() -> None:
    template = Template.compile(BODY, brand="Shop")
    assert set(template.tracked.values()) == {SHOP, HELP}
    shown = template.render(
        {}, {"tracked_0": "https://t.example/l/a", "tracked_1": "https://t.example/l/b"}
    )
    assert isinstance(shown, Rendered)
    assert "See https://t.example/l/a or https://t.example/l/b ." in shown.body
    assert SHOP not in shown.body


@pytest.mark.parametrize(
    "target",
    ["http://shop.example", "https://a@shop.example/", "https://shop", "javascript:alert(1)"],
)
def test_a_target_is_a_plain_https_address(target: str) -> None:
    with pytest.raises(LinkNotAllowedError):
        Template.compile(f'Go {{{{ "{target}" | link }}}} .', brand="Shop")


@pytest.mark.parametrize(
    ("agent", "purpose", "expected"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "", False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "", True),
        ("WhatsApp/2.23", "", True),
        ("Mozilla/5.0 (iPhone)", "prefetch", True),
        ("", "", True),
    ],
)
def test_machines_are_told_from_people(agent: str, purpose: str, expected: bool) -> None:
    assert is_machine(agent, purpose) is expected
