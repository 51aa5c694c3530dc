"""Marketers sign in and run a campaign from its segment to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from infra.local.staff import PASSWORD
from tests.browser.staff_api import ask

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.visit import Visit

NEWCOMER, FIRST, OWN = "new@example.com", "Handed-over-password-1", "Correct-horse-battery-1"

WORDING = (
    "I agree to recurring marketing texts from Example Shop, up to 4 messages per month. "
    "Consent is not a condition of any purchase. Message and data rates may apply. "
    "Reply STOP to end, HELP for help. Terms: https://example.com/terms "
    "Privacy: https://example.com/privacy"
)


def sign_in(page: Page, group: str = "marketing", then: str = "/console") -> None:
    page.goto(then)
    page.get_by_label("Email address").fill(f"{group}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def agreed(visit: Visit, phone: str) -> None:
    """Let somebody sign up and say yes."""
    page = visit.page(java_script_enabled=False)
    page.goto("/s/demo")
    page.get_by_label("Mobile number", exact=True).fill(phone)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Text me").click()
    visit.text(phone)
    visit.stack.text_from(phone, "YES")
    visit.text(phone, after=1)


def test_a_wrong_password_is_told_without_saying_what_was_wrong(visit: Visit) -> None:
    page = visit.phone()
    page.goto("/console/inbox")
    visit.look(page, "sign-in")
    page.get_by_label("Email address").fill("nobody@example.com")
    page.get_by_label("Password").fill("wrong")
    with visit.excusing("422"):
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("Check your email address")
    expect(page.get_by_label("Email address")).to_have_value("nobody@example.com")
    expect(page.get_by_label("Password")).to_have_value("")
    visit.look(page, "sign-in-wrong")
    page.get_by_label("Email address").fill("marketing@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visit.stack.url}/console/inbox")


def test_a_newcomer_chooses_a_password_and_signs_out(visit: Visit) -> None:
    pool = visit.stack.staff._pool_id
    visit.stack.client("cognito-idp").admin_create_user(
        UserPoolId=pool, Username=NEWCOMER, TemporaryPassword=FIRST, MessageAction="SUPPRESS"
    )
    visit.stack.client("cognito-idp").admin_add_user_to_group(
        UserPoolId=pool, Username=NEWCOMER, GroupName="marketing"
    )
    page = visit.page()
    page.goto("/console")
    page.get_by_label("Email address").fill(NEWCOMER)
    page.get_by_label("Password").fill(FIRST)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    visit.look(page, "sign-in-new-password")
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password again").fill("other")
    with visit.excusing("422"):
        page.get_by_role("button", name="Save and sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("same password twice")
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password again").fill(OWN)
    page.get_by_role("button", name="Save and sign in").click()
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto("/console")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_marketer_makes_a_segment_and_sends_a_campaign(visit: Visit) -> None:  # noqa: PLR0915 - one story
    agreed(visit, "+14155557201")
    page = visit.page()
    sign_in(page)
    visit.look(page, "campaigns-empty")
    page.get_by_role("link", name="Segments").click()
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name", exact=True).fill("People in the US")
    page.get_by_label("What").select_option("country")
    page.get_by_label("Value").fill("US")
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_text("A few of them")).to_be_visible()
    visit.look(page, "segment")
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name", exact=True).fill("Spring <b>sale</b>")
    text = page.get_by_label("Text", exact=True)
    text.fill("Hi there ✨ 20% off today")
    expect(page.get_by_text("“✨” makes it dear")).to_be_visible()
    with visit.excusing("422"):
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a programme")
    expect(text).to_have_value("Hi there ✨ 20% off today")
    visit.look(page, "campaign-form-mistake")
    text.fill("Hi there, 20% off today")
    page.get_by_label("Programme", exact=True).select_option("demo")
    page.get_by_label("Who gets it").select_option(label="People in the US")
    page.get_by_label("At any hour").check()
    page.get_by_label("Reason for any hour").fill("A test")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Spring <b>sale</b>")).to_be_visible()
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_text("Would be texted")).to_be_visible(timeout=30_000)
    page.reload()
    visit.look(page, "campaign-rehearsed")
    page.get_by_text("Launch later").click()
    with visit.excusing("422"):
        page.get_by_role("button", name="Schedule").click()
        expect(page.get_by_role("alert")).to_contain_text("Enter a day and a time")
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=60_000)
    page.reload()
    visit.look(page, "campaign-finished")
    page.get_by_role("link", name="Results").click()
    expect(page.get_by_role("row", name="Sent 1")).to_be_visible()
    visit.look_twice(page, "campaign-results")
    visit.picture(page, "marketer-results", "h1")
    assert "20% off" in visit.text("+14155557201", after=2)


def test_everything_is_stopped_and_a_launch_put_off_waits_for_release(visit: Visit) -> None:  # noqa: PLR0915 - one story
    made = ask(visit.stack, "POST", "/v1/segments", {"name": "Nobody", "rule": {"all": True}})
    campaign = {"name": "Later", "programme_id": "demo", "segment_id": made["segment_id"]}
    drafted = ask(visit.stack, "POST", "/v1/campaigns", {**campaign, "body": "Hi"})
    when = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}T10:00"
    page = visit.page()
    sign_in(page)
    page.get_by_role("link", name="Stop everything").click()
    with visit.excusing("422"):
        page.get_by_role("button", name="Stop everything").click()
        expect(page.get_by_role("alert")).to_contain_text("Tick the box")
    visit.look_twice(page, "stop-everything")
    page.get_by_label("Yes, stop every campaign").check()
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("Everything is stopped")).to_be_visible()
    page.goto(f"/console/campaigns/{drafted['campaign_id']}")
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_text("Would be texted")).to_be_visible(timeout=30_000)
    page.get_by_text("Launch later").click()
    page.get_by_label("Day and time").fill(when)
    page.get_by_label("At this time of day where each person is").check()
    with visit.excusing("409"):
        page.get_by_role("button", name="Schedule").click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Day and time")).to_have_value(when)
    page.goto("/console/stop")
    page.get_by_label("Yes, the reason").check()
    page.get_by_role("button", name="Release").click()
    page.goto(f"/console/campaigns/{drafted['campaign_id']}")
    page.get_by_text("Launch later").click()
    page.get_by_label("Day and time").fill(when)
    page.get_by_role("button", name="Schedule").click()
    expect(page.locator(".facts", has_text="Starts")).to_contain_text("10:00 UTC")
    visit.look_twice(page, "campaign-scheduled")
    page.get_by_label("Yes, cancel it").check()
    page.get_by_role("button", name="Cancel the campaign").click()
    expect(page.locator(".tag.cancelled")).to_be_visible()


def test_a_reply_that_may_be_a_stop_is_decided(visit: Visit) -> None:
    phone = "+14155557202"
    agreed(visit, phone)
    visit.stack.text_from(phone, "Which bus stop is nearest?")
    page = visit.phone()
    sign_in(page, then="/console/inbox")
    visit.until(lambda: page.reload() and page.get_by_text("Which bus stop").count())
    visit.look(page, "inbox")
    page.get_by_role("button", name="Not a stop").click()
    expect(page.get_by_text("Your decision is entered.")).to_be_visible()


def test_a_marketer_makes_a_programme_a_wording_and_a_template(visit: Visit) -> None:  # noqa: PLR0915 - one story
    page = visit.page()
    sign_in(page, then="/console/programmes")
    page.get_by_role("link", name="New programme").click()
    page.get_by_label("Id", exact=True).fill("Bad Id")
    page.get_by_label("Name", exact=True).fill("Spring news")
    page.get_by_label("Brand", exact=True).fill("Example Shop")
    page.get_by_label("What people get").fill("News of the season")
    page.get_by_label("Most texts a month").fill("4")
    page.get_by_label("Address of the terms").fill("https://example.com/terms")
    page.get_by_label("Address of the privacy").fill("https://example.com/privacy")
    with visit.excusing("4[0-9][0-9]"):
        page.get_by_role("button", name="Make the programme").click()
        expect(page.locator("#programme_id-error")).to_be_visible()
    expect(page.get_by_label("Id", exact=True)).to_have_value("Bad Id")
    visit.look_twice(page, "programme-new-mistake")
    page.get_by_label("Id", exact=True).fill("spring-news")
    page.get_by_role("button", name="Make the programme").click()
    expect(page.get_by_text("No wording is published yet")).to_be_visible()
    page.get_by_label("New wording").fill("I agree to texts from Example Shop.")
    with visit.excusing("422"):
        page.get_by_role("button", name="Publish").click()
        expect(page.locator("#wording-error")).to_contain_text("how often you text")
    expect(page.get_by_label("New wording")).to_have_value("I agree to texts from Example Shop.")
    visit.look_twice(page, "wording-mistake")
    page.get_by_label("New wording").fill(WORDING)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("version 1")).to_be_visible()
    page.goto("/console/templates/new")
    page.get_by_label("Name", exact=True).fill("Hello")
    text = page.get_by_label("Text", exact=True)
    text.fill("Hi {{ first_name }} ✨")
    page.get_by_label("Programme", exact=True).select_option("spring-news")
    expect(page.locator("#parts")).to_contain_text("default")
    page.get_by_label("First name").fill("Ana")
    expect(page.locator(".handset")).to_contain_text("Hi Ana ✨")
    expect(page.locator("#parts")).to_contain_text("makes it dear")
    visit.look_twice(page, "template-new")
    text.fill("Hi {{ first_name | default('there') }}")
    expect(page.locator(".handset")).not_to_contain_text("✨")
    visit.picture(page, "marketer-template", "label[for=preview_name]")
    page.get_by_role("button", name="Save template").click()
    page.get_by_role("link", name="Hello").click()
    text.fill("Hello {{ first_name | default('there') }}")
    page.get_by_role("button", name="Save as the next version").click()
    expect(page.get_by_text("Version 2")).to_be_visible()


@pytest.mark.parametrize("name", ["programmes/demo", "templates/new", "segments/new", "nothing"])
def test_the_other_pages_can_be_used_by_everybody(visit: Visit, name: str) -> None:
    page = visit.phone(color_scheme="dark")
    sign_in(page)
    with visit.excusing("404"):
        page.goto(f"/console/{name}")
        visit.look(page, f"console-{name.replace('/', '-')}-dark")


def test_compliance_reads_and_is_offered_nothing_to_change(visit: Visit) -> None:
    page = visit.page()
    sign_in(page, "compliance")
    expect(page.get_by_role("link", name="New campaign")).to_have_count(0)
    with visit.excusing("403"):
        page.goto("/console/campaigns/new")
        expect(page.get_by_role("heading", name="You cannot do this")).to_be_visible()
