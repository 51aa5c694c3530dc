"""The panic stop and a campaign's progress as staff read them."""

from pydantic import Field

from assent.http.fields import Answer


class StopShown(Answer):
    """Whether everything is stopped, and the campaigns that this request paused."""

    is_stopped: bool
    since: str | None
    by: str | None
    paused: list[str]


class GettingOn(Answer):
    """A campaign's progress, from its counters; they move at the end of each worker's turn."""

    status: str
    planned: int
    sent: int
    left: int = Field(description="People who have no fate yet")
    parts_sent: int
    rate_per_second: float = Field(description="Message parts a second over the last minute")
    done_at: str | None = Field(description="At that rate; unknown while nothing is sent")
    fates: dict[str, int]
    reasons: dict[str, int] = Field(description="By `fate:reason`")
    excluded: dict[str, int] = Field(description="Subscribers who were no candidates, by reason")
