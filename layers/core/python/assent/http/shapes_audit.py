"""What a reviewer of the staff's own doings is shown."""

from pydantic import Field

from assent.http.fields import Answer, NextCursor


class AuditEntryShown(Answer):
    """One entry of the staff audit, with what its hash covers."""

    at: str
    actor: str = Field(description="The pool's stable id of the person")
    groups: list[str]
    action: str
    outcome: str = Field(
        description="`begun` stands before a change; `done`, `refused`, `forbidden` or `failed` is "
        "how the request ended"
    )
    route: str
    request_id: str
    about: str | None = Field(description="The campaign, export or the like that was named")
    subscriber_key: str | None = Field(description="Absent where no one person is concerned")
    shard: int = Field(description="The chain that the entry stands in")
    seq: int = Field(description="Its place there, from 1")
    previous_hash: str
    hash: str
    is_intact: bool = Field(
        description="Whether the entry is what its hash says and, where the one before it is on "
        "the page, follows that one"
    )


class AuditPage(Answer):
    items: list[AuditEntryShown]
    next_cursor: NextCursor = None
