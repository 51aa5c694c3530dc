"""One spelling for all the ways in which a phone writes the same word.

Look-alike letters are folded in a second copy only: it may find an opt-out, never a consent.
"""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

_MAX_LENGTH = 2000
_APOSTROPHES = "'\u2018\u2019\u02bc\u0060\u00b4"
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_SIGNATURE = re.compile(
    r"\n\s*(--|__|sent from my |envoy. de mon |enviado desde |gesendet von |sent from yahoo"
    r"|on .{1,80} wrote:\s*$|le .{1,80} a .crit ?:\s*$|-+ ?original message).*",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_SPACED = re.compile(r"(?<!\S)(?:\w ){2,}\w(?!\S)")
_LONG_RUN = re.compile(r"(\w)\1{2,}")
_NUMBER_SIGN = re.compile(r"#(?![\w#])")
_SENTENCE_END = re.compile(r"[!?;\u2026\u3002|]+|\.+(?!\d)|\n\s*\n|\s[-\u2013\u2014]+\s*|\u2014")
_CLAUSE_END = re.compile(r"[,:\"()\[\]\u201c\u201d\u201e\u00ab\u00bb\n]+|(?<=\w)-+$")

# Capitals and enclosed letters that pass for a Latin capital on a screen.
_CAPITALS = MappingProxyType(
    str.maketrans(
        {
            **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
            **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᎾᏢᏒᏚᎢᏙᎳᏃ", "ABCDEGHIJKLMOPRSTVWZ", strict=True)),
            **{
                chr(start + i): chr(65 + i)
                for start in (0x1F150, 0x1F170, 0x1F1E6)
                for i in range(26)
            },
            "$": "S",
            "@": "A",
        }
    )
)
# Cyrillic, Greek, small capitals and digits that pass for a Latin letter on a screen.
_LOOK_ALIKES = MappingProxyType(
    str.maketrans(
        {
            **dict(zip("аеорсухѕіјктмнвпԛԝԁ", "aeopcyxsijktmhbnqwd", strict=True)),
            **dict(zip("τοραεικνυσ", "toraeiknus", strict=True)),
            **dict(zip("ꜱᴛᴏᴘᴇɴᴅᴜᴄᴀʟʙʀɪ", "stopenducalbri", strict=True)),
            **dict(zip("օսոցհ", "ounqh", strict=True)),
            "ρ": "p",
            "ν": "v",
            "0": "o",
            "5": "s",
        }
    )
)


def own_words(body: str) -> str:
    """Return `body` less the quoted original and the signature, unless that is all there is."""
    whole = unicodedata.normalize("NFKC", body[:_MAX_LENGTH])[:_MAX_LENGTH].replace("\r\n", "\n")
    cut = _SIGNATURE.sub("", _QUOTED_LINE.sub("", whole))
    return cut if any(character.isalnum() for character in cut) else whole


def set_aside(body: str) -> tuple[str, ...]:
    """Return the lines that `own_words` leaves out, less what marks them as quoted."""
    own = set(own_words(body).split("\n"))
    lines = unicodedata.normalize("NFKC", body).replace("\r\n", "\n").split("\n")
    return tuple(line.strip().lstrip(">-_ \t") for line in lines if line not in own)


def normalise(body: str) -> str:
    """Return `body` in lower case, without accents, marks, emoji and punctuation, single-spaced."""
    return _SPACED.sub(lambda match: match.group().replace(" ", ""), _folded(own_words(body)))


def look_alike(body: str) -> str:
    """Return `body` normalised, with look-alike letters and drawn-out ones made plain."""
    return plain_letters(normalise(body.translate(_CAPITALS)))


def plain_letters(normalised: str) -> str:
    """Return normalised text in which look-alike letters and drawn-out ones are plain."""
    return _LONG_RUN.sub(r"\1", normalised.translate(_LOOK_ALIKES))


def sentences(body: str) -> tuple[tuple[str, ...], ...]:
    """Return the sentences of `body` as their clauses, each normalised with look-alikes plain."""
    text = _NUMBER_SIGN.sub(" number ", own_words(body).translate(_CAPITALS))
    found = (
        tuple(
            clause for part in _CLAUSE_END.split(each) if (clause := plain_letters(_folded(part)))
        )
        for each in _SENTENCE_END.split(text)
    )
    return tuple(clauses for clauses in found if clauses)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(_kept(character) for character in folded)
    return " ".join(kept.replace("\u0131", "i").split())


def _kept(character: str) -> str:
    if character.isalnum():
        return character
    category = unicodedata.category(character)
    if character in _APOSTROPHES or category in ("Cf", "Mn", "Me"):
        return ""
    return " " if category[0] in "PSZC" else character
