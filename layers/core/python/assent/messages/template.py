"""The words of a campaign: a text with placeholders, checked when written, merged when sent.

A person whose data lacks what the text needs is not texted at all, never as "Hi None". Values are
data: they are inserted once, cleaned, and can become neither template nor link.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assent.errors import InvalidTextError
from assent.messages.alphabet import count_parts
from assent.messages.blotting import blotted
from assent.messages.grammar import FILTERS, check_tree
from assent.messages.links import check_links, looks_like_link
from assent.messages.lint import check_gaps, check_words
from assent.messages.tracked import without_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

# SNS Publish and End User Messaging: 1,600 characters in one request.
MAX_LENGTH = 1600
_MAX_VALUE = 200

BRAND, PROGRAMME = "brand", "programme"
LISTS = frozenset({"topics"})
# Made for each person when the text is sent; see `campaigns.personal_links`.
LINKS = frozenset({"unsubscribe_link", "preferences_link"})
PLACEHOLDERS = (
    LISTS
    | LINKS
    | {
        BRAND,
        PROGRAMME,
        "first_name",
        "last_name",
        "birth_year",
        "postal_code",
        "region",
        "locale",
        "max_per_month",
    }
)

# STOP is the keyword that AWS answers in every language; all of these are GSM-7.
_OPT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "en": "Reply STOP to end",
        "es": "Responde STOP para cancelar",
        "fr": "Envoyez STOP pour arreter",
        "de": "STOP senden zum Abmelden",
        "it": "Rispondi STOP per annullare",
        "nl": "Antwoord STOP om te stoppen",
        "pt": "Responda STOP para cancelar",
        "sv": "Svara STOP för att avsluta",
        "da": "Svar STOP for at afmelde",
        "nb": "Svar STOP for å avslutte",
        "fi": "Vastaa STOP lopettaaksesi",
        "pl": "Wyslij STOP aby zrezygnowac",
    }
)
# An instruction, not just the word: "Don't STOP now" tells nobody how to opt out.
_SAYS_STOP = re.compile(
    r"(?i:\b(?:reply|text|txt|send|respond\w*|env[ií]a\w*|envoye[rz]|r[ée]pond\w*|antwort\w*|sende"
    r"|rispond\w*|antwoord|svara?|vastaa|wy[sś]lij)\b)"
    r"[^.!?\n]{0,20}\bSTOP\b"
    r"|\bSTOP\s*(?i:=|2\s?end|to\s(?:end|opt|unsub|cancel|quit|stop)|pour\b|para\b|zum\b|au\s\d|senden\b)"
)

# Controls, direction overrides, invisible marks and unpaired surrogates: unseen, or read otherwise
# than written. A line break is the one control that a text (not a value) may hold.
_UNSEEN = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff"
)
_UNSEEN_IN_BODY = re.compile(f"[{_UNSEEN}]")
_UNSEEN_IN_VALUE = re.compile(f"[{_UNSEEN}\n]+")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it will be sent, and the parts it is billed as. `secrets` are the ends of its
    links: whoever reads them can act for their reader."""

    body: str
    parts: int
    secrets: tuple[str, ...] = ()

    @property
    def kept(self) -> str:
        """The body as it is kept: with the secrets blotted out."""
        return blotted(self.body, self.secrets)


@dataclass(frozen=True, slots=True)
class NotRenderable:
    """This person gets no text: `missing` placeholders have neither value nor default, or, when
    none are named, the merged text is longer than a text may be."""

    missing: tuple[str, ...]

    @property
    def reason(self) -> str:
        return "missing_data" if self.missing else "too_long"


@dataclass(frozen=True, slots=True)
class Template:
    """A checked text. `tracked` are the targets of links that are followed, by placeholder."""

    placeholders: frozenset[str]
    _prefix: str
    _suffix: str
    _constants: Mapping[str, str]
    _jinja: jinja2.Template
    tracked: Mapping[str, str]

    @classmethod
    def compile(cls, body: str, *, brand: str, programme: str = "", locale: str = "en") -> Template:
        """Return the template for `body`, with the brand's name put before it and the way to opt
        out after it where the text itself does not always say them.

        `locale` is the language of the text. Raises InvalidTextError.
        """
        return _compile(body, brand, programme, locale)

    @property
    def adds_brand(self) -> bool:
        """Whether the brand's name is put before a text that does not always say it."""
        return bool(self._prefix)

    @property
    def adds_opt_out(self) -> bool:
        """Whether the way to opt out is put after a text that does not always say it."""
        return bool(self._suffix)

    @property
    def link_names(self) -> frozenset[str]:
        """The placeholders that stand for links of the person's own."""
        return self.placeholders & LINKS

    @property
    def _all_links(self) -> frozenset[str]:
        return self.link_names | self.tracked.keys()

    def render(
        self, fields: Mapping[str, object], links: Mapping[str, str] = MappingProxyType({})
    ) -> Rendered | NotRenderable:
        """Merge one person's `fields`, and the addresses of `links` that the text names; names
        that the text does not use are ignored."""
        gaps: list[str] = []
        own = self._all_links
        values = {name: self._value(name, fields, gaps) for name in self.placeholders - own}
        values |= {name: links.get(name) or _Gap(name, gaps) for name in own}
        merged = self._prefix + self._jinja.render(values) + self._suffix
        if gaps:
            return NotRenderable(tuple(dict.fromkeys(gaps)))
        if len(merged) > MAX_LENGTH:
            return NotRenderable(())
        secrets = tuple(links[name].rpartition("/")[2] for name in sorted(own))
        return Rendered(merged, count_parts(merged).parts, secrets)

    def _value(self, name: str, fields: Mapping[str, object], gaps: list[str]) -> object:
        if name in self._constants:
            return self._constants[name]
        value = fields.get(name)
        if name in LISTS and isinstance(value, list | tuple):
            return tuple(_clean(each) for each in value if isinstance(each, str))
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        cleaned = _clean(value) if isinstance(value, str) else ""
        return cleaned or _Gap(name, gaps)


