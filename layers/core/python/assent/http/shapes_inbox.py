"""What a reader of the inbox is shown, and decides."""

from typing import Literal

from pydantic import Field

from assent.http.fields import Answer, Body, Line, NextCursor


class NewDecision(Body):
    """What a reader made of a text."""

    decision: Literal["opt_out", "release", "done"]
    note: Line | None = Field(default=None, description="Why; kept with the text")


class DecisionShown(Answer):
    decision: str
    by: str = Field(description="The pool's stable id of the person")
    at: str
    note: str | None


class InboxItemShown(Answer):
    """One text from a person. `answers` is the provider's id of our text that it answers."""

    item_id: str
    box: str
    received_at: str
    subscriber_key: str | None = Field(description="Absent where the sender is no phone")
    body: str
    reason: str = Field(description="Why a person should read it")
    answers: str | None
    was_in: str | None = Field(description="The box that a decided text came from")
    decision: DecisionShown | None = Field(
        description="Beside a text that is not in `done`: under way; send the same again"
    )


class InboxPage(Answer):
    items: list[InboxItemShown]
    next_cursor: NextCursor = None
