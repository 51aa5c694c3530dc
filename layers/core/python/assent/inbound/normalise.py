"""One spelling for all the ways in which a phone writes the same word.

Look-alike letters are folded in a second copy only: it may find an opt-out, never a consent.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

_MAX_LENGTH = 2000
_APOSTROPHES = "'\u2018\u2019\u02bc\u0060\u00b4"
_SIGNATURE = re.compile(
    r"\n\s*(--|__|>|sent from my |envoy. de mon |enviado desde |gesendet von ).*",
    re.IGNORECASE | re.DOTALL,
)
_SPACED = re.compile(r"(?<!\S)(?:\w ){2,}\w(?!\S)")
_LONG_RUN = re.compile(r"(\w)\1{2,}")

# Cyrillic, Greek, small capitals and digits that pass for a Latin letter on a screen.
_LOOK_ALIKES = MappingProxyType(
    str.maketrans(
        {
            **dict(zip("аеорсухѕіјктмнвп", "aeopcyxsijktmhbn", strict=True)),
            **dict(zip("τοραεικνυσ", "toraeiknus", strict=True)),
            **dict(zip("ꜱᴛᴏᴘᴇɴᴅ", "stopend", strict=True)),
            "ρ": "p",
            "ν": "v",
            "0": "o",
            "5": "s",
        }
    )
)


def normalise(body: str) -> str:
    """Return `body` in lower case, without accents, marks, emoji and punctuation, single-spaced."""
    text = _SIGNATURE.sub("", body[:_MAX_LENGTH])
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(_folded(character) for character in folded)
    spaced = " ".join(kept.replace("\u0131", "i").split())
    return _SPACED.sub(lambda match: match.group().replace(" ", ""), spaced)


def look_alike(normalised: str) -> str:
    """Return the copy in which look-alike letters and drawn-out ones are plain."""
    return _LONG_RUN.sub(r"\1", normalised.translate(_LOOK_ALIKES))


def _folded(character: str) -> str:
    category = unicodedata.category(character)
    if character in _APOSTROPHES or category in ("Cf", "Mn", "Me"):
        return ""
    return " " if category[0] in "PSZC" else character
