"""A campaign's text carries links of its reader's own, counted in the plan as they are sent."""

from __future__ import annotations

import re
from dataclasses import replace

from assent.aws.sealed_links import SealedPersonalLinks, derived_seal, derived_tracking
from assent.campaigns.model import Fate
from assent.campaigns.personal_links import PersonalLinks, SampleLinks
from assent.links.model import LinkPurpose
from assent.links.sealed import SEALED_LENGTH, tag_of
from assent.messages.alphabet import count_parts
from tests.unit.campaigns.test_planning import Plan
from tests.unit.campaigns.world import CAMPAIGN, NOON, OFFERS, World, definition, key_of, person

SITE = "https://sms.example"
BODY = "{{ first_name }}, 20% off: {{ unsubscribe_link }} or {{ preferences_link }}"
LINK = re.compile(rf"{SITE}/([up])/([0-9A-Za-z]{{{SEALED_LENGTH}}})(?=\s)")


class Asked:
    """Keyed hashes that count how often they were asked for."""

    def __init__(self) -> None:
        self.versions: list[str] = []

    def __call__(self, purpose: str, text: str) -> str:
        self.versions.append(text)
        return f"{purpose}|{text}|secret"


def sealed(world: World, mac: Asked, *versions: str) -> SealedPersonalLinks:
    known = versions or ("1",)
    tracking = derived_tracking(mac, known)
    return SealedPersonalLinks(derived_seal(mac, known), SITE, world.clock, tracking)


def sent(body: str, people: int = 3) -> tuple[World, Asked]:
    world, mac = World(people), Asked()
    world.links = sealed(world, mac)
    world.campaigns.replace(
        replace(world.campaign, definition=definition(body=body)),
        expected_version=world.campaign.version,
    )
    world.send_until_closed()
    assert world.fates == {Fate.SENT: people}
    return world, mac


def test_everybody_gets_links_of_their_own_that_say_whose_they_are() -> None:
    world, mac = sent(BODY)
    found = [LINK.findall(body) for body in world.carrier.bodies]
    assert [[letter for letter, _ in each] for each in found] == [["u", "p"]] * 3
    for number, (exit_, page) in enumerate(found):
        seal = derived_seal(mac, ["1"])
        for (_, token), purpose in (
            (exit_, LinkPurpose.UNSUBSCRIBE),
            (page, LinkPurpose.PREFERENCES),
        ):
            said = seal.opened(token, purpose)
            assert said is not None
            assert (said.digits, said.epoch) == (int(f"1206555{number:04d}"), 1)
            assert said.tag == tag_of(OFFERS)


def test_the_ledger_keeps_the_text_without_the_tokens() -> None:
    world, _ = sent(BODY)
    for number in range(3):
        (row,), _ = world.ledger.of_subscriber(key_of(number), limit=5)
        assert row.body.count("•") == 2 * SEALED_LENGTH
        assert not LINK.search(row.body)
        assert row.campaign_id == CAMPAIGN


def test_the_key_is_asked_for_once_however_many_are_texted() -> None:
    assert sent(BODY, people=9)[1].versions == ["1"]


def test_a_text_without_links_asks_for_no_key() -> None:
    assert sent("Example Shop: 20% off. Reply STOP to end")[1].versions == []


def test_the_plan_counts_the_parts_that_are_sent() -> None:
    """One character more and there are two parts, in the plan as in the text."""
    counted = set()
    for filler in range(0, 40, 3):
        body = BODY.replace("20% off", "20% off" + "y" * filler)
        plan = Plan(1, definition=definition(body=body))
        plan.world.links = SampleLinks(SITE)
        made = plan.make()
        (batch,) = plan.manifests.read(made.releases[0].manifest_key)
        world, _ = sent(body, people=1)
        assert batch.parts == count_parts(world.carrier.bodies[0]).parts
        counted.add(batch.parts)
    assert counted == {1, 2}


def test_sample_and_real_links_are_of_one_length_in_one_alphabet() -> None:
    world = World(1)
    makers: list[PersonalLinks] = [SampleLinks(SITE), sealed(world, Asked())]
    for purpose in (LinkPurpose.UNSUBSCRIBE, LinkPurpose.PREFERENCES):
        made = [each.link(purpose, person(0).standing, OFFERS) for each in makers]
        assert len({len(each) for each in made}) == 1
        assert {count_parts(each).encoding for each in made} == {count_parts("a").encoding}


def test_new_links_are_made_by_the_first_version_and_the_others_still_open() -> None:
    world, mac = World(1), Asked()
    made = sealed(world, mac, "1").link(LinkPurpose.UNSUBSCRIBE, person(0).standing, OFFERS)
    token = made.rpartition("/")[2]
    both = derived_seal(mac, ["2", "1"])
    assert both.opened(token, LinkPurpose.UNSUBSCRIBE) is not None
    assert derived_seal(mac, ["2"]).opened(token, LinkPurpose.UNSUBSCRIBE) is None
    tracking = derived_tracking(mac, ["2"])
    again = SealedPersonalLinks(both, SITE, world.clock, tracking)
    assert again.link(LinkPurpose.UNSUBSCRIBE, person(0).standing, OFFERS) != made
    assert world.clock.now() == NOON
