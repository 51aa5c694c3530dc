"""A person with a browser: opens pages, and every page they come by is looked at.

What a console reports (a refused script, a failed request) fails the test that met it, because a
policy that blocks our own page is a defect that no assertion on words would see.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser import axe

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, BrowserContext, Page

    from infra.local.stack import LocalStack

SCREENS = Path(__file__).parents[2] / "build" / "screens"
DESKTOP = {"width": 1280, "height": 800}
PICTURE = {"width": 860, "height": 520}
PHONE = {"width": 375, "height": 740}
_WAIT_MILLISECONDS = 10_000
_SPEAKS_AFTER_MILLISECONDS = 100


@dataclass
class Visit:
    """One browser profile. `complaints` are what the browser's console said."""

    stack: LocalStack
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _open: list[BrowserContext] = field(default_factory=list)

    def page(self, **options: Any) -> Page:
        """Return a new page in a profile of its own; options are Playwright's for a context."""
        settings = {"viewport": DESKTOP, "base_url": self.stack.url, "locale": "en-US", **options}
        context = self.browser.new_context(**settings)
        context.set_default_timeout(_WAIT_MILLISECONDS)
        self._open.append(context)
        page = context.new_page()
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def phone(self, **options: Any) -> Page:
        """Return a new page on a small screen that is touched."""
        return self.page(viewport=PHONE, has_touch=True, is_mobile=True, **options)

    def look(self, page: Page, name: str, *, again: bool = False) -> None:
        """Keep a picture of the page, and hold that it is accessible and fits its screen; `again`:
        in another dress than before."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
        assert not (found := axe.violations(page, of_looks=again)), f"{name}: {found}"
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{name} is {overflow} px wider than its screen"

    def picture(self, page: Page, name: str, place: str) -> None:
        """Keep a small picture for the guides, with `place` (CSS) at its top."""
        (SCREENS / "guides").mkdir(parents=True, exist_ok=True)
        page.set_viewport_size(PICTURE)  # type: ignore[arg-type]
        page.locator(place).evaluate("place => place.scrollIntoView({block: 'start'})")
        page.screenshot(path=SCREENS / "guides" / f"{name}.png")
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    def look_twice(self, page: Page, name: str) -> None:
        """Look at a page of the desktop, then as a phone in the dark shows it."""
        self.look(page, name)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="dark")
        self.look(page, f"{name}-phone-dark", again=True)
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light")

    def text(self, phone: str, after: int = 0) -> str:
        """Return the text that the phone gets once it has had `after` of them."""
        return str(self.until(lambda: self.stack.texts(phone)[after:])[0].body)

    def code(self, phone: str, after: int = 0) -> str:
        found = re.search(r"\b\d{6}\b", self.text(phone, after))
        assert found is not None
        return found.group()

    def until(self, check: Callable[[], Any], seconds: float = 20) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := check():
                return found
            time.sleep(0.05)
        message = f"did not happen in {seconds} s"
        raise AssertionError(message)

    @contextlib.contextmanager
    def excusing(self, pattern: str) -> Any:
        """What the console says of `pattern` while the block runs is expected; it speaks a little
        after what it speaks of."""
        before = len(self.complaints)
        yield
        self._open[-1].pages[0].wait_for_timeout(_SPEAKS_AFTER_MILLISECONDS)
        new = [each for each in self.complaints[before:] if not re.search(pattern, each)]
        self.complaints[before:] = new

    def end(self) -> None:
        for context in self._open:
            context.close()
        assert self.complaints == []

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)
