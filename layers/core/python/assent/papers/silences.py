"""Which campaigns did not text a person although they might have, and why.

Nothing is written about a person whom a campaign leaves out, for that would be a write for each of
millions; the rules are asked again instead, at the launch and at each later turn of the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.campaigns.may_send import Verdict
from assent.campaigns.past import decide_then, text_of
from assent.papers.dossier import Silence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from assent.campaigns.model import Campaign
    from assent.campaigns.past import PastDecision, Subject
    from assent.identifiers import ProgrammeId
    from assent.programmes.model import Programme


def silences(
    subject: Subject,
    campaigns: Sequence[Campaign],
    programmes: Mapping[ProgrammeId, Programme],
    now: datetime,
) -> list[Silence]:
    """Return the launched campaigns, oldest first, of programmes that the person's history names,
    that began after it did and left no text in the ledger."""
    if not subject.history:
        return []
    began = subject.history[0].event.at
    mine = {each.event.programme_id for each in subject.history}
    return [
        Silence(
            campaign, _why(subject, campaign, programmes[campaign.definition.programme_id], now)
        )
        for campaign in reversed(campaigns)
        if campaign.definition.programme_id in mine
        and campaign.definition.programme_id in programmes
        and began <= campaign.require_frozen().launched_at < now
        and text_of(subject, campaign) is None
    ]


def _why(subject: Subject, campaign: Campaign, programme: Programme, now: datetime) -> PastDecision:
    """Return the first refusal; without one, what the rules came to at the launch."""
    frozen = campaign.require_frozen()
    later = [
        entry.event.at
        for entry in subject.history
        if frozen.launched_at < entry.event.at < min(frozen.expires_at, now)
    ]
    found = [
        decide_then(subject, campaign, programme, at, now) for at in (frozen.launched_at, *later)
    ]
    return next((each for each in found if each.verdict is Verdict.NO), found[0])
