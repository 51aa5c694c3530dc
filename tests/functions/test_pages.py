"""The subscribers' pages at their edge: looking changes nothing, a press acts once, links end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import boto3
import pytest

from assent.consent.events import Source
from assent.identifiers import ProgrammeId
from assent.links.service import digest_of
from tests.functions.programmes import DISCLOSURE
from tests.functions.visitors import Visitor, everything, visit

if TYPE_CHECKING:
    from tests.functions.world import World

NOBODY = "/abcdefghijklmnopqr"


@pytest.fixture
def someone(world: World) -> Visitor:
    return Visitor.new(world)


def stopped_by_text(someone: Visitor) -> None:
    consent = someone.parts.confirming.consent
    now = consent.clock.now()
    consent.stop(someone.key, someone.phone, now, {"reply": "STOP"}, None, Source.INBOUND_SMS)


# --- Looking ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("page", ["c", "u", "p", "p?view=data", "p?view=delete"])
def test_looking_at_a_page_changes_no_table(
    world: World, someone: Visitor, method: str, page: str
) -> None:
    path = someone.sign_up()
    if page != "c":
        visit(world, "POST", path)
        path = someone.unsubscribe_path() if page == "u" else someone.own_path()
    query = {"view": page.partition("view=")[2]} if "view" in page else None
    before = everything(world)
    shown = visit(world, method, path, query=query)
    assert shown.status == 200
    assert (shown.text == "") == (method == "HEAD")
    assert everything(world) == before


def test_the_page_shows_what_was_asked_in_the_very_words(world: World, someone: Visitor) -> None:
    shown = visit(world, "GET", someone.sign_up())
    assert DISCLOSURE.replace("&", "&amp;") in shown.text
    assert "Do you want texts from Example Shop?" in shown.text
    assert "At most 8 texts a month" in shown.text
    assert '<html lang="en" dir="ltr">' in shown.text


def test_a_page_loads_nothing_sends_no_referrer_and_is_not_kept(
    world: World, someone: Visitor
) -> None:
    shown = visit(world, "GET", someone.sign_up())
    policy = shown.headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "style-src 'sha256-",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert shown.headers["Cache-Control"] == "no-store"
    assert "<script" not in shown.text
    assert not re.search(r"(?:src|@import|url\()", shown.text)


@pytest.mark.parametrize("language", ["es", "fr", "de"])
def test_a_page_speaks_the_language_that_is_asked_for(
    world: World, someone: Visitor, language: str
) -> None:
    shown = visit(world, "GET", someone.sign_up(), query={"lang": language})
    assert f'<html lang="{language}"' in shown.text
    assert shown.headers["Content-Language"] == language
    assert "Do you want" not in shown.text


# --- Confirming -------------------------------------------------------------------------------


def test_a_press_confirms_once_with_its_proof(world: World, someone: Visitor) -> None:
    path = someone.sign_up()
    first, second = visit(world, "POST", path), visit(world, "POST", path)
    assert (first.status, second.status) == (200, 200)
    assert "You will get our texts" in first.text
    assert "You have already said yes" in second.text
    assert someone.types == ["requested", "confirmed"]
    assert someone.events[-1].source is Source.LINK
    proof = next(
        e["facts"]
        for e in world.items("EvidenceTable")
        if e["subscriber_key"] == someone.key and e["seq"] == 2
    )
    assert '"page": "/c/{token}"' in proof
    assert "198.51.100.7" in proof
    assert path.split("/")[2] not in str(world.items("EvidenceTable"))


def test_the_page_after_the_yes_leads_to_the_persons_own_page(
    world: World, someone: Visitor
) -> None:
    shown = visit(world, "POST", someone.sign_up())
    found = re.search(r'href="(/p/\w+)\?lang=en"', shown.text)
    assert found is not None
    assert visit(world, "GET", found[1]).status == 200


def test_an_expired_link_says_so_and_confirms_nothing(world: World, someone: Visitor) -> None:
    path = someone.sign_up()
    someone.expire(path)
    for method in ("GET", "POST"):
        shown = visit(world, method, path)
        assert shown.status == 410
        assert "This link has expired" in shown.text
    assert someone.types == ["requested"]


def test_an_opt_out_kills_the_link_of_before(world: World, someone: Visitor) -> None:
    path = someone.sign_up()
    stopped_by_text(someone)
    for method in ("GET", "POST"):
        shown = visit(world, method, path)
        assert shown.status == 410
        assert "reply START" in shown.text
    assert someone.status == "withdrawn"


def test_a_link_of_an_earlier_sign_up_confirms_no_later_one(world: World, someone: Visitor) -> None:
    old = someone.sign_up()
    consent = someone.parts.confirming.consent
    names = [ProgrammeId("demo")]
    consent.stop(someone.key, someone.phone, consent.clock.now(), {}, None, Source.FORM, names)
    may_ask_again(someone)
    new = someone.sign_up()
    shown = visit(world, "POST", old)
    assert shown.status == 410
    assert "There is a newer text" in shown.text
    assert someone.status == "pending"
    assert visit(world, "POST", new).status == 200
    assert someone.status == "confirmed"


def may_ask_again(someone: Visitor) -> None:
    """Let the ten minutes between two confirmation texts be over."""
    table = boto3.resource("dynamodb").Table("ControlTable")
    table.update_item(
        Key={"pk": f"request#{someone.key}#demo"},
        UpdateExpression="SET texted_at = :none",
        ExpressionAttributeValues={":none": []},
    )


# --- Unsubscribing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (None, {}),
        ("", {}),
        ("List-Unsubscribe=One-Click", {}),
        (
            '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click',
            {"content-type": "multipart/form-data; boundary=x"},
        ),
        ("{}", {"content-type": "application/json"}),
        ("scope=programme&scope=all", {}),
        ("scope=nonsense", {}),
    ],
    ids=["nothing", "empty", "one-click", "multipart", "json", "both", "nonsense"],
)
def test_a_bare_post_stops_everything(
    world: World, someone: Visitor, body: str | None, headers: dict[str, str]
) -> None:
    someone.confirm()
    shown = visit(world, "POST", someone.unsubscribe_path(), body=body, headers=headers)
    assert shown.status == 200
    assert "Texts are stopped" in shown.text
    assert "reply START" in shown.text
    assert someone.status == "withdrawn"
    assert someone.parts.leaving.look(someone.unsubscribe_path().split("/")[2]).is_stopped


def test_two_presses_are_one_event(world: World, someone: Visitor) -> None:
    someone.confirm()
    path = someone.unsubscribe_path()
    assert [visit(world, "POST", path).status for _ in range(3)] == [200, 200, 200]
    assert someone.types.count("withdrawn") == 1


def test_one_programme_can_be_left_alone(world: World, someone: Visitor) -> None:
    someone.confirm()
    path = someone.unsubscribe_path()
    shown = visit(world, "POST", path, {"scope": "programme"})
    assert "no more texts about Weekly offers" in shown.text
    assert "sign-up form" in shown.text
    assert someone.status == "withdrawn"
    assert not someone.parts.leaving.look(path.split("/")[2]).is_stopped


def test_an_unsubscribe_link_works_again_after_the_person_came_back(
    world: World, someone: Visitor
) -> None:
    someone.confirm()
    path = someone.unsubscribe_path()
    visit(world, "POST", path)
    consent = someone.parts.confirming.consent
    consent.start(someone.key, someone.phone, consent.clock.now(), {"reply": "START"}, None)
    assert someone.status == "confirmed"
    assert visit(world, "POST", path).status == 200
    assert someone.status == "withdrawn"
    assert someone.types.count("withdrawn") == 2


def test_an_unsubscribe_link_outlives_the_confirmation_and_ends_after_400_days(
    world: World, someone: Visitor
) -> None:
    someone.confirm()
    path = someone.unsubscribe_path()
    someone.expire(path)
    shown = visit(world, "POST", path)
    assert shown.status == 410
    assert "reply STOP" in shown.text
    assert someone.status == "confirmed"


# --- Links that are none ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("page", ["c", "u", "p"])
def test_whatever_is_no_link_gets_one_and_the_same_page(
    world: World, someone: Visitor, page: str, method: str
) -> None:
    someone.confirm()
    paths = {
        "c": someone.sign_up(),
        "u": someone.unsubscribe_path(),
        "p": someone.own_path(),
    }
    token = paths[page].split("/")[2]
    flipped = ("1" if token[0] == "0" else "0") + token[1:]
    wrong = [
        *(paths[other].split("/")[2] for other in paths if other != page),
        flipped,
        token[:-1],
        token + "0",
        token.swapcase(),
        "".join(f"%25{ord(each):02X}" for each in token),
        token + "%00",
        "x" * 2000,
        "%C3%A9",
        "..%2f..%2fetc",
    ]
    before = everything(world)
    answers = {
        (shown.status, shown.text, tuple(sorted(shown.headers.items())))
        for shown in (visit(world, method, f"/{page}/{each}") for each in wrong)
    }
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert everything(world) == before


def test_a_token_encoded_once_is_the_same_token(world: World, someone: Visitor) -> None:
    token = someone.sign_up().split("/")[2]
    encoded = "".join(f"%{ord(each):02X}" for each in token)
    assert visit(world, "GET", f"/c/{encoded}").status == 200


def test_a_query_that_names_another_token_is_refused(world: World, someone: Visitor) -> None:
    path = someone.sign_up()
    assert visit(world, "POST", path, query={"token": "other"}).status == 400
    assert visit(world, "GET", path, query={"utm_source": "sms"}).status == 200
    assert someone.status == "pending"


@pytest.mark.parametrize(
    ("body", "status"), [("a=1&" * 200, 400), ("scope=" + "x" * 70_000, 413)], ids=["many", "long"]
)
def test_an_absurd_form_is_refused(world: World, someone: Visitor, body: str, status: int) -> None:
    someone.confirm()
    assert visit(world, "POST", someone.own_path(), body=body).status == status


def test_no_token_and_no_number_is_ever_logged(
    world: World,
    someone: Visitor,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    path = someone.sign_up()
    paths = [path, f"/u{NOBODY}"]
    visit(world, "POST", path)
    paths += [someone.unsubscribe_path(), someone.own_path()]
    for each in paths:
        visit(world, "GET", each)
        visit(world, "POST", each, {"action": "save", "max_per_month": "3"})
    logged = all_logged(capsys, caplog)
    assert "consent_confirmed" in logged
    assert "opted_out" in logged
    assert not any(each.split("/")[2] in logged for each in paths)
    assert someone.phone.e164 not in logged
    assert someone.key not in logged


def test_what_fails_inside_is_a_page_that_tells_nothing(
    world: World,
    someone: Visitor,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = someone.sign_up()
    spoil_link(path)
    shown = visit(world, "POST", path)
    assert shown.status == 500
    assert "went wrong on our side" in shown.text
    assert "Traceback" not in shown.text
    logged = all_logged(capsys, caplog)
    assert "page_failed" in logged
    assert path.split("/")[2] not in logged


def all_logged(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> str:
    return "".join(capsys.readouterr()) + "".join(str(vars(each)) for each in caplog.records)


def spoil_link(path: str) -> None:
    """Write something into the table that this code never wrote."""
    boto3.resource("dynamodb").Table("ControlTable").update_item(
        Key={"pk": f"link#{digest_of(path.split('/')[2])}"},
        UpdateExpression="SET purpose = :odd",
        ExpressionAttributeValues={":odd": "odd"},
    )
