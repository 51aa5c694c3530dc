"""Keeps the phone key from one run to the next when the tables outlive the process (DynamoDB
Local).

Subscriber keys are HMACs: with a new key every number would be a stranger, and every opt-out lost.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from infra.local.patching import replace

if TYPE_CHECKING:
    import contextlib
    from pathlib import Path


def keep_phone_keys(path: Path, undo: contextlib.ExitStack) -> None:
    """Give moto's HMAC keys the material of earlier runs, in order of creation, until undo is
    closed.
    """
    from moto.kms.models import KmsBackend

    plain = KmsBackend.create_key
    kept: list[str] = json.loads(path.read_text()) if path.exists() else []
    made = 0

    def create_key(backend: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal made
        key = plain(backend, *args, **kwargs)
        if not key.key_spec.startswith("HMAC"):
            return key
        if made < len(kept):
            key.key_material = base64.b64decode(kept[made])
        else:
            kept.append(base64.b64encode(key.key_material).decode())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(json.dumps(kept))
        made += 1
        return key

    replace(KmsBackend, "create_key", create_key, undo)
