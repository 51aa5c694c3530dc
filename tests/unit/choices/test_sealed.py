"""A sealed link is found by its number, and does what a stored one does and no more."""

from __future__ import annotations

import pytest

from assent.choices.sealed import FoundByNumber
from assent.consent.events import Source
from assent.consent.model import ConsentStatus
from assent.errors import LinkNotFoundError
from assent.identifiers import ProgrammeId, RandomIds
from assent.links.model import LinkPurpose
from assent.links.sealed import Seal
from assent.links.service import CHOICES_FOR, Links
from tests.fakes.local_phone_keys import LocalPhoneKeys
from tests.unit.choices.people import VISITOR, Home
from tests.unit.consent.people import ALERTS, KEY, OFFERS, PHONE

SEAL = Seal(lambda: [b"secret"])


class SealedHome(Home):
    """A home whose person is known under the key of their number."""

    @property
    def links(self) -> Links:
        found = FoundByNumber(SEAL, LocalPhoneKeys(), self.store.standing)
        return Links(self.link_store, self.clock, RandomIds(), found)


def token(
    home: Home,
    purpose: LinkPurpose = LinkPurpose.UNSUBSCRIBE,
    *,
    digits: int = int(PHONE.e164[1:]),
    programme_id: ProgrammeId = OFFERS,
) -> str:
    return SEAL.token(purpose, digits, programme_id, home.epoch(), home.clock.now())


def home() -> SealedHome:
    made = SealedHome()
    made.confirmed_to(OFFERS)
    return made


def test_one_press_on_a_sealed_link_stops_all_texts() -> None:
    made = home()
    found, is_new = made.leaving.leave(token(made), VISITOR)
    assert (is_new, found.is_stopped) == (True, True)
    assert made.store.history(KEY)[-1][0].source is Source.LINK


def test_looking_changes_nothing() -> None:
    made = home()
    before = len(made.types)
    assert made.leaving.look(token(made)).active == (OFFERS,)
    assert made.own.look(token(made, LinkPurpose.PREFERENCES)).is_open
    assert len(made.types) == before


def test_a_sealed_link_stops_also_what_was_taken_up_again_and_shows_nothing_of_it() -> None:
    made = home()
    exit_, page = token(made), token(made, LinkPurpose.PREFERENCES)
    made.leaving.leave(exit_, VISITOR)
    made.later(minutes=1)
    made.start()
    assert made.status() is ConsentStatus.CONFIRMED
    assert not made.own.look(page).is_open
    assert made.leaving.leave(exit_, VISITOR)[1]


def test_a_sealed_link_outlives_the_text_by_400_days_and_then_stops_nothing() -> None:
    made = home()
    exit_ = token(made)
    made.clock.advance(CHOICES_FOR.total_seconds())
    assert not made.leaving.look(exit_).is_expired
    made.clock.advance(8 * 86_400)
    assert made.leaving.look(exit_).is_expired
    assert not made.leaving.leave(exit_, VISITOR)[1]


@pytest.mark.parametrize(
    "changes",
    [{"digits": 14155550999}, {"digits": 1}, {"programme_id": ALERTS}],
    ids=["a stranger's number", "no number", "a programme never asked for"],
)
def test_a_link_of_nobody_known_is_no_link(changes: dict[str, object]) -> None:
    made = home()
    with pytest.raises(LinkNotFoundError):
        made.leaving.look(token(made, **changes))  # type: ignore[arg-type]


def test_a_link_of_another_purpose_is_no_link() -> None:
    made = home()
    with pytest.raises(LinkNotFoundError):
        made.own.look(token(made))


def test_links_that_are_stored_work_beside_sealed_ones() -> None:
    made = home()
    assert made.leaving.look(made.exit()).active == (OFFERS,)
