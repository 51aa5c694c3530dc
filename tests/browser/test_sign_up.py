"""People sign up: in the form on somebody's own site, and on the programme's own page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assent.web.widget import widget_script

if TYPE_CHECKING:
    from tests.browser.shop import Shop
    from tests.browser.visit import Visit


def test_the_script_is_small_and_loads_nothing_from_others() -> None:
    script = widget_script()
    assert len(script.encode()) < 10_000
    assert re.findall(r"https?://", script) == []


def test_a_person_signs_up_in_a_shop_by_the_code(visit: Visit, shop: Shop) -> None:
    phone = "+14155557101"
    page = visit.phone()
    page.goto(f"{shop.origin}/en/demo")
    expect(page.get_by_role("heading", name="Get texts from Example Shop")).to_be_visible()
    box = page.get_by_role("checkbox")
    expect(box).not_to_be_checked()
    visit.look(page, "widget")
    page.get_by_role("textbox", name="Mobile number").fill("(415) 555-7101")
    expect(page.get_by_text("This number looks complete")).to_be_visible()
    box.check()
    page.get_by_role("button", name="Text me").click()
    expect(page.get_by_role("heading", name="Look at your phone")).to_be_focused()
    visit.look(page, "widget-sent")
    code = visit.code(phone)
    page.get_by_label("Code from the text").fill("000000" if code != "000000" else "000001")
    with visit.excusing("422"):
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("This code does not work")).to_be_visible()
    page.get_by_label("Code from the text").fill(code)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You will get our texts")).to_be_focused()


def test_mistakes_are_told_at_their_field_and_nothing_typed_is_lost(
    visit: Visit, shop: Shop
) -> None:
    page = visit.page()
    page.goto(f"{shop.origin}/en/demo")
    number = page.get_by_role("textbox", name="Mobile number")
    number.press_sequentially("+44 74")
    expect(page.get_by_role("combobox")).to_have_value("GB")
    expect(page.get_by_text("Digits still missing: 8")).to_be_visible()
    number.press("Enter")
    expect(page.get_by_text("Tick the box if you want the texts")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    with visit.excusing("422"):
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Text me").click()
        expect(number).to_be_focused()
    expect(number).to_have_value("+44 74")
    expect(number).to_have_attribute("aria-invalid", "true")
    visit.look(page, "widget-mistake")


@pytest.mark.parametrize(
    ("language", "heading"),
    [("fr-CA", "Recevez les SMS de Example Shop"), ("de", "SMS von Example Shop erhalten")],
)
def test_the_form_speaks_the_language_of_the_page(
    visit: Visit, shop: Shop, language: str, heading: str
) -> None:
    page = visit.phone(color_scheme="dark")
    page.goto(f"{shop.origin}/{language}/demo?auto")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    visit.look(page, f"widget-{language}-dark")


def test_a_site_that_the_programme_does_not_name_cannot_show_the_form(
    visit: Visit, other_shop: Shop
) -> None:
    page = visit.page()
    with visit.excusing("CORS|403|ERR_FAILED"):
        page.goto(f"{other_shop.origin}/en/demo")
        expect(page.get_by_text("The sign-up cannot be shown on this page.")).to_be_visible()


def test_a_person_without_scripts_signs_up_on_the_programmes_page(visit: Visit) -> None:
    phone = "+14155557102"
    page = visit.phone(java_script_enabled=False)
    page.goto("/s/demo")
    page.get_by_label("Mobile number", exact=True).fill("12")
    with visit.excusing("422"):
        page.get_by_role("button", name="Text me").click()
        expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert page.title().startswith("Error:")
    expect(page.get_by_label("Mobile number", exact=True)).to_have_value("12")
    page.get_by_label("Mobile number", exact=True).fill("415 555 7102")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Text me").click()
    expect(page.get_by_role("heading", name="Look at your phone")).to_be_visible()
    page.get_by_label("Code from the text").fill(visit.code(phone))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You will get our texts")).to_be_visible()


def test_the_programmes_page_can_be_used_by_everybody(visit: Visit) -> None:
    page = visit.page()
    page.goto("/s/demo")
    visit.look(page, "sign-up-page")
    with visit.excusing("422"):
        page.get_by_role("button", name="Text me").click()
        visit.look(page, "sign-up-page-mistake")
    phone = visit.phone(color_scheme="dark", locale="de-DE")
    phone.goto("/s/demo")
    expect(phone.get_by_label("Land")).to_have_value("DE")
    visit.look(phone, "sign-up-page-de-dark")
