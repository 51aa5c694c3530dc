"""`/embed.js`: the sign-up form for somebody's own page, as one small script, and its words.

The words of one language are loaded beside it, because those of all would be half of its size.
Lines are stripped of indents and remarks, which is all the making small that it needs.
"""

from __future__ import annotations

import functools
import json
from importlib import resources

from assent.web.words import Words, language_of

_WORDS = (
    "signup_title",
    "country",
    "phone",
    "phone_hint",
    "digits_missing",
    "phone_complete",
    "phone_empty",
    "phone_short",
    "phone_long",
    "phone_country",
    "phone_mobile",
    "phone_wrong",
    "consent_needed",
    "terms",
    "privacy",
    "signup_button",
    "signup_again",
    "busy_line",
    "failed_title",
    "offline",
    "sent_title",
    "sent_line",
    "code",
    "code_hint",
    "code_button",
    "code_wrong",
    "other_number",
    "no_text",
    "confirmed_title",
    "confirmed_stop",
    "not_here",
)
# Why a number is refused, in the word of the error's reason, and what the pages call it.
PHONE_REASONS = {
    "empty": "phone_empty",
    "too_short": "phone_short",
    "too_long": "phone_long",
    "unknown_country_code": "phone_country",
    "not_textable": "phone_mobile",
}
_DARK = (
    "@media(prefers-color-scheme:dark){:host{--assent-ink:#eef1f5;--assent-paper:#11151b;"
    "--assent-soft:#b3bcc9;--assent-error:#ff9d94;--assent-accent:#3ecb80;--assent-accent-ink:#06130b;"
    "--assent-focus:#8ec1ff}}"
)


@functools.cache
def widget_script() -> str:
    """Return the script."""
    css = _read("widget.css").replace("\n", "")
    parts = {"PHONE": PHONE_REASONS, "CSS": css, "DARK": _DARK}
    constants = "".join(f"const {name}={_js(value)};\n" for name, value in parts.items())
    lines = (line.strip() for line in _read("widget.js").splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("//"))
    return code.replace('"use strict";\n', f'"use strict";\n{constants}', 1) + "\n"


@functools.cache
def widget_words(language: str) -> str:
    """Return the words of a language, else the English ones, as JSON that names its `lang`."""
    found = Words(language_of([language]))
    return _js({"lang": found.language, **{key: found.raw(key) for key in _WORDS}})


def _js(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(name: str) -> str:
    return (resources.files("assent.web") / name).read_text(encoding="utf-8").strip()
