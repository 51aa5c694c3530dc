"""`/p/{token}`: the person's own page, with what they get, what they chose and what is held.

Nothing on it gives consent. What narrows or ends takes effect at once; more texts need a sign-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from assent.choices.model import Visitor
from assent.choices.wishes import LONGEST_PAUSE
from assent.identifiers import ProgrammeId
from assent.telemetry import count, record
from assent.web.held_data import held_page
from assent.web.pages import Page, notice
from assent.web.site import asked_languages
from assent.web.wish_form import read_form, shown_of
from assent.web.words import Words, language_name, language_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from assent.choices.own_data import OwnData, OwnPage
    from assent.web.requests import PageRequest
    from assent.web.wish_form import Shown

_GONE = 410
_UNUSABLE = 422
_ALL = "all"


@dataclass(frozen=True, slots=True)
class PreferencesDoor:
    """A `Door`."""

    own: OwnData

    def show(self, request: PageRequest) -> Page:
        page = self.own.look(request.token)
        words = _words(request, page)
        if not page.is_open:
            return _over(words, page)
        match request.query.get("view"):
            case "data":
                return held_page(words, page, self.own.history(request.token))
            case "delete":
                return _delete_page(words, page)
            case _:
                return self._choices(words, page)

    def act(self, request: PageRequest) -> Page:
        page = self.own.look(request.token)
        words = _words(request, page)
        if not page.is_open:
            return _over(words, page)
        match request.one("action"):
            case "stop":
                return self._stop(request, page, words)
            case "save":
                return self._save(request, page, words)
            case "delete":
                return self._delete(request, page, words)
            case _:
                errors = {"main": words("error_action")}
                return self._choices(words, page, errors=errors)

    def _stop(self, request: PageRequest, page: OwnPage, words: Words) -> Page:
        scope = request.one("scope")
        names = {each.programme.programme_id: each.programme.name for each in page.subscriptions}
        if scope != _ALL and scope not in names:
            return self._choices(words, page, errors={"main": words("error_action")})
        programme_id = None if scope == _ALL else ProgrammeId(str(scope))
        if self.own.stop(request.token, programme_id, _visitor(request)):
            count("OptOutReceived")
            record("opted_out", {"scope": scope, "reason": "link"})
        said = (
            words("stopped_one", programme=names[programme_id])
            if programme_id
            else words("stopped_all", brand=page.programme.brand)
        )
        return self._choices(words, self.own.look(request.token), said=said)

    def _save(self, request: PageRequest, page: OwnPage, words: Words) -> Page:
        read = read_form(request, page, words, self._today())
        if read.errors:
            return self._choices(words, page, errors=read.errors, shown=read.shown)
        changed = self.own.change(request.token, read.wishes, _visitor(request))
        if changed:
            count("PreferencesChanged")
            record("preferences_changed", {"changed": list(changed), "reason": "link"})
        now = self.own.look(request.token)
        # A language just chosen speaks at once.
        words = _words(request, now)
        return self._choices(words, now, said=words("saved" if changed else "not_changed"))

    def _delete(self, request: PageRequest, page: OwnPage, words: Words) -> Page:
        brand = page.programme.brand
        is_queued = self.own.erase(request.token, _visitor(request))
        count("ErasureAsked")
        record("erasure_asked", {"reason": "link"})
        if is_queued:
            lines = words("deleted_line", brand=brand), words("erasure_queued_line")
            return notice(words, words("erasure_queued_title"), *lines, brand=brand, is_good=True)
        lines = words("deleted_line", brand=brand), words("deleted_rest")
        return notice(words, words("deleted_title"), *lines, brand=brand, is_good=True)

    def _choices(
        self,
        words: Words,
        page: OwnPage,
        *,
        said: str = "",
        errors: Mapping[str, str] | None = None,
        shown: Shown | None = None,
    ) -> Page:
        today = self._today()
        values = {
            "title": words("preferences_title", brand=page.programme.brand),
            "brand": page.programme.brand,
            "page": page,
            "ending": ending(page),
            "shown": shown or shown_of(page),
            "said": said,
            "errors": errors or {},
            "earliest": (today + timedelta(days=1)).isoformat(),
            "latest": (today + LONGEST_PAUSE).isoformat(),
            "language_name": language_name,
        }
        return Page("preferences.html", words, values, _UNUSABLE if errors else 200)

    def _today(self) -> date:
        return self.own.clock.now().date()


def ending(page: OwnPage) -> str:
    """Return all that is shown of the number: who has the link may not be who has the phone."""
    phone = page.standing.phone if page.standing else None
    return str(phone)[-2:] if phone else ""


def _words(request: PageRequest, page: OwnPage) -> Words:
    wanted = [
        request.query.get("lang"),
        page.profile.locale,
        *asked_languages(request.accept_language),
        *page.locales,
    ]
    return Words(language_of(wanted))


def _visitor(request: PageRequest) -> Visitor:
    return Visitor(request.pattern, request.ip, request.user_agent)


def _delete_page(words: Words, page: OwnPage) -> Page:
    brand = page.programme.brand
    values = {"title": words("delete_title"), "brand": brand, "view": "delete"}
    return Page("delete.html", words, values)


def _over(words: Words, page: OwnPage) -> Page:
    brand = page.programme.brand
    lines = words("over_line"), words("not_found_stop")
    return notice(words, words("over_title"), *lines, brand=brand, status=_GONE)
