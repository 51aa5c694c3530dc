"""One hash of everything that a rehearsal's result depends on, so that a change makes it stale.

Whole records are hashed and not their version numbers alone: what two versions say may differ
where a store was restored, and a field that is added later is covered without anybody's thought.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from assent.audience import rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assent.campaigns.checks import Checked
    from assent.campaigns.model import Definition
    from assent.programmes.model import Disclosure


def fingerprint(definition: Definition, checked: Checked, disclosures: Sequence[Disclosure]) -> str:
    """Return SHA-256 in hex over the definition, the segment's rule, the programme, and the newest
    wording of each locale."""
    said = {
        "definition": definition,
        "segment": [checked.segment.version, rules.to_json(checked.segment.rule)],
        "programme": checked.programme,
        "disclosures": sorted([each.locale, each.version, each.digest] for each in disclosures),
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """Return JSON's own kind for what it does not know: records, mappings, sets and instants."""
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(map(str, value))
    return str(value)
