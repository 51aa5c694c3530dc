"""The words of a dossier: what the codes in it mean, for a person who never saw this service.

English only, as all that is for staff and reviewers; a code that has no words here is shown with
its underscores as spaces, so that a new one is never a blank.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from assent.campaigns.trace import Rule
from assent.clock import parse_iso

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from assent.campaigns.trace import Check

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

_UNEXPLAINED = "No rule forbade a text at its launch. Nothing that is kept says why none came."

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "requested": "Asked to get texts",
        "request_declined": "A sign-up was not taken",
        "confirmation_texted": "We texted a request to confirm",
        "confirmed": "Confirmed: agreed to get texts",
        "withdrawn": "Opted out",
        "started": "Texted START or YES: opted back in",
        "start_refused": "A START was not taken",
        "expired": "Did not answer in time",
        "held": "Texts rested until a person had read a reply",
        "released": "A person read the reply: texts may go on",
        "preferences_changed": "Changed their choices",
        "reminded": "We texted a reminder to confirm",
        "reconfirmation_asked": "We asked whether they still want texts",
        "reconfirmed": "Confirmed again",
        "erased": "Personal data was deleted",
        "restricted": "The use of their data was restricted",
        "restriction_lifted": "The restriction was lifted",
        "legal_hold_set": "A legal hold was set",
        "legal_hold_lifted": "The legal hold was lifted",
        "erasure_queued": "Deletion was asked for and waits for the end of a legal hold",
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "form": "on the sign-up form",
        "inbound_sms": "by a text from the phone",
        "code": "by the code that was texted to the phone",
        "link": "by the link that was texted to the phone",
        "provider": "told by the phone company",
        "staff": "entered by staff",
        "schedule": "by itself, when it was due",
        "import": "brought in from another system",
    }
)
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "none": "Never agreed",
        "pending": "Asked, not confirmed",
        "confirmed": "Agreed to get texts",
        "withdrawn": "Opted out",
        "expired": "Did not confirm in time",
    }
)
PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "campaign": "Marketing text",
        "confirmation": "Request to confirm",
        "confirmed_reply": "Answer to a confirmation",
        "opt_out_reply": "Answer to an opt-out",
        "help_reply": "Answer to HELP",
        "reminder": "Reminder to confirm",
        "reconfirmation": "Question whether they still want texts",
    }
)
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "sent": "Handed to the phone company",
        "refused": "Refused by the phone company: not sent",
        "in_doubt": "Not known whether it was sent; never tried again",
        "aborted": "Not sent",
        "throttled": "Not sent: the phone company was too busy",
    }
)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "not_under_way": "The campaign was not under way.",
        "already_claimed": "The campaign had begun to text them; what became of it is not known.",
        "stopped": "They had opted out of all texts of the brand.",
        "withdrawn": "They had opted out of this programme.",
        "not_confirmed": "They had not agreed to get texts of this programme.",
        "restricted": "The use of their data was restricted.",
        "held": "Texts rested until a person had read one of their replies.",
        "no_phone": "Their number had been deleted.",
        "paused": "They had asked for a pause.",
        "frequency_promise": "They had already had as many texts as the programme promises.",
        "frequency_choice": "They had already had as many texts as they had chosen.",
        "statutory_cap": "The law allowed no more texts in that span of hours.",
        "quiet_hours": "It was outside the hours in which a text is allowed.",
        "no_legal_hour": "There was no hour in which a text was allowed wherever they may live.",
        "segment": "They were not among the people whom the campaign was for.",
        "country": "The programme is not offered in their country.",
        "held_out": "They were in the group that is left out to measure the campaign's effect.",
        "permitted": _UNEXPLAINED,
        "window_overridden": _UNEXPLAINED,
    }
)
UNKNOWN: Mapping[str, str] = MappingProxyType(
    {
        "profile": "their profile",
        "programme": "the programme's terms",
        "law_data": "the table of legal hours and limits",
        "texts": "texts, of which the oldest are no longer kept",
    }
)
# What each rule says when it was met and when it was not. A gap is an input of the rule.
_RULES: Mapping[Rule, tuple[str, str]] = MappingProxyType(
    {
        Rule.CAMPAIGN: ("The campaign was under way.", "The campaign was not under way."),
        Rule.SEGMENT: (
            "They were among the people whom the campaign was for.",
            "They were not among the people whom the campaign was for.",
        ),
        Rule.COUNTRY: (
            "The programme is offered in their country ({country}).",
            "The programme is not offered in their country ({country}).",
        ),
        Rule.HOLD_OUT: (
            "They were not in the group that is left out to measure the effect.",
            "They were in the group ({percent}%) that is left out to measure the effect.",
        ),
        Rule.CLAIM: (
            "This campaign had not texted them before.",
            "This campaign had already begun to text them.",
        ),
        Rule.STOP: (
            "They had not opted out of the brand.",
            "They had opted out of the brand ({since}).",
        ),
        Rule.RESTRICTION: (
            "The use of their data was not restricted.",
            "The use of their data was restricted.",
        ),
        Rule.CONSENT: (
            "They had agreed to this programme, as event {seq} of their history left it.",
            "Their consent to this programme was: {status} (event {seq}).",
        ),
        Rule.HOLD: (
            "No reply of theirs was waiting to be read.",
            "A reply of theirs was waiting to be read (since {since}).",
        ),
        Rule.PHONE: ("Their number was on record.", "Their number had been deleted."),
        Rule.PAUSE: (
            "They had not asked for a pause.",
            "They had asked for a pause until {until}.",
        ),
        Rule.PROMISE: (
            "They had had {count} of at most {limit} texts in {days} days.",
            "They had already had {count} of at most {limit} texts in {days} days.",
        ),
        Rule.CAP: (
            "{jurisdiction} law: {count} of at most {limit} texts in {hours} hours.",
            "{jurisdiction} law: already {count} of at most {limit} texts in {hours} hours.",
        ),
        Rule.WINDOW: (
            "The hour was allowed by every clock they may live by ({zones}), under the rules of "
            "{rules_version} for {jurisdictions}.",
            "The hour was not allowed by every clock they may live by ({zones}), under the rules "
            "of {rules_version} for {jurisdictions}.",
        ),
    }
)
_OVERRIDDEN = "The hours were set aside by staff for this campaign, with a reason."
_PAUSE_OVER = "A pause that they had asked for was over ({until})."


def rule_sentence(check: Check) -> str:
    """Return what one rule's answer says."""
    if check.rule is Rule.WINDOW and check.inputs.get("state") == "overridden":
        return _OVERRIDDEN
    met, unmet = _RULES[check.rule]
    if check.rule is Rule.PAUSE and check.passed and check.values:
        met = _PAUSE_OVER
    told = {name: _spoken(name, value) for name, value in check.inputs.items()}
    return (met if check.passed else unmet).format_map(_Told(told))


class _Told(dict[str, str]):
    """An input that an older trace does not have is shown as not known."""

    def __missing__(self, name: str) -> str:
        return "not known"


def _spoken(name: str, value: str | int) -> str:
    if name in ("since", "until") and isinstance(value, str):
        return moment(parse_iso(value))
    return str(value)


def moment(at: datetime) -> str:
    """Return `23 November 2026 at 17:00:05 UTC`."""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} at {at:%H:%M:%S} UTC"


def said(words: Mapping[str, str], code: str) -> str:
    """Return the words of a code, or the code as words."""
    return words.get(code) or code.replace("_", " ").capitalize()
