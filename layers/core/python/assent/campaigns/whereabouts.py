"""From a subscriber to what the calendar needs of them.

Planning and sending must place the same person alike, or a window would close at its own opening.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assent.errors import SubscriberNotFoundError
from assent.law.zones import whereabouts

if TYPE_CHECKING:
    from assent.audience.subscriber import Subscriber
    from assent.law.zones import Whereabouts


def whereabouts_of(subscriber: Subscriber, own_hours: tuple[str, str] | None = None) -> Whereabouts:
    """Return where the person may be, with the campaign's own hours.

    Raises SubscriberNotFoundError when erased.
    """
    phone = subscriber.standing.phone
    if phone is None:
        message = "an erased subscriber is nowhere"
        raise SubscriberNotFoundError(message)
    place = whereabouts(phone, subscriber.country, subscriber.profile)
    return replace(place, own_hours=own_hours) if own_hours else place
