"""What a reader of the inbox is shown."""

from pydantic import Field

from assent.http.fields import Answer, NextCursor


class InboxItemShown(Answer):
    """One text from a person. `answers` is the provider's id of our text that it answers."""

    item_id: str
    box: str
    received_at: str
    subscriber_key: str | None = Field(description="Absent where the sender is no phone")
    body: str
    reason: str = Field(description="Why a person should read it")
    answers: str | None


class InboxPage(Answer):
    items: list[InboxItemShown]
    next_cursor: NextCursor = None
