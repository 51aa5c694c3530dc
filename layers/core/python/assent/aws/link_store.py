"""Links under the hash of their token, in the table of short-lived things."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.tables import LinkItem, bind
from assent.errors import AlreadyExistsError
from assent.identifiers import ProgrammeId, SubscriberKey
from assent.links.model import Link, LinkPurpose

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# While an expired link is still here its page can say so; after that nobody knows it.
KEPT_AFTER_EXPIRY = timedelta(days=30)


class DynamoLinkStore:
    """A `LinkStore`."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._items = bind(LinkItem, control_table, client)

    def put(self, digest: str, link: Link) -> None:
        item = self._items(
            _pk(digest),
            purpose=link.purpose.value,
            subscriber_key=link.subscriber_key,
            programme_id=link.programme_id,
            epoch=link.epoch,
            link_expires_at=link.expires_at,
            expires_at=int((link.expires_at + KEPT_AFTER_EXPIRY).timestamp()),
        )
        with translated(AlreadyExistsError("This link exists.")):
            item.save(condition=LinkItem.pk.does_not_exist())

    def link(self, digest: str) -> Link | None:
        try:
            with translated():
                item = self._items.get(_pk(digest), consistent_read=True)
        except self._items.DoesNotExist:
            return None
        return Link(
            purpose=LinkPurpose(item.purpose),
            subscriber_key=SubscriberKey(item.subscriber_key),
            programme_id=ProgrammeId(item.programme_id),
            epoch=int(item.epoch),
            expires_at=item.link_expires_at,
        )


def _pk(digest: str) -> str:
    return f"link#{digest}"
