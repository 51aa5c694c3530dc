"""Idempotency-Key: the same request sent twice is done once and answered twice alike.

The reservation stands before the work, so that two copies on the way at once cannot both do it; an
answer that is an error is not kept, because the client is meant to correct it and ask again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from assent.errors import AssentError
from assent.http.refusals import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from assent.clock import Clock

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyStore(Protocol):
    """Where keys and the answers given under them are kept, for at least 24 hours."""

    def begin(self, key: str, fingerprint: str, at: datetime) -> str | None:
        """Reserve `key` for the request with this fingerprint; None means: now do the work.

        Returns the kept answer when the same request was finished before. Raises
        IdempotencyKeyReusedError when the key came with another fingerprint, and
        RequestInProgressError while the first request is under way. A reservation that is neither
        finished nor released within a minute belongs to a crashed request and may be taken over.
        """
        ...

    def finish(self, key: str, answer: str) -> None:
        """Keep `answer` for those who ask again."""
        ...

    def release(self, key: str) -> None:
        """Forget a reservation whose work was refused."""
        ...


@dataclass(frozen=True, slots=True)
class Once:
    """Runs a request's work at most once per client key.

    `mac` is a keyed hash where bodies hold phone numbers: a plain one could be walked.
    """

    store: IdempotencyStore
    clock: Clock
    mac: Callable[[str], str]

    def run(self, scope: str, client_key: str | None, body: str, work: Callable[[], str]) -> str:
        """Return `work()`'s answer, or the one that this key was given before.

        `scope` separates routes and callers. Raises MalformedRequestError for a key that is empty,
        longer than 255 characters or not visible ASCII, and what the store raises.
        """
        if client_key is None:
            return work()
        if not _KEY.fullmatch(client_key):
            raise MalformedRequestError(
                "An Idempotency-Key has 1 to 255 visible ASCII characters.",
                fields={"Idempotency-Key": "invalid"},
            )
        key = hashlib.sha256(f"{scope}\n{client_key}".encode()).hexdigest()
        # KMS takes 4,096 bytes at most, so it is the body's hash that is keyed.
        fingerprint = self.mac(hashlib.sha256(body.encode()).hexdigest())
        kept = self.store.begin(key, fingerprint, self.clock.now())
        if kept is not None:
            return kept
        try:
            answer = work()
        except AssentError:
            # Any other error may have come after the work was done: only time releases that key.
            self.store.release(key)
            raise
        self.store.finish(key, answer)
        return answer