class _Gap(jinja2.Undefined):
    """A value that is not known: false in conditions, replaced by `default`, and noted in the
    render's own list when the text would show it."""

    def __init__(self, name: str, gaps: list[str]) -> None:
        super().__init__(name=name)
        self._gaps = gaps

    def __str__(self) -> str:
        self._gaps.append(str(self._undefined_name))
        return ""


def _clean(value: str) -> str:
    """Return the value on one line without what cannot be seen; empty if it would be a link."""
    if not value.isprintable():
        value = _UNSEEN_IN_VALUE.sub(" ", value)
    value = value[:_MAX_VALUE].strip()
    return "" if looks_like_link(value) else value


# --- Compiling -----------------------------------------------------------------------------------


@functools.cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=0,
    )
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.filters.update(
        # Jinja's own make a str of their input in ways of their own; a gap must stay one.
        title=_of_text(str.title),
        upper=_of_text(str.upper),
        lower=_of_text(str.lower),
    )
    environment.filters["trim"] = _of_text(str.strip)
    environment.globals.clear()
    return environment


def _of_text(change: Any) -> Any:
    def apply(value: object) -> object:
        return value if isinstance(value, _Gap) else change(str(value))

    return apply


@functools.lru_cache(maxsize=256)
def _compile(body: str, brand: str, programme: str, locale: str) -> Template:
    _check_body(body)
    written, tracked = without_targets(body)
    links = LINKS | tracked.keys()
    tree = _parse(written)
    check_tree(tree, PLACEHOLDERS | tracked.keys(), LISTS, links)
    check_gaps(tree, links)
    said, always = _always_said(tree)
    check_words(tree)
    names = frozenset(node.name for node in tree.find_all(nodes.Name))
    prefix = "" if BRAND in always or _names(brand, said) else f"{brand}: "
    suffix = "" if _SAYS_STOP.search(said) else "\n" + _opt_out(locale)
    if len(prefix) + len(said) + len(suffix) > MAX_LENGTH:
        raise _too_long()
    return Template(
        placeholders=names,
        _prefix=prefix,
        _suffix=suffix,
        _constants=MappingProxyType({BRAND: brand, PROGRAMME: programme}),
        _jinja=_environment().from_string(tree),
        tracked=MappingProxyType(tracked),
    )


def _opt_out(locale: str) -> str:
    return _OPT_OUT.get(locale.replace("_", "-").split("-", maxsplit=1)[0].lower(), _OPT_OUT["en"])


def _names(brand: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(brand)}(?!\w)", said, re.IGNORECASE) is not None


def _check_body(body: str) -> None:
    if not body.strip():
        raise InvalidTextError("Write a text.", field="body")
    if len(body) > MAX_LENGTH:
        raise _too_long()
    if found := _UNSEEN_IN_BODY.search(body):
        message = f"The text has an invisible character (U+{ord(found[0]):04X}) at {found.start()}."
        raise InvalidTextError(message, field="body")
    check_links(body)


def _too_long() -> InvalidTextError:
    return InvalidTextError(f"A text has at most {MAX_LENGTH} characters.", field="body")


def _parse(body: str) -> nodes.Template:
    try:
        return _environment().parse(body)
    except jinja2.TemplateSyntaxError as error:
        message = f"The placeholders cannot be read: {error.message}"
        raise InvalidTextError(message, field="body") from None
    except RecursionError:
        raise InvalidTextError("Conditions are nested too deeply.", field="body") from None


def _always_said(tree: nodes.Template) -> tuple[str, set[str]]:
    """Return the words and the placeholders that stand outside every condition."""
    shown = [part for node in tree.body if isinstance(node, nodes.Output) for part in node.nodes]
    words = "\n".join(part.data for part in shown if isinstance(part, nodes.TemplateData))
    return words, {part.name for part in shown if isinstance(part, nodes.Name)}
