"""The staff routes to what people texted back and a person must read."""

from collections.abc import Callable
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.clock import iso
from assent.http.cursors import PAGE, Cursors
from assent.http.parameters import CursorInQuery, InboxItemInPath, LimitInQuery
from assent.http.resolver import Api
from assent.http.shapes_inbox import DecisionShown, InboxItemShown, InboxPage, NewDecision
from assent.inbound.deciding import Deciding
from assent.inbound.inbox import Box, InboxItem, InboxStore, Verdict
from assent.telemetry import count, record


def add_inbox(api: Api, store: Callable[[], InboxStore], cursors: Cursors) -> None:
    """Register the reading."""

    @api.get("/v1/inbox", tags=["Inbox"])
    def read_inbox(
        box: Annotated[Literal["review", "feedback", "help", "done"], Query()] = "review",
        limit: LimitInQuery = PAGE,
        cursor: CursorInQuery = None,
    ) -> InboxPage:
        """What people texted back that is no keyword, newest first. Those in `review` rest the
        marketing to their sender until they are decided; those in `done` were."""
        query = f"inbox {box}"
        items, more = store().page(Box(box), limit=limit, cursor=cursors.read(query, cursor))
        api.concerns(*(each.subscriber_key for each in items if each.subscriber_key))
        return InboxPage(
            items=[_shown(each) for each in items], next_cursor=cursors.issue(query, more)
        )


def add_decisions(api: Api, deciding: Callable[[], Deciding]) -> None:
    """Register the deciding, on the function that may write consent."""

    @api.post("/v1/inbox/<item_id>/decision", tags=["Inbox"])
    def decide_item(item_id: InboxItemInPath, body: NewDecision) -> InboxItemShown:
        """Decide what a text asked for. `opt_out` is recorded as the person's opt-out with the text
        as its proof, `release` lets marketing go on (unless another text of theirs waits), `done`
        files what holds nothing. The same again changes nothing; another decision is refused."""
        by = api.staff.subject
        item = deciding().decide(item_id, Verdict(body.decision), by, body.note)
        api.concerns(*([item.subscriber_key] if item.subscriber_key else []))
        count("InboxDecided")
        record("inbox_decided", {"reason": body.decision, "by": by})
        return _shown(item)


def _shown(item: InboxItem) -> InboxItemShown:
    decision = item.decision
    return InboxItemShown(
        item_id=item.item_id,
        box=item.box.value,
        received_at=iso(item.at),
        subscriber_key=item.subscriber_key,
        body=item.body,
        reason=item.reason,
        answers=item.answers,
        was_in=item.was_in.value if item.was_in else None,
        decision=DecisionShown(
            decision=decision.verdict.value,
            by=decision.by,
            at=iso(decision.at),
            note=decision.note,
        )
        if decision
        else None,
    )
