"""The staff route to what people texted back and a person must read."""

from collections.abc import Callable
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from assent.clock import iso
from assent.http.cursors import PAGE, Cursors
from assent.http.parameters import CursorInQuery, LimitInQuery
from assent.http.resolver import Api
from assent.http.shapes_inbox import InboxItemShown, InboxPage
from assent.inbound.inbox import Box, InboxItem, InboxStore


def add_inbox(api: Api, store: Callable[[], InboxStore], cursors: Cursors) -> None:
    """Register the route."""

    @api.get("/v1/inbox", tags=["Inbox"])
    def read_inbox(
        box: Annotated[Literal["review", "feedback", "help"], Query()] = "review",
        limit: LimitInQuery = PAGE,
        cursor: CursorInQuery = None,
    ) -> InboxPage:
        """What people texted back that is no keyword, newest first. Those in `review` rest the
        marketing to their sender until they are read."""
        query = f"inbox {box}"
        items, more = store().page(Box(box), limit=limit, cursor=cursors.read(query, cursor))
        api.concerns(*(each.subscriber_key for each in items if each.subscriber_key))
        return InboxPage(
            items=[_shown(each) for each in items], next_cursor=cursors.issue(query, more)
        )


def _shown(item: InboxItem) -> InboxItemShown:
    return InboxItemShown(
        item_id=item.item_id,
        box=item.box.value,
        received_at=iso(item.at),
        subscriber_key=item.subscriber_key,
        body=item.body,
        reason=item.reason,
        answers=item.answers,
    )
