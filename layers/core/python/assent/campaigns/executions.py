"""Naming and starting the executions of a campaign's state machine.

A name is used once for 90 days, so a run whose execution died before it was taken up needs the next
free one; the range is short, so that a campaign that cannot start does not try for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.errors import TryAgainError

if TYPE_CHECKING:
    from assent.campaigns.model import Campaign, Workflow

_NAMES_PER_RUN = 9


def start_execution(workflow: Workflow, campaign: Campaign) -> str:
    """Start an execution that will take the campaign up as its next run; return its name.

    Starting one too many is harmless: `Preparing` lets only one proceed. Raises TryAgainError when
    every name of this run has been used.
    """
    first = campaign.run + 1
    for number in range(first, first + _NAMES_PER_RUN):
        name = f"{campaign.campaign_id}-r{number}"
        if workflow.start(name, {"campaign_id": campaign.campaign_id}):
            return name
    message = "The campaign could not be started; every attempt of this run has failed."
    raise TryAgainError(message, retry_after_seconds=900)
