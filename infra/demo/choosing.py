"""The acts in which people use their links: say yes, choose, leave. A scanner is there first."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from infra.demo.browser import Browser
    from infra.demo.http import Client
    from infra.demo.phones import Text
    from infra.demo.ways import Ways

_CODE = re.compile(r"\b\d{6}\b")
_LINK = {letter: re.compile(rf"https?://\S+/{letter}/\w+") for letter in "cpu"}
# Of ten people who say yes, two do it by the code and two by the link.
_OF_TEN, _BY_CODE, _BY_LINK = 10, (1, 6), (3, 8)
_CHOOSERS = 0.08
_PAUSE = timedelta(days=30)
_TOPICS = ("deals", "events")
OWN_MAXIMUM = 1
# Who chose it in the form already has nothing to choose here.
_HAS_THE_MAXIMUM = f'value="{OWN_MAXIMUM}" selected'
LEAVERS = 0.3


def link_in(text: Text, letter: str) -> str | None:
    """Return the link to this page that the text carries."""
    found = _LINK[letter].search(text.body)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Choosing:
    """Notes in `ways` what it did, once the service has said that it is done."""

    client: Client
    browser: Browser
    ways: Ways
    programme_id: str
    seed: int

    def say_yes(self, text: Text, line: int) -> bool:
        """Say yes to a text by code or by link, whichever this line of the file would; False: they
        rather reply. A person whose text has no link replies, too."""
        code, link = _CODE.search(text.body), link_in(text, "c")
        if line % _OF_TEN in _BY_CODE and code:
            return self._by_code(text.to, code[0])
        if line % _OF_TEN in _BY_LINK and link:
            self._press_first(link)
            self.ways.by_link.add(text.to)
            return True
        return False

    def _press_first(self, link: str) -> None:
        """Open the link, as a scanner does, then press its button. Only a press that changed
        something is answered by the way to one's own page: had the scanner, the press could not."""
        shown, pressed = self.browser.look(link), self.browser.press(link)
        self.ways.scanned += 1
        self.ways.touched += "<form" not in shown or 'href="/p/' not in pressed

    def _by_code(self, number: str, code: str) -> bool:
        body = {"programme_id": self.programme_id, "phone": number, "code": code}
        answer = self.client.call("POST", "/v1/opt-ins/confirm", body)
        if answer.status == HTTPStatus.OK:
            self.ways.by_code.add(number)
        return answer.status == HTTPStatus.OK

    def choose(self, texts: Sequence[Text]) -> None:
        """Let some of those whom a text shows the way set their own maximum, a pause or topics."""
        pages = {text.to: link for text in texts if (link := link_in(text, "p"))}
        draw = random.Random(self.seed)  # noqa: S311 - chooses people, not secrets
        people = draw.sample(sorted(pages), round(len(pages) * _CHOOSERS))
        until = (datetime.now(UTC) + _PAUSE).date().isoformat()
        for turn, number in enumerate(people):
            link = pages[number]
            page = self._scan(link)
            match turn % 3:
                case 0 if _HAS_THE_MAXIMUM not in page:
                    self._save(link, max_per_month=str(OWN_MAXIMUM))
                    self.ways.own_maximum[number] = OWN_MAXIMUM
                case 2:
                    self._save(link, topics_shown="1", topics=_TOPICS)
                    self.ways.topics.add(number)
                case _:
                    self._save(link, paused_until=until)
                    self.ways.paused.add(number)

    def leave(self, texts: Sequence[Text], staying: Collection[str] = ()) -> None:
        """Let some of those who got a text with a link to leave press it: one click, no form."""
        ways_out = {
            text.to: link
            for text in texts
            if text.to not in staying and (link := link_in(text, "u"))
        }
        draw = random.Random(self.seed)  # noqa: S311 - chooses people, not secrets
        for number in draw.sample(sorted(ways_out), round(len(ways_out) * LEAVERS)):
            link = ways_out[number]
            self._scan(link)
            self.browser.press(link)
            self.ways.left_at[number] = datetime.now(UTC)

    def _save(self, link: str, **fields: str | Sequence[str]) -> None:
        self.browser.press(link, {"action": "save", **fields})

    def _scan(self, link: str) -> str:
        """Open the link as a mail gateway or a preview does, more than once; the page must not
        have moved on by that. Return it."""
        if not self.ways.scanned % _OF_TEN:
            self.browser.look(link, "HEAD")
        first, second = self.browser.look(link), self.browser.look(link)
        self.ways.scanned += 1
        self.ways.touched += first != second or "<form" not in second
        return second
