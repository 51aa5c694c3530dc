"""A reviewer finds a number, asks what was agreed to when, and takes the proof away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.staff_api import ask
from tests.browser.test_console import agreed, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

    from tests.browser.visit import Visit

PHONE, STRANGER = "+14155557301", "+14155557399"
OPT_OUTS = b"phone,status\n+14155557302,opt-out\n12,opt-out\n"


def find(page: Page, phone: str) -> None:
    page.get_by_label("Mobile number").fill(phone)
    page.get_by_role("button", name="Find").click()


def a_campaign(visit: Visit) -> str:
    segment = {"name": "Everyone", "rule": {"all": True}}
    made = ask(visit.stack, "POST", "/v1/segments", segment)
    campaign = {"name": "Sale", "programme_id": "demo", "segment_id": made["segment_id"]}
    return str(ask(visit.stack, "POST", "/v1/campaigns", {**campaign, "body": "Hi"})["campaign_id"])


def test_a_reviewer_reads_the_story_of_a_number(visit: Visit) -> None:  # noqa: PLR0915 - one story
    agreed(visit, PHONE)
    page = visit.page()
    # The page asks to the second, so the STOP comes in another than the YES.
    page.wait_for_timeout(1_100)
    visit.stack.text_from(PHONE, "STOP")
    visit.text(PHONE, after=2)
    sign_in(page, "compliance", "/console/desk")
    visit.look(page, "desk-empty")
    with visit.excusing("422"):
        find(page, "12")
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Mobile number")).to_have_value("12")
    find(page, STRANGER)
    expect(page.get_by_text("This service never met the number.")).to_be_visible()
    find(page, PHONE)
    expect(page.get_by_text("May not be texted")).to_be_visible()
    assert PHONE[1:] not in page.url
    story = page.locator(".timeline h3").all_inner_texts()
    wanted = ["Signed up", "Asked to confirm by text", "Said yes", "Opted out"]
    assert [each for each in story if each in wanted] == wanted
    expect(page.locator(".bubble.theirs").last).to_have_text("STOP")
    expect(page.get_by_text("Unbroken")).to_be_visible()
    visit.picture(page, "reviewer-story", "#history")
    page.get_by_text("Evidence of Signed up").click()
    visit.look_twice(page, "desk-number")
    times = page.locator(".timeline li:has(h3:text-is('Said yes')) time")
    page.get_by_label("Day and time").fill(str(times.get_attribute("datetime"))[:19])
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".answer")).to_contain_text("demo: yes")
    visit.picture(page, "reviewer-then", "#then-heading")
    page.get_by_label("Day and time").fill("2020-01-01T00:00:00")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".answer")).to_contain_text("1 January 2020")
    with visit.excusing("422"):
        page.get_by_label("Day and time").fill("2999-01-01T00:00:00")
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("alert")).to_contain_text("in the past")
    expect(page.get_by_label("Mobile number")).to_have_value(PHONE)
    find(page, PHONE)
    with visit.excusing("422"):
        page.get_by_label("Id of the campaign").fill("c_none")
        page.get_by_role("button", name="Say why").click()
        expect(page.locator("#campaign_id-error")).to_contain_text("no such campaign")
    expect(page.get_by_label("Mobile number")).to_have_value(PHONE)
    page.get_by_label("Id of the campaign").fill(a_campaign(visit))
    page.get_by_role("button", name="Say why").click()
    expect(page.get_by_text("This campaign did not text it.")).to_be_visible()
    visit.look_twice(page, "decision")
    page.get_by_role("button", name="Back to the number").click()
    page.get_by_role("button", name="Make a copy for the person").click()
    expect(page.get_by_role("link", name="To read and print")).to_be_visible()
    visit.look(page, "copy")
    page.goto("/console/desk")
    find(page, PHONE)
    page.get_by_role("button", name="Show the staff log").click()
    expect(page.get_by_text("history read").first).to_be_visible()
    visit.look_twice(page, "staff-log")
    page.goto("/console/desk")
    find(page, PHONE)
    page.get_by_role("button", name="Order the dossier").click()
    expect(page.get_by_role("link", name="Download the bundle")).to_be_visible(timeout=30_000)
    visit.look(page, "dossier")
    for name in ("reviews", "retention"):
        page.goto(f"/console/{name}")
        visit.look_twice(page, name)


def test_a_reviewer_takes_the_proof_away(visit: Visit) -> None:
    visit.stack.invoke("evidence_seal", {"id": "schedule"})
    page = visit.phone(color_scheme="dark")
    sign_in(page, "compliance", "/console/exports")
    with visit.excusing("422"):
        page.get_by_label("First day").fill("2026-01-01")
        page.get_by_role("button", name="Order export").click()
        expect(page.get_by_role("alert")).to_contain_text("last day")
    expect(page.get_by_label("First day")).to_have_value("2026-01-01")
    visit.look(page, "exports-mistake-dark")
    page.get_by_label("Last day").fill("2030-01-01")
    page.get_by_label("Everyone who opted out").check()
    page.get_by_role("button", name="Order export").click()
    link = page.get_by_role("link", name="Download the bundle")
    expect(link).to_be_visible(timeout=30_000)
    visit.look(page, "export-dark")
    with page.expect_download() as download:
        link.click()
    assert download.value.failure() is None
    page.goto("/console/sealed-log")
    visit.look(page, "sealed-log-dark")


def test_a_file_of_opt_outs_is_brought_checked_and_started(visit: Visit) -> None:
    page = visit.page()
    sign_in(page, "compliance", "/console/imports")
    page.get_by_role("link", name="New import").click()
    page.get_by_label("Name", exact=True).fill("Opt-outs of <2025>")
    page.get_by_label("What wrote the file").select_option("assent")
    with visit.excusing("422"):
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a programme")
    visit.look(page, "import-form")
    page.get_by_label("Programme", exact=True).select_option("demo")
    page.get_by_role("button", name="Continue").click()
    with visit.excusing("409"):
        page.get_by_role("button", name="Upload and check").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a file")
    file: FilePayload = {"name": "outs.csv", "mimeType": "text/csv", "buffer": OPT_OUTS}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("button", name="Start the import")).to_be_visible(timeout=30_000)
    visit.look_twice(page, "import-checked")
    page.get_by_label("I have read").check()
    page.get_by_role("button", name="Start the import").click()
    expect(page.locator(".tag.done")).to_be_visible(timeout=30_000)
    page.reload()
    visit.look(page, "import-done")
