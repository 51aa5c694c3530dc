"""What a person may ask for beyond yes and no: topics, how often, not before a date, language.

Nothing here gives consent, and each wish only narrows what a programme promised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from assent.choices.model import Profile
from assent.consent.chain import Entry
from assent.consent.events import EventType, Source
from assent.consent.profile import check_topics
from assent.consent.writing import Writing
from assent.errors import SubscriberNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from assent.choices.model import ProfileStore, Visitor
    from assent.consent.model import ConsentChange, Standing
    from assent.consent.service import ConsentService
    from assent.identifiers import SubscriberKey

LONGEST_PAUSE = timedelta(days=366)
# A date begins last at UTC-12 (Baker Island), at noon UTC; only then has it begun for everybody.
_BEGUN_EVERYWHERE = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that the form asks; `None` leaves a wish as it is, save `paused_until`: None ends it."""

    topics: tuple[str, ...] | None = None
    max_per_month: int | None = None
    paused_until: date | None = None
    locale: str | None = None


def pause_end(day: date) -> datetime:
    """Return the instant from which texts may come again after a pause until `day`."""
    return datetime.combine(day, _BEGUN_EVERYWHERE)


def change_wishes(
    consent: ConsentService,
    profiles: ProfileStore,
    subscriber_key: SubscriberKey,
    wishes: Wishes,
    visitor: Visitor,
) -> tuple[str, ...]:
    """Write the wishes that are new with one event that names them; return those names.

    The event holds names only; what was chosen is evidence, which erasure can take away.
    Raises InvalidTextError for too many topics, SubscriberNotFoundError for a number of which
    nothing is held, and TryAgainError.
    """
    check_topics(wishes.topics or ())
    writing = Writing(consent.store, consent.clock, consent.ids)

    def decide() -> tuple[ConsentChange | None, tuple[str, ...]]:
        before = consent.store.standing(subscriber_key)
        if before is None or before.phone is None:
            message = "Nothing is held of this number."
            raise SubscriberNotFoundError(message)
        profile = Profile(profiles.profile(subscriber_key))
        now = writing.now()
        changed = _new(wishes, before, profile, now)
        if not changed:
            return None, ()
        entry = Entry(
            EventType.PREFERENCES_CHANGED,
            Source.LINK,
            facts={"changed": sorted(changed)},
            evidence=visitor.proof(**{name: _told(value) for name, value in changed.items()}),
        )
        end = pause_end(wishes.paused_until) if wishes.paused_until else None
        after = replace(before, paused_until=end)
        change = writing.change(before, after, [entry], now)
        kept = {name: value for name, value in changed.items() if name != "paused_until"}
        return replace(change, profile=kept), tuple(sorted(changed))

    return writing.once(None, (), decide)


def running_pause(standing: Standing, now: datetime) -> datetime | None:
    """Return when the pause ends, None when there is none any more."""
    until = standing.paused_until
    return until if until is not None and until > now else None


def _new(
    wishes: Wishes, standing: Standing, profile: Profile, now: datetime
) -> Mapping[str, object]:
    """Return the wishes that differ from what is kept, by the names they are kept under."""
    changed: dict[str, object] = {}
    if wishes.topics is not None and set(wishes.topics) != set(profile.topics):
        changed["topics"] = list(wishes.topics)
    if wishes.max_per_month not in (None, profile.max_per_month):
        changed["max_per_month"] = wishes.max_per_month
    if wishes.locale not in (None, profile.locale):
        changed["locale"] = wishes.locale
    end = pause_end(wishes.paused_until) if wishes.paused_until else None
    if end != running_pause(standing, now):
        changed["paused_until"] = wishes.paused_until
    return changed


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
