"""How a decision is shown: every rule with its inputs and its answer."""

from pydantic import Field

from assent.campaigns.past import PastCheck
from assent.campaigns.trace import Check, unpacked
from assent.http.fields import Answer


class RuleShown(Answer):
    """One rule's answer."""

    rule: str
    passed: bool
    inputs: dict[str, str | int]
    as_of_now: list[str] = Field(
        default_factory=list,
        description="What it rests on that is known only as it is today: `profile`, `programme`, "
        "`law_data`, or `texts` older than are kept. Empty: exact",
    )


class TextShown(Answer):
    """The campaign's text to this person, with the decision as it was made."""

    message_id: str
    sent_at: str
    outcome: str
    decision: list[RuleShown] | None = Field(description="Absent: the text came of no decision")


class DecisionShown(Answer):
    """What the rules come to for one person, one campaign and one instant."""

    subscriber_key: str
    campaign_id: str
    at: str
    verdict: str = Field(description="may, later or no")
    reason: str
    is_exact: bool = Field(description="Whether what decided rests on records alone")
    try_again_at: str | None = Field(description="When the verdict is `later`")
    rules: list[RuleShown]
    recorded: TextShown | None = Field(description="Absent: this campaign did not text the number")


def rules_of(decision: str | None) -> list[RuleShown] | None:
    """Return a packed decision as it is shown."""
    return None if decision is None else [rule_shown(each) for each in unpacked(decision)]


def rule_shown(check: Check, as_of_now: tuple[str, ...] = ()) -> RuleShown:
    """Return one rule's answer as it is shown."""
    return RuleShown(
        rule=check.rule.value,
        passed=check.passed,
        inputs=check.inputs,
        as_of_now=list(as_of_now),
    )


def past_rule(each: PastCheck) -> RuleShown:
    """Return one rule's answer as of a past instant as it is shown."""
    return rule_shown(each.check, each.as_of_now)
