"""`/u/{token}`: stop texts. A bare POST is enough, as RFC 8058 asks of a one-click link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.choices.model import Visitor
from assent.telemetry import count, record
from assent.web.pages import Page, notice
from assent.web.site import asked_languages
from assent.web.words import Words, language_of

if TYPE_CHECKING:
    from assent.choices.leaving import Exit, Leaving
    from assent.choices.model import ProfileStore
    from assent.web.requests import PageRequest

_GONE = 410
_ONLY_THIS = "programme"


@dataclass(frozen=True, slots=True)
class UnsubscribeDoor:
    """A `Door`."""

    leaving: Leaving
    profiles: ProfileStore

    def show(self, request: PageRequest) -> Page:
        found = self.leaving.look(request.token)
        words = self._words(request, found)
        if found.is_expired or found.is_stopped:
            return _over(words, found)
        brand = found.programme.brand
        values = {
            "title": words("stop_title", brand=brand),
            "brand": brand,
            "programme": found.programme,
            "is_choice": found.is_choice,
        }
        return Page("unsubscribe.html", words, values)

    def act(self, request: PageRequest) -> Page:
        """Stop everything, unless this one programme is clearly all that was chosen."""
        only_this = request.form.get("scope") == [_ONLY_THIS]
        visitor = Visitor(request.pattern, request.ip, request.user_agent)
        found, is_new = self.leaving.leave(request.token, visitor, only_this=only_this)
        words = self._words(request, found)
        if found.is_expired:
            return _over(words, found)
        if is_new:
            scope = found.link.programme_id if only_this else "all"
            count("OptOutReceived")
            record("opted_out", {"scope": scope, "reason": "link"})
        return _done(words, found)

    def _words(self, request: PageRequest, found: Exit) -> Words:
        locale = self.profiles.profile(found.link.subscriber_key).get("locale")
        wanted = [
            request.query.get("lang"),
            str(locale) if locale else None,
            *asked_languages(request.accept_language),
            *found.programme.locales,
        ]
        return Words(language_of(wanted))


def _done(words: Words, found: Exit) -> Page:
    brand = found.programme.brand
    if found.is_stopped:
        lines = [words("done_all_line", brand=brand), words("back_by_start")]
    else:
        lines = [words("done_one_line", programme=found.programme.name), words("back_by_form")]
        if found.active:
            lines.insert(1, words("done_others_line", brand=brand))
    return notice(words, words("done_title"), *lines, brand=brand, is_good=True)


def _over(words: Words, found: Exit) -> Page:
    brand = found.programme.brand
    if found.is_expired:
        lines = words("stop_expired_line"), words("not_found_stop")
        return notice(words, words("expired_title"), *lines, brand=brand, status=_GONE)
    lines = words("nothing_line", brand=brand), words("back_by_start")
    return notice(words, words("nothing_title"), *lines, brand=brand)
