"""From a subscriber to what the text and the calendar need of them.

Planning and sending must see the same person in the same way, or parts and windows would differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.errors import SubscriberNotFoundError
from assent.law.zones import whereabouts

if TYPE_CHECKING:
    from assent.audience.subscriber import Subscriber
    from assent.law.zones import Whereabouts
    from assent.messages.template import NotRenderable, Rendered, Template
    from assent.programmes.model import Programme


def whereabouts_of(subscriber: Subscriber) -> Whereabouts:
    """Return where the person may be. Raises SubscriberNotFoundError when erased."""
    phone = subscriber.standing.phone
    if phone is None:
        message = "an erased subscriber is nowhere"
        raise SubscriberNotFoundError(message)
    return whereabouts(phone, subscriber.country, subscriber.profile)


def rendered_for(
    subscriber: Subscriber, template: Template, programme: Programme
) -> Rendered | NotRenderable:
    """Return the person's text with its parts, or the names that are missing for it."""
    fields = {**subscriber.profile, "programme": programme.name, "brand": programme.brand}
    return template.render(fields)
