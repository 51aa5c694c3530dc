"""What must hold before a campaign may start, whoever starts it.

The console, the API and the AWS Step Functions page all come through here, so that none of them is
the lenient door.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assent.audience.classes import spelled_out
from assent.campaigns.model import Definition, QuietHours
from assent.errors import InputError
from assent.messages.template import Template

if TYPE_CHECKING:
    from assent.audience.subscriber import Segment, SegmentStore
    from assent.programmes.model import Programme, ProgrammeStore

MAX_HOLD_OUT_PERCENT = 50
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Checked:
    """What a definition refers to, read once while checking it."""

    programme: Programme
    segment: Segment
    template: Template


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
        return Checked(programme, segment, template_of(definition, programme))


def template_of(definition: Definition, programme: Programme) -> Template:
    """Return the campaign's text, compiled. Raises InvalidTextError."""
    return Template.compile(
        definition.body,
        brand=programme.brand,
        programme=programme.name,
        locale=programme.locales[0],
    )


def _check_values(definition: Definition) -> None:
    if not definition.name.strip() or len(definition.name) > _MAX_NAME:
        message = f"A campaign's name has 1 to {_MAX_NAME} characters."
        raise InputError(message, field="name")
    if not 0 <= definition.hold_out_percent <= MAX_HOLD_OUT_PERCENT:
        message = f"The hold-out is 0 to {MAX_HOLD_OUT_PERCENT} percent."
        raise InputError(message, field="hold_out_percent")
    overrides = definition.quiet_hours is QuietHours.OVERRIDE
    if overrides and not (definition.quiet_hours_reason or "").strip():
        message = "Texting outside the permitted hours needs a reason."
        raise InputError(message, field="quiet_hours_reason")
