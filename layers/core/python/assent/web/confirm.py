"""`/c/{token}`: do you want these texts? One button says yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assent.choices.confirming import Asked
from assent.choices.model import Visitor
from assent.telemetry import count, record
from assent.web.pages import Page, notice
from assent.web.site import asked_languages
from assent.web.words import Words, language_of

if TYPE_CHECKING:
    from assent.choices.confirming import Confirming, Question
    from assent.web.requests import PageRequest

_GONE = 410


@dataclass(frozen=True, slots=True)
class ConfirmDoor:
    """A `Door`."""

    confirming: Confirming

    def show(self, request: PageRequest) -> Page:
        question = self.confirming.look(request.token)
        words = _words(request, question)
        is_open = question.asked in (Asked.OPEN, Asked.ASKED_ANEW)
        return _ask(words, question) if is_open else _told(words, question)

    def act(self, request: PageRequest) -> Page:
        visitor = Visitor(request.pattern, request.ip, request.user_agent)
        question, is_new = self.confirming.say_yes(request.token, visitor)
        words = _words(request, question)
        if not is_new:
            return _told(words, question)
        count("ConsentConfirmed")
        programme_id = question.programme.programme_id
        record("consent_confirmed", {"programme_id": programme_id, "reason": "link"})
        link = question.link
        own = self.confirming.links.preferences(link.subscriber_key, programme_id, link.epoch)
        return _welcome(words, question, own)


def _words(request: PageRequest, question: Question) -> Words:
    wanted = [request.query.get("lang"), question.locale, *asked_languages(request.accept_language)]
    return Words(language_of(wanted))


def _ask(words: Words, question: Question) -> Page:
    programme, brand = question.programme, question.programme.brand
    is_anew = question.asked is Asked.ASKED_ANEW
    title = words("keep_title" if is_anew else "confirm_title", brand=brand)
    return Page(
        "confirm.html",
        words,
        {
            "title": title,
            "is_anew": is_anew,
            "brand": programme.brand,
            "programme": programme,
            "frequency": words.frequency(programme.max_per_month),
            "disclosure": question.disclosure,
        },
    )


def _welcome(words: Words, question: Question, own_page: str) -> Page:
    programme = question.programme
    frequency = words.frequency(programme.max_per_month)
    return notice(
        words,
        words("confirmed_title"),
        words("confirmed_line", programme=programme.name, frequency=frequency),
        words("confirmed_stop"),
        brand=programme.brand,
        is_good=True,
        links=((f"{own_page}?lang={words.language}", words("choose_link")),),
    )


def _told(words: Words, question: Question) -> Page:
    """Return where a request stands that cannot be confirmed (any more), and what to do next."""
    brand, name = question.programme.brand, question.programme.name
    if question.asked is Asked.CONFIRMED:
        lines = words("already_line", programme=name), words("confirmed_stop")
        return notice(words, words("already_title"), *lines, brand=brand, is_good=True)
    match question.asked:
        case Asked.STOPPED:
            title, line, then = "stopped_title", words("stopped_line", brand=brand), "back_by_start"
        case Asked.LEFT:
            title, line, then = "left_title", words("left_line", programme=name), "back_by_form"
        case Asked.REPLACED:
            line, then = words("replaced_line", brand=brand), "not_found_stop"
            title = "replaced_title"
        case _:
            line, then = words("confirm_expired_line", programme=name), "confirm_again"
            title = "expired_title"
    return notice(words, words(title), line, words(then), brand=brand, status=_GONE)
