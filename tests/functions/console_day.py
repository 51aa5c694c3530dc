"""The console's part of the day: staff sign in, write a campaign in the browser, and sign out."""

from __future__ import annotations

import contextlib
import html
import http.client
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from infra.local.staff import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.stack import LocalStack
    from tests.functions.journey import Journey

COOKIE = "__Host-assent"


@dataclass(frozen=True)
class Page:
    """What came back; `location` where it leads on."""

    status: int
    location: str
    text: str
    headers: Mapping[str, str]

    @property
    def proof(self) -> str:
        found = re.search(r'name="proof" value="(\w+)"', self.text)
        assert found is not None, self.text
        return found[1]


@dataclass
class Browser:
    """Keeps cookies and says where its forms come from, as browsers do."""

    stack: LocalStack
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Page:
        return self.send("GET", path)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Page:
        return self.send("POST", path, form, {"origin": self.stack.url, **headers})

    def send(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"cookie": kept, **(headers or {})}
        if form is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
        where = urlsplit(self.stack.url).netloc
        with contextlib.closing(http.client.HTTPConnection(where, timeout=30)) as connection:
            connection.request(method, path, urlencode(form) if form is not None else None, sent)
            response = connection.getresponse()
            text = response.read().decode()
        for each in response.headers.get_all("set-cookie") or []:
            name, _, rest = each.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        headers_back = {name.lower(): value for name, value in response.getheaders()}
        return Page(response.status, headers_back.get("location", ""), text, headers_back)

    def sign_in(self, email: str, password: str = PASSWORD, then: str = "") -> Page:
        form = {"email": email, "password": password, "then": then}
        return self.post("/console/sign-in", form)

    def form(self, page: str, to: str, values: Mapping[str, str]) -> Page:
        """Open a page, and send a form that stands on it."""
        return self.post(to, {"proof": self.get(page).proof, **values})


def a_newcomer_runs_a_campaign_in_the_console(journey: Journey) -> None:
    stack = journey.stack
    journey.stack.token("marketing")
    newcomer, password = "newcomer@example.com", "Handed-over-password-1"
    pool, staff = stack.physical_id("UserPool"), stack.client("cognito-idp")
    staff.admin_create_user(UserPoolId=pool, Username=newcomer, TemporaryPassword=password)
    staff.admin_add_user_to_group(UserPoolId=pool, Username=newcomer, GroupName="marketing")
    browser = Browser(stack)
    assert browser.get("/console").location == "/console/sign-in"
    asked = browser.sign_in(newcomer, password)
    assert asked.location.startswith("/console/sign-in/next")
    chosen = {"answer": PASSWORD, "again": PASSWORD}
    assert browser.form(asked.location, "/console/sign-in/next", chosen).location == "/console"
    campaign = {
        "name": "From the <console>",
        "programme_id": "vip",
        "segment_id": journey.notes["segment_id"],
        "body": "Hi",
        "quiet_hours": "legal",
        "hold_out_percent": "0",
    }
    made = browser.form("/console/campaigns/new", "/console/campaigns/new", campaign)
    path = made.location.partition("?")[0]
    shown = browser.get(path)
    assert html.escape(campaign["name"]) in shown.text
    assert (
        "Cancelled"
        in browser.get(browser.form(path, f"{path}/cancel", {"sure": "yes"}).location).text
    )
    browser.form("/console", "/console/sign-out", {})
    assert browser.get("/console").location == "/console/sign-in"
