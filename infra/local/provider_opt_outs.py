"""Makes moto's opt-out list of SNS an ordinary one: empty at first, asked by what is on it.

moto begins with eight invented numbers and says of every number that ends in 99 that it opted out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT, REGION
from infra.local.patching import replace

if TYPE_CHECKING:
    import contextlib


def patch_opt_out_list(undo: contextlib.ExitStack) -> None:
    """Begin with nobody opted out at the provider; ask the list until undo is closed."""
    from moto.sns.models import SNSBackend, sns_backends

    def is_opted_out(backend: Any, number: str) -> bool:
        return number in backend.opt_out_numbers

    sns_backends[ACCOUNT][REGION].opt_out_numbers.clear()
    replace(SNSBackend, "check_if_phone_number_is_opted_out", is_opted_out, undo)
