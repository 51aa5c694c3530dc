"""A person's own page: choices with their event, what is held, and the way out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import escape

from tests.functions.visitors import Visitor, everything, visit

if TYPE_CHECKING:
    from tests.functions.world import World

WANTED = {"action": "save", "topics_shown": "1", "topics": ["deals"], "max_per_month": "3"}
XSS = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


@pytest.fixture
def someone(world: World) -> Visitor:
    made = Visitor.new(world)
    made.confirm(profile={"first_name": XSS, "topics": ["deals", "old-topic"], "birth_year": 1990})
    return made


def profile(someone: Visitor) -> Any:
    return someone.parts.profiles.profile(someone.key)


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def test_wishes_are_kept_with_one_event_that_names_them(world: World, someone: Visitor) -> None:
    form = {**WANTED, "topics": [], "paused_until": in_days(10), "locale": "fr"}
    shown = visit(world, "POST", someone.own_path(), form)
    assert shown.status == 200
    # The language just chosen speaks at once.
    assert "Vos choix sont enregistrés." in shown.text
    assert someone.types[-1] == "preferences_changed"
    names = ["locale", "max_per_month", "paused_until", "topics"]
    assert someone.events[-1].facts == {"changed": names}
    assert profile(someone)["max_per_month"] == 3
    assert profile(someone)["locale"] == "fr"
    # What this form did not offer is not taken away by it.
    assert profile(someone)["topics"] == ["old-topic"]
    standing = someone.parts.own.consent.store.standing(someone.key)
    assert standing is not None
    assert standing.paused_until is not None
    assert standing.paused_until.isoformat() == f"{in_days(10)}T12:00:00+00:00"


def test_what_was_chosen_is_evidence_and_not_in_the_event(world: World, someone: Visitor) -> None:
    visit(world, "POST", someone.own_path(), WANTED)
    (proof,) = [
        each["facts"]
        for each in world.items("EvidenceTable")
        if each["subscriber_key"] == someone.key and each["seq"] == len(someone.events)
    ]
    assert '"max_per_month": "3"' in proof
    assert "198.51.100.7" in proof


def test_the_same_wishes_again_change_nothing(world: World, someone: Visitor) -> None:
    path = someone.own_path()
    visit(world, "POST", path, WANTED)
    before = everything(world)
    shown = visit(world, "POST", path, WANTED)
    assert "nothing was changed" in shown.text
    assert everything(world) == before


def test_a_pause_ends_when_its_field_is_emptied(world: World, someone: Visitor) -> None:
    path = someone.own_path()
    visit(world, "POST", path, {**WANTED, "paused_until": in_days(10)})
    visit(world, "POST", path, WANTED)
    assert "Paused:" in visit(world, "GET", path).text
    visit(world, "POST", path, {**WANTED, "paused_until": ""})
    assert "Paused:" not in visit(world, "GET", path).text
    assert someone.events[-1].facts == {"changed": ["paused_until"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paused_until", "tomorrow"),
        ("paused_until", "2026-13-45"),
        ("paused_until", "2020-01-01"),
        ("paused_until", in_days(0)),
        ("paused_until", in_days(400)),
        ("max_per_month", "0"),
        ("max_per_month", "9"),
        ("max_per_month", "-1"),
        ("max_per_month", "1e1"),
        ("max_per_month", "٣"),
        ("max_per_month", "9" * 5000),
        ("locale", "xx"),
        ("locale", XSS),
        ("topics", XSS),
        ("action", "grant"),
        ("action", ""),
    ],
)
def test_a_value_that_is_no_choice_is_named_and_changes_nothing(
    world: World, someone: Visitor, field: str, value: str
) -> None:
    path = someone.own_path()
    before = everything(world)
    shown = visit(world, "POST", path, {**WANTED, field: value})
    assert shown.status == 422
    assert "There is a problem" in shown.text
    assert "<title>Error: " in shown.text
    linked = re.search(r'<a href="#(\w+)">', shown.text)
    assert linked is not None
    assert f'id="{linked[1]}"' in shown.text
    assert XSS not in shown.text
    assert everything(world) == before


def test_nothing_here_gives_consent(world: World, someone: Visitor) -> None:
    path = someone.own_path()
    visit(world, "POST", path, {"action": "stop", "scope": "all"})
    for form in (
        WANTED,
        {"action": "start", "scope": "demo"},
        {"action": "stop", "scope": "demo"},
        {"action": "confirm"},
    ):
        visit(world, "POST", path, form)
    assert someone.status == "withdrawn"
    assert someone.types.count("confirmed") == 1


@pytest.mark.parametrize(("scope", "is_stopped"), [("demo", False), ("all", True)])
def test_texts_stop_here_too(world: World, someone: Visitor, scope: str, is_stopped: bool) -> None:
    path = someone.own_path()
    for _ in range(2):
        shown = visit(world, "POST", path, {"action": "stop", "scope": scope})
        assert shown.status == 200
    assert "Stopped. You will get no more texts" in shown.text
    assert someone.types.count("withdrawn") == 1
    standing = someone.parts.own.consent.store.standing(someone.key)
    assert standing is not None
    assert (standing.stopped_at is not None) == is_stopped


@pytest.mark.parametrize("scope", ["other", "", XSS])
def test_a_programme_that_is_not_theirs_cannot_be_stopped(
    world: World, someone: Visitor, scope: str
) -> None:
    path = someone.own_path()
    before = everything(world)
    shown = visit(world, "POST", path, {"action": "stop", "scope": scope})
    assert shown.status == 422
    assert everything(world) == before


def test_what_is_held_is_shown_whole_and_harmless(world: World, someone: Visitor) -> None:
    shown = visit(world, "GET", someone.own_path(), query={"view": "data"})
    assert str(escape(XSS)) in shown.text
    assert XSS not in shown.text
    assert "1990" in shown.text
    assert "203.0.113.9" in shown.text
    assert someone.phone.e164 not in shown.text
    assert f"ends in {someone.phone.e164[-2:]}" in shown.text


def test_each_entry_has_its_receipt(world: World, someone: Visitor) -> None:
    shown = visit(world, "GET", someone.own_path(), query={"view": "data"})
    for event in someone.events:
        assert f"Entry {event.seq}" in shown.text
        assert event.hash in shown.text


def test_a_long_history_stays_a_small_page(world: World, someone: Visitor) -> None:
    path = someone.own_path()
    for number in range(30):
        form = {**WANTED, "max_per_month": str(number % 2 + 1)}
        assert visit(world, "POST", path, form, headers={"user-agent": "x"}).status == 200
    shown = visit(world, "GET", path, query={"view": "data"})
    assert len(shown.text.encode()) < 30_000
    assert "12 older ones are kept too" in shown.text


def test_whoever_never_signed_up_can_have_it_all_deleted(world: World, someone: Visitor) -> None:
    path = someone.own_path()
    asked = visit(world, "GET", path, query={"view": "delete"})
    assert "This cannot be undone." in asked.text
    shown = visit(world, "POST", path, {"action": "delete"})
    assert shown.status == 200
    assert "Your data is deleted" in shown.text
    standing = someone.parts.own.consent.store.standing(someone.key)
    assert standing is not None
    assert standing.phone is None
    assert standing.stopped_at is not None
    assert profile(someone) == {}
    assert someone.types[-2:] == ["withdrawn", "erased"]
    # The link is over, and a second press finds nothing.
    assert visit(world, "GET", path).status == 410
    assert visit(world, "POST", path, {"action": "delete"}).status == 410
    assert someone.types.count("erased") == 1


def test_a_later_sign_up_is_not_shown_to_who_holds_an_older_link(
    world: World, someone: Visitor
) -> None:
    """A number passes to somebody else, who signs up: the links in the old phone show nothing."""
    old = someone.own_path()
    visit(world, "POST", someone.unsubscribe_path(), {"scope": "programme"})
    assert visit(world, "GET", old).status == 200
    someone.sign_up()
    shown = visit(world, "GET", old, query={"view": "data"})
    assert shown.status == 410
    assert "1990" not in shown.text
    before = everything(world)
    for action in ("save", "stop", "delete"):
        form = {**WANTED, "action": action, "scope": "all"}
        assert visit(world, "POST", old, form).status == 410
    assert everything(world) == before


def test_an_expired_link_shows_nothing(world: World, someone: Visitor) -> None:
    path = someone.own_path()
    someone.expire(path)
    assert visit(world, "GET", path).status == 410
    assert visit(world, "POST", path, WANTED).status == 410
