"""The reviewer's route that says why a campaign texted a number, or why it did not."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.campaigns.past import PastDecision
from assent.campaigns.past_service import PastDecisions
from assent.clock import iso
from assent.consent.model import PhoneKeys
from assent.http.parameters import PhoneInQuery, instant_in, phone_in
from assent.http.resolver import Api
from assent.http.shapes_decisions import DecisionShown, TextShown, past_rule, rules_of
from assent.identifiers import CampaignId
from assent.messages.ledger import LedgerRow
from assent.telemetry import count


def add_decisions(
    api: Api, decisions: Callable[[], PastDecisions], keys: Callable[[], PhoneKeys]
) -> None:
    """Register the route."""

    @api.get("/v1/decisions", tags=["Evidence"])
    def read_decision(
        phone: PhoneInQuery,
        campaign_id: Annotated[str, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")],
        at: Annotated[
            str | None,
            Query(
                description="ISO 8601 with an offset, not in the future. If absent: when the "
                "campaign texted the number, else when it was launched, or now while it runs"
            ),
        ] = None,
    ) -> DecisionShown:
        """Why a campaign texted a number, or why it did not: the rules asked again as of an instant
        on what was known then. Each rule says what in it is known only as it is today."""
        number = phone_in(phone)
        key = keys().key_of(number)
        api.concerns(key)
        api.about(campaign_id)
        desk = decisions()
        instant = None if at is None else _instant(at, desk.clock.now())
        found = desk.decide(desk.subject(key, number), CampaignId(campaign_id), instant)
        count("DecisionQueried")
        return _shown(key, found)


def _instant(raw: str, now: datetime) -> datetime:
    return instant_in(
        raw, now, "Nobody knows what will be decided: ask for an instant in the past."
    )


def _shown(key: str, found: PastDecision) -> DecisionShown:
    return DecisionShown(
        subscriber_key=key,
        campaign_id=found.campaign.campaign_id,
        at=iso(found.at),
        verdict=found.verdict.value,
        reason=found.reason,
        is_exact=found.is_exact,
        try_again_at=iso(found.try_again_at) if found.try_again_at else None,
        rules=[past_rule(each) for each in found.checks],
        recorded=_text(found.recorded) if found.recorded else None,
    )


def _text(row: LedgerRow) -> TextShown:
    return TextShown(
        message_id=row.sent_id,
        sent_at=iso(row.claimed_at),
        outcome=row.outcome.value,
        decision=rules_of(row.decision),
    )
