"""The form of wishes, read field by field; what cannot be used is said beside its field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from assent.choices.wishes import LONGEST_PAUSE, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.choices.own_data import OwnPage
    from assent.web.requests import PageRequest
    from assent.web.words import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form's fields hold when it is shown."""

    topics: tuple[str, ...]
    max_per_month: int
    paused_until: str
    locale: str


@dataclass(frozen=True, slots=True)
class ReadForm:
    """The wishes, or what is wrong by field; `shown` is what was typed, to be shown again."""

    wishes: Wishes
    errors: Mapping[str, str]
    shown: Shown


def shown_of(page: OwnPage) -> Shown:
    """Return the form as things are now. No choice of one's own means all that was promised."""
    chosen, most = page.profile.max_per_month, page.most_per_month
    until = page.paused_until
    return Shown(
        topics=page.profile.topics,
        max_per_month=min(chosen, most) if chosen else most,
        paused_until=until.date().isoformat() if until else "",
        locale=_nearest(page.profile.locale, page.locales),
    )


def read_form(request: PageRequest, page: OwnPage, words: Words, today: date) -> ReadForm:
    """Return what the form asks for; a field that was not sent stays as it is."""
    now = shown_of(page)
    errors: dict[str, str] = {}
    topics = _topics(request, page, now)
    if not set(topics) <= {*page.topics, *now.topics}:
        errors["topics"] = words("error_topics")
    maximum = request.one("max_per_month")
    most = page.most_per_month
    if maximum is not None and not _is_number(maximum, most):
        errors["max_per_month"] = words("error_maximum")
    day, wrong = _day(request.one("paused_until"), now.paused_until, today)
    if wrong:
        errors["paused_until"] = words(wrong)
    locale = request.one("locale")
    if locale is not None and locale not in page.locales:
        errors["locale"] = words("error_locale")
    typed = Shown(
        topics=topics,
        max_per_month=now.max_per_month if "max_per_month" in errors else int(maximum or most),
        paused_until=str(request.one("paused_until") or "")[:20],
        locale=locale if locale in page.locales and locale else now.locale,
    )
    if errors:
        return ReadForm(Wishes(), errors, typed)
    number = int(maximum) if maximum is not None else None
    is_same = number == now.max_per_month and page.profile.max_per_month is None
    wishes = Wishes(
        topics=topics if "topics_shown" in request.form else None,
        max_per_month=None if is_same else number,
        paused_until=day,
        locale=None if locale == now.locale else locale,
    )
    return ReadForm(wishes, {}, typed)


def _topics(request: PageRequest, page: OwnPage, now: Shown) -> tuple[str, ...]:
    """Return the ticked topics, and those kept that this form did not offer."""
    if "topics_shown" not in request.form:
        return now.topics
    unseen = [each for each in now.topics if each not in page.topics]
    return tuple(dict.fromkeys([*unseen, *request.form.get("topics", [])]))


def _is_number(text: str, most: int) -> bool:
    is_short = len(text) <= len(str(most))
    return is_short and text.isascii() and text.isdigit() and 1 <= int(text) <= most


def _day(text: str | None, now: str, today: date) -> tuple[date | None, str | None]:
    """Return the day, None for no pause, and the key of what is wrong with it."""
    given = (now if text is None else text).strip()
    if not given:
        return None, None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        return None, "error_pause"
    if given == now:
        return day, None
    if day <= today:
        return None, "error_pause_past"
    return (None, "error_pause_far") if day - today > LONGEST_PAUSE else (day, None)


def _nearest(locale: str | None, offered: tuple[str, ...]) -> str:
    if locale in offered:
        return str(locale)
    language = (locale or "").split("-")[0].lower()
    same = (each for each in offered if each.split("-")[0].lower() == language)
    return next(same, offered[0] if offered else "")
