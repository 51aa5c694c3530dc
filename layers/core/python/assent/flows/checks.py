"""What must hold before a flow may be activated: its values, its words, its programme's wording.

There is no audience yet to rehearse with, so each text is tried on nobody: with defaults alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assent.audience.facts import BEHAVIOUR
from assent.campaigns.lint import broken_rules
from assent.campaigns.personal_links import links_in, tracked_in
from assent.campaigns.rehearsal import Note
from assent.campaigns.words import wordings_of
from assent.consent.model import Standing
from assent.errors import InputError
from assent.flows.as_campaign import definition_of, link_id_of
from assent.flows.model import LEAST_RE_ENTRY_DAYS, Occasion
from assent.identifiers import SubscriberKey
from assent.messages.alphabet import Encoding, count_parts
from assent.messages.culprits import culprits
from assent.messages.template import NotRenderable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assent.campaigns.personal_links import PersonalLinks
    from assent.flows.model import Flow, Plan
    from assent.messages.template import Template
    from assent.programmes.model import Programme, ProgrammeStore

MAX_STEPS, MAX_HOURS, MAX_DAYS = 8, 24 * 365, 730
_MAX_NAME = 100
_LONG_PARTS = 4
_LINK = re.compile(r"https://([^\s/?#{]+)", re.IGNORECASE)
_NOBODY = Standing(SubscriberKey("k0_nobody"), None)


@dataclass(frozen=True, slots=True)
class StepChecked:
    """How one step's text comes out in one language: `text` is None where somebody without data
    would get none, and `missing` names what it lacks then."""

    step: int
    locale: str
    text: str | None
    parts: int | None
    encoding: str | None
    adds_brand: bool
    adds_opt_out: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowChecked:
    """`errors` forbid activation; `warnings` are worth a look."""

    steps: tuple[StepChecked, ...]
    errors: tuple[Note, ...]
    warnings: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class FlowChecks:
    """Checks flows against what exists today. `links` are as long as those of the sending."""

    programmes: ProgrammeStore
    links: PersonalLinks

    def check_plan(self, plan: Plan) -> Programme:
        """Return the flow's programme. Raises InputError naming the field, InvalidTextError and
        ProgrammeNotFoundError; words are checked by `check`."""
        _check_values(plan)
        return self.programmes.programme(plan.programme_id)

    def check(self, flow: Flow) -> FlowChecked:
        """Return how the texts come out. Raises what `check_plan` raises and InvalidTextError."""
        programme = self.check_plan(flow.plan)
        disclosures = self.programmes.latest_disclosures(programme.programme_id)
        steps = tuple(
            self._tried(flow, number, locale, text)
            for number in range(len(flow.plan.steps))
            for wording in wordings_of(definition_of(flow, number), programme)
            for locale, text in wording.texts.items()
        )
        warnings = (*_of_words(flow.plan, programme), *_of_texts(steps))
        return FlowChecked(steps, broken_rules(programme, disclosures), warnings)

    def _tried(self, flow: Flow, number: int, locale: str, text: Template) -> StepChecked:
        own = links_in(text, self.links, _NOBODY, flow.plan.programme_id)
        followed = tracked_in(text, {}, self.links, _NOBODY, link_id_of(flow.flow_id, number))
        rendered = text.render({}, {**own, **followed})
        body = None if isinstance(rendered, NotRenderable) else rendered.body
        counted = count_parts(body) if body is not None else None
        return StepChecked(
            step=number + 1,
            locale=locale,
            text=body,
            parts=counted.parts if counted else None,
            encoding=counted.encoding.value if counted else None,
            adds_brand=text.adds_brand,
            adds_opt_out=text.adds_opt_out,
            missing=rendered.missing if isinstance(rendered, NotRenderable) else (),
        )


def _of_words(plan: Plan, programme: Programme) -> Iterator[Note]:
    own = urlsplit(programme.terms_url).hostname or ""
    for number, step in enumerate(plan.steps, 1):
        said = " ".join((step.body, *step.others.values()))
        for host in sorted({found.lower() for found in _LINK.findall(said)}):
            is_own = host == own or host.endswith(f".{own}") or own.endswith(f".{host}")
            if not is_own:
                yield Note("link_to_other_host", f"step {number}: {host}")
    if len(plan.steps) > programme.max_per_month:
        yield Note("over_promise", f"{programme.max_per_month} texts a month are promised")


def _of_texts(steps: Sequence[StepChecked]) -> Iterator[Note]:
    for each in steps:
        where = f"step {each.step} ({each.locale})"
        if each.missing:
            yield Note("needs_data", f"{where}: {', '.join(each.missing)}")
        if each.parts is not None and each.parts >= _LONG_PARTS:
            yield Note("long_text", f"{where}: {each.parts} parts")
        if each.text is not None and each.encoding == Encoding.UCS_2.value:
            for culprit in culprits(each.text):
                yield Note("text_forces_ucs2", f"{where}: {culprit.name}")


def _check_values(plan: Plan) -> None:
    if not plan.name.strip() or len(plan.name) > _MAX_NAME:
        message = f"A flow's name has 1 to {_MAX_NAME} characters."
        raise InputError(message, field="name")
    if not 1 <= len(plan.steps) <= MAX_STEPS:
        message = f"A flow has 1 to {MAX_STEPS} steps."
        raise InputError(message, field="steps")
    if not all(0 <= step.after_hours <= MAX_HOURS for step in plan.steps):
        message = f"A step comes after 0 to {MAX_HOURS} hours."
        raise InputError(message, field="steps")
    if plan.goal is not None and plan.goal not in BEHAVIOUR:
        message = f"A goal is one of {', '.join(sorted(BEHAVIOUR))}."
        raise InputError(message, field="goal")
    again = plan.re_entry_days
    if again is not None and not LEAST_RE_ENTRY_DAYS <= again <= MAX_DAYS:
        message = f"People enter again after {LEAST_RE_ENTRY_DAYS} to {MAX_DAYS} days, or never."
        raise InputError(message, field="re_entry_days")
    _check_trigger(plan)


def _check_trigger(plan: Plan) -> None:
    days = plan.trigger.days
    if plan.trigger.occasion is Occasion.INACTIVITY:
        if days is None or not 1 <= days <= MAX_DAYS:
            message = f"Inactivity is of 1 to {MAX_DAYS} days."
            raise InputError(message, field="trigger")
    elif days is not None:
        message = "Only inactivity is counted in days."
        raise InputError(message, field="trigger")
