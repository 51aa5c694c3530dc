"""The public checkpoint: what an outsider keeps today to catch a log that is rewritten tomorrow."""

from collections.abc import Callable
from typing import Any

from assent.errors import DigestNotFoundError
from assent.evidence.digest import DigestStore
from assent.http.fields import Answer
from assent.http.resolver import Api


class Checkpoint(Answer):
    """A signed digest. `signature` (ECDSA P-256, DER, base64) is over the canonical JSON of
    `digest`: keys sorted, no spaces."""

    digest: dict[str, Any]
    signature: str
    public_key: str


def add_checkpoint(api: Api, digests: Callable[[], DigestStore]) -> None:
    """Register the route."""

    @api.get("/v1/checkpoint", tags=["Evidence"], cache_control="public, max-age=300")
    def read_checkpoint() -> Checkpoint:
        """The newest signed digest of the consent log, for anybody to keep: a log that is
        rewritten later no longer fits it. `assent verify BUNDLE --checkpoint FILE` compares."""
        latest = digests().latest()
        if latest is None:
            message = "No hour has been closed yet."
            raise DigestNotFoundError(message)
        return Checkpoint.model_validate_json(latest.as_json())
