"""What a rehearsal finds in the words: rules that are broken, and what a person should look at.

Broken rules forbid the launch. A programme that was changed after its wording was published may
promise today what nobody has read, and that is the same fault as no wording at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assent.campaigns.findings import name_of
from assent.campaigns.rehearsal import Note
from assent.programmes.disclosure import lint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assent.campaigns.checks import Checked
    from assent.campaigns.findings import Findings
    from assent.campaigns.model import Definition
    from assent.programmes.model import Disclosure, Programme

_LINK = re.compile(r"https://([^\s/?#{]+)", re.IGNORECASE)
# Carriers join more parts badly, and each is billed.
_LONG_PARTS = 4
_NOTABLE_SHARE = 0.05


def broken_rules(programme: Programme, disclosures: Sequence[Disclosure]) -> tuple[Note, ...]:
    """Return what forbids any text of this programme now."""
    if programme.locales[0] not in {each.locale for each in disclosures}:
        return (Note("no_disclosure", programme.locales[0]),)
    return tuple(
        Note("disclosure_lacks", f"{each.locale}: {missing.value}")
        for each in disclosures
        for missing in lint(each.text, programme)
    )


def warnings(definition: Definition, checked: Checked, findings: Findings) -> tuple[Note, ...]:
    """Return what is permitted and yet worth a look."""
    return (
        *_of_links(definition, checked),
        *_of_texts(findings),
        *_of_people(findings),
    )


def _of_links(definition: Definition, checked: Checked) -> Iterator[Note]:
    own = urlsplit(checked.programme.terms_url).hostname or ""
    for host in sorted({found.lower() for found in _LINK.findall(definition.body)}):
        if not _is_within(host, own):
            yield Note("link_to_other_host", host)


def _of_texts(findings: Findings) -> Iterator[Note]:
    for character, culprit in findings.culprits.items():
        if culprit.where == "text":
            yield Note("text_forces_ucs2", name_of(character))
    if any(parts >= _LONG_PARTS for parts in findings.parts):
        yield Note("long_text", f"{max(findings.parts)} parts")


def _of_people(findings: Findings) -> Iterator[Note]:
    if findings.over_promise:
        yield Note("over_promise", f"{findings.over_promise} people have had their texts")
    unable = findings.not_renderable.total()
    if unable > _NOTABLE_SHARE * (findings.recipients + unable):
        yield Note("not_renderable", f"{unable} people lack data that the text needs")
    if lost := findings.excluded["no_legal_hour"]:
        yield Note("no_legal_hour", f"{lost} people have no hour that is legal wherever they are")


def _is_within(host: str, own: str) -> bool:
    """Whether both hosts are one, or one lies below the other."""
    return host == own or host.endswith(f".{own}") or own.endswith(f".{host}")
