"""The decision about one person, with its reason, for each thing that may stand against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from assent.campaigns.may_send import Verdict, consent_objection, forgettable, may_send
from assent.campaigns.model import QuietHours
from assent.campaigns.trace import Check, Rule
from assent.campaigns.whereabouts import whereabouts_of
from assent.clock import iso
from assent.consent.model import Claim, Hold
from assent.errors import IllegalTransitionError, SubscriberNotFoundError
from assent.identifiers import CampaignId, ProgrammeId
from assent.law.windows import rules_version
from assent.law.zones import Basis, Whereabouts
from tests.unit.campaigns.world import CAMPAIGN, NOON, OFFERS, definition, person, running

NEW_YORK = whereabouts_of(person(1))
FLORIDA = whereabouts_of(
    replace(person(1), profile={"region": "FL", "time_zone": "America/New_York"})
)
NEWS = ProgrammeId("news")


def claims(*ages_in_hours: float, programme_id: ProgrammeId = OFFERS) -> dict[str, object]:
    at = {CampaignId(f"old_{n}"): age for n, age in enumerate(ages_in_hours)}
    return {
        "claims": MappingProxyType(
            {i: Claim(i, programme_id, NOON - timedelta(hours=age)) for i, age in at.items()}
        )
    }


def test_a_confirmed_person_may_be_texted_at_noon() -> None:
    decision = may_send(person(1), running(), NOON, NEW_YORK)
    assert (decision.verdict, decision.reason) == (Verdict.MAY, "permitted")
    told = {check.rule: check.inputs for check in decision.trace}
    assert told[Rule.CONSENT] == {"status": "confirmed", "epoch": 1, "seq": 0}
    assert told[Rule.PROMISE] == {"count": 0, "limit": 4, "days": 30, "promised": 4}
    assert told[Rule.WINDOW]["state"] == "open"
    assert told[Rule.WINDOW]["rules_version"] == rules_version()
    assert all(check.passed for check in decision.trace)


def test_this_campaigns_own_claim_forbids_another_text() -> None:
    mine = MappingProxyType({CAMPAIGN: Claim(CAMPAIGN, OFFERS, NOON)})
    decision = may_send(person(1, claims=mine), running(), NOON, NEW_YORK)
    assert (decision.verdict, decision.reason) == (Verdict.NO, "already_claimed")


def test_a_stop_after_this_campaigns_claim_does_not_hide_it() -> None:
    mine = MappingProxyType({CAMPAIGN: Claim(CAMPAIGN, OFFERS, NOON)})
    texted = person(1, claims=mine, stopped_at=NOON, consents=MappingProxyType({}))
    assert may_send(texted, running(), NOON, NEW_YORK).reason == "already_claimed"


@pytest.mark.parametrize(
    ("ends_in", "reason"), [(1, "paused"), (0, "permitted"), (-1, "permitted")]
)
def test_a_pause_lasts_until_its_instant(ends_in: int, reason: str) -> None:
    someone = person(1, paused_until=NOON + timedelta(seconds=ends_in))
    decision = may_send(someone, running(), NOON, NEW_YORK)
    assert decision.reason == reason
    (pause,) = (check for check in decision.trace if check.rule is Rule.PAUSE)
    assert pause.passed == (reason != "paused")
    assert pause.inputs == {"until": iso(NOON + timedelta(seconds=ends_in))}


def test_a_pause_does_not_shrink_the_plan_as_it_may_end_before_the_text_is_due() -> None:
    someone = person(1, paused_until=NOON + timedelta(days=1))
    assert consent_objection(someone.standing, running()) is None


@pytest.mark.parametrize(
    ("ages", "verdict"),
    [
        ((100, 200, 300), Verdict.MAY),
        ((100, 200, 300, 719), Verdict.NO),
        ((100, 200, 300, 720), Verdict.MAY),
    ],
    ids=["three", "the fourth just within 30 days", "the fourth 30 days ago"],
)
def test_the_promise_counts_any_thirty_days_in_a_row(
    ages: tuple[float, ...], verdict: Verdict
) -> None:
    assert may_send(person(1, **claims(*ages)), running(), NOON, NEW_YORK).verdict is verdict


def test_the_promise_of_one_programme_does_not_count_another() -> None:
    other = claims(100, 200, 300, 400, programme_id=NEWS)
    assert may_send(person(1, **other), running(), NOON, NEW_YORK).verdict is Verdict.MAY


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [(2, "frequency_choice"), (0, "frequency_choice"), (9, "permitted"), ("two", "permitted")],
    ids=["lower", "none at all", "more than promised", "not a number"],
)
def test_the_persons_lower_choice_binds(chosen: object, reason: str) -> None:
    someone = replace(
        person(1, **claims(100, 200)), profile=MappingProxyType({"max_per_month": chosen})
    )
    assert may_send(someone, running(), NOON, NEW_YORK).reason == reason


def test_a_statutory_cap_counts_every_programme_of_the_brand() -> None:
    other = person(1, **claims(1, 5, 23, programme_id=NEWS))
    decision = may_send(other, running(), NOON, FLORIDA)
    assert (decision.verdict, decision.reason) == (Verdict.NO, "statutory_cap")
    assert decision.trace[-1] == Check(Rule.CAP, False, ("US-FL", 3, 3, 24))


def test_a_statutory_cap_rolls() -> None:
    other = person(1, **claims(1, 5, 24, programme_id=NEWS))
    assert may_send(other, running(), NOON, FLORIDA).verdict is Verdict.MAY


def test_quiet_hours_say_when_to_try_again() -> None:
    midnight = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    decision = may_send(person(1), running(), midnight, NEW_YORK)
    assert (decision.verdict, decision.reason) == (Verdict.LATER, "quiet_hours")
    assert decision.at is not None
    assert timedelta(hours=7) < decision.at - midnight < timedelta(hours=13)


@pytest.mark.parametrize(
    ("before_closing", "verdict"), [(61, Verdict.MAY), (60, Verdict.LATER), (1, Verdict.LATER)]
)
def test_hours_close_a_minute_early(before_closing: int, verdict: Verdict) -> None:
    closing = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    now = closing - timedelta(seconds=before_closing)
    assert may_send(person(1), running(), now, NEW_YORK).verdict is verdict


def test_an_override_needs_no_window() -> None:
    override = running(
        definition=definition(quiet_hours=QuietHours.OVERRIDE, quiet_hours_reason="flood")
    )
    midnight = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    decision = may_send(person(1), override, midnight, NEW_YORK)
    assert (decision.verdict, decision.reason) == (Verdict.MAY, "window_overridden")


def test_a_person_whose_zone_nobody_knows_is_not_texted() -> None:
    nowhere = Whereabouts(NEW_YORK.jurisdictions, (), Basis.PROFILE_TIME_ZONE)
    decision = may_send(person(1), running(), NOON, nowhere)
    assert (decision.verdict, decision.reason) == (Verdict.NO, "no_legal_hour")


def test_a_campaign_that_was_never_launched_decides_nothing() -> None:
    with pytest.raises(IllegalTransitionError):
        may_send(person(1), running(frozen=None), NOON, NEW_YORK)


def test_an_erased_person_is_nowhere() -> None:
    with pytest.raises(SubscriberNotFoundError):
        whereabouts_of(person(1, phone=None))


def test_claims_are_forgotten_after_45_days() -> None:
    standing = person(1, **claims(24 * 44, 24 * 46)).standing
    assert forgettable(standing, NOON) == ("old_1",)


@pytest.mark.parametrize(
    ("standing", "reason", "last"),
    [
        ({"stopped_at": NOON}, "stopped", Rule.STOP),
        ({"consents": MappingProxyType({})}, "not_confirmed", Rule.CONSENT),
        ({"restricted_at": NOON}, "restricted", Rule.RESTRICTION),
        ({"hold": Hold("ambiguous", NOON)}, "held", Rule.HOLD),
        ({"phone": None}, "no_phone", Rule.PHONE),
    ],
    ids=["stopped", "never asked", "restricted", "held", "erased"],
)
def test_the_trace_ends_with_the_rule_that_decided(
    standing: dict[str, object], reason: str, last: Rule
) -> None:
    decision = may_send(person(1, **standing), running(), NOON, NEW_YORK)
    assert decision.reason == reason
    assert (decision.trace[-1].rule, decision.trace[-1].passed) == (last, False)
    assert all(check.passed for check in decision.trace[:-1])
