"""What must hold before a campaign may start, whoever starts it.

The console, the API and the AWS Step Functions page all come through here, so that none of them is
the lenient door.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.audience.classes import spelled_out
from assent.campaigns.model import Definition, QuietHours
from assent.campaigns.words import wordings_of
from assent.errors import InputError

if TYPE_CHECKING:
    from assent.audience.subscriber import Segment, SegmentStore
    from assent.campaigns.words import Wording
    from assent.programmes.model import Programme, ProgrammeStore

MAX_HOLD_OUT_PERCENT = 50
MAX_VARIANTS, MAX_WEIGHT = 5, 100
_MAX_NAME = 100
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_VARIANT = re.compile(r"[A-Za-z0-9_-]{1,20}")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a definition refers to, read once while checking it."""

    programme: Programme
    segment: Segment
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class DefinitionChecks:
    """Checks a definition against what exists today."""

    programmes: ProgrammeStore
    segments: SegmentStore

    def check(self, definition: Definition) -> Checked:
        """Return what the definition refers to.

        Raises InputError (name, hold-out, override without a reason), InvalidTextError,
        ProgrammeNotFoundError or SegmentNotFoundError.
        """
        _check_values(definition)
        programme = self.programmes.programme(definition.programme_id)
        segment = self.segments.segment(definition.segment_id)
        segment = replace(segment, rule=spelled_out(segment.rule, self.programmes))
        return Checked(programme, segment, wordings_of(definition, programme))


def _check_values(definition: Definition) -> None:
    if not definition.name.strip() or len(definition.name) > _MAX_NAME:
        message = f"A campaign's name has 1 to {_MAX_NAME} characters."
        raise InputError(message, field="name")
    if not 0 <= definition.hold_out_percent <= MAX_HOLD_OUT_PERCENT:
        message = f"The hold-out is 0 to {MAX_HOLD_OUT_PERCENT} percent."
        raise InputError(message, field="hold_out_percent")
    _check_variants(definition)
    _check_hours(definition)
    overrides = definition.quiet_hours is QuietHours.OVERRIDE
    if overrides and not (definition.quiet_hours_reason or "").strip():
        message = "Texting outside the permitted hours needs a reason."
        raise InputError(message, field="quiet_hours_reason")


def _check_hours(definition: Definition) -> None:
    if definition.hours is None:
        return
    opens, closes = definition.hours
    if not (_TIME.fullmatch(opens) and _TIME.fullmatch(closes) and opens < closes):
        message = "Give hours such as 10:00 and 18:00, the earlier first."
        raise InputError(message, field="hours")
    if definition.quiet_hours is QuietHours.OVERRIDE:
        message = "Hours of the campaign's own go with the law's, not with an override."
        raise InputError(message, field="hours")


def _check_variants(definition: Definition) -> None:
    names = [each.name for each in definition.variants]
    is_fit = len(names) <= MAX_VARIANTS and len(set(names)) == len(names) != 1
    is_fit = is_fit and all(_VARIANT.fullmatch(name) for name in names)
    if not is_fit or not all(1 <= each.weight <= MAX_WEIGHT for each in definition.variants):
        message = f"Try 2 to {MAX_VARIANTS} variants, each of a name and of weight 1 to 100."
        raise InputError(message, field="variants")
