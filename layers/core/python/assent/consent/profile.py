"""How much a profile may say of a person, whichever door it came through.

The profile lies on the subscriber's item, and every campaign's claim writes that item: DynamoDB
bills each started kilobyte, so a stranger who could make it 6 KB would make every text cost six.
Lengths are in bytes of UTF-8, as they are billed.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.errors import InvalidTextError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The longest IANA zone has 32 letters; a postal code 10 (ISO 3166 countries, UPU S42).
MOST_BYTES: Mapping[str, int] = MappingProxyType(
    {
        "first_name": 60,
        "last_name": 60,
        "postal_code": 16,
        "region": 32,
        "time_zone": 40,
        "locale": 16,
    }
)
MOST_TOPICS = 20
MOST_TOPIC_BYTES = 64
MOST_TOPICS_BYTES = 240


def check_profile(profile: Mapping[str, object]) -> None:
    """Raises InvalidTextError naming the field that says too much."""
    for name, most in MOST_BYTES.items():
        value = profile.get(name)
        if isinstance(value, str) and _size(value) > most:
            message = f"This is longer than {most} bytes."
            raise InvalidTextError(message, field=name)
    topics = profile.get("topics")
    if isinstance(topics, (list, tuple)):
        check_topics(topics)


def check_topics(topics: Iterable[object]) -> None:
    """Raises InvalidTextError for more topics than one person can have."""
    sizes = [_size(str(topic)) for topic in topics]
    too_long = any(size > MOST_TOPIC_BYTES for size in sizes)
    if len(sizes) > MOST_TOPICS or too_long or sum(sizes) > MOST_TOPICS_BYTES:
        message = f"At most {MOST_TOPICS} topics, together at most {MOST_TOPICS_BYTES} bytes."
        raise InvalidTextError(message, field="topics")


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))
