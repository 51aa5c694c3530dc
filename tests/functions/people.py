"""People who have agreed, made the way they are made: form, text, code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.functions.requests import Client

if TYPE_CHECKING:
    from tests.functions.world import World


def agree(world: World, phone: str, **profile: object) -> None:
    public = Client(world, "consent_api")
    form = {
        "programme_id": "demo",
        "phone": phone,
        "consent": True,
        "disclosure_version": 1,
        "profile": profile,
    }
    assert public.send("POST", "/v1/opt-ins", form).status == 202
    code = re.search(r"\b\d{6}\b", world.texts(phone)[-1])
    assert code is not None
    body = {"programme_id": "demo", "phone": phone, "code": code.group()}
    assert public.send("POST", "/v1/opt-ins/confirm", body).status == 200
