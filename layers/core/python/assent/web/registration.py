"""The page of a registration pack: to print, to attach, or to copy answers from, one by one."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from markupsafe import Markup

from assent.inbound.reading import Action
from assent.web.dossier_words import moment
from assent.web.pages import template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assent.papers.registration import Pack

_ELEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "brand": "the brand's name",
        "frequency": "how many texts come at most",
        "rates": "that message and data rates may apply",
        "stop": "how to stop (STOP)",
        "help": "how to get help (HELP)",
        "terms": "the terms, or where they are",
        "privacy": "the privacy policy, or where it is",
        "not_a_condition": "that consent is not a condition of a purchase",
    }
)
_GAPS: Mapping[str, str] = MappingProxyType(
    {
        "no_wording": "No consent wording is published in the programme's first language.",
        "no_sample": "There is no sample message: write a campaign or a template.",
        "terms_not_https": "The terms are not at an https:// address.",
        "privacy_not_https": "The privacy policy is not at an https:// address.",
    }
)
_REPLIES: Mapping[str, str] = MappingProxyType(
    {
        "confirmation": "Request to confirm (double opt-in)",
        "confirmed": "Answer to a confirmation",
        "opted_out": "Answer to STOP",
        "help": "Answer to HELP",
        "restarted": "Answer to START after STOP",
        "start_without_request": "Answer to START without a sign-up",
        "reminder": "Reminder to confirm",
        "reconfirmation": "Question whether texts are still wanted",
    }
)
_ACTIONS: Mapping[Action, str] = MappingProxyType(
    {
        Action.OPT_OUT: "Stop",
        Action.HELP: "Help",
        Action.OPT_IN: "Start, or ask to join",
        Action.CONFIRM: "Confirm a sign-up",
    }
)


def registration_page(pack: Pack) -> str:
    """Return the page as HTML, complete in itself."""
    return template("registration.html").render(
        pack=pack,
        p=pack.programme,
        gaps=[_gap(each) for each in pack.gaps],
        elements=_ELEMENTS,
        replies=_REPLIES,
        keywords=[(_ACTIONS[action], words) for action, words in pack.keywords.items()],
        moment=moment,
        css=Markup(_css()),  # noqa: S704 - our own file, without a "<"
        policy=_policy(),
    )


def _gap(code: str) -> str:
    kind, _, element = code.partition(":")
    if kind == "wording_lacks":
        return f"The consent wording does not say {_ELEMENTS.get(element, element)}."
    return _GAPS[kind]


@functools.cache
def _css() -> str:
    return (resources.files("assent.web") / "dossier.css").read_text(encoding="utf-8").strip()


@functools.cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; base-uri 'none'"
