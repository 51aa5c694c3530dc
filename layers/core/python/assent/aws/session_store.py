"""Staff sessions under the hash of their id, in the table of short-lived things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assent.aws.answers import translated
from assent.aws.tables import SessionItem, bind
from assent.sign_in.model import Challenge, Session, Step, Tokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoSessionStore:
    """A `SessionStore`."""

    def __init__(self, client: DynamoDBClient, control_table: str) -> None:
        self._items = bind(SessionItem, control_table, client)

    def put(self, digest: str, session: Session) -> None:
        tokens, challenge = session.tokens, session.challenge
        item = self._items(
            _pk(digest),
            proof=session.proof,
            until=session.until,
            username=session.username,
            expires_at=int(session.until.timestamp()),
        )
        if tokens is not None:
            item.id_token = tokens.id_token
            item.access_token = tokens.access_token
            item.refresh_token = tokens.refresh_token
            item.renew_at = tokens.expires_at
        if challenge is not None:
            item.step, item.ticket = challenge.step.value, challenge.ticket
        with translated():
            item.save()

    def session(self, digest: str) -> Session | None:
        try:
            with translated():
                item = self._items.get(_pk(digest), consistent_read=True)
        except self._items.DoesNotExist:
            return None
        tokens = challenge = None
        if item.id_token:
            tokens = Tokens(item.id_token, item.access_token, item.refresh_token, item.renew_at)
        if item.step:
            challenge = Challenge(Step(item.step), item.ticket, item.username)
        return Session(item.proof, item.until, item.username, tokens, challenge)

    def drop(self, digest: str) -> None:
        with translated():
            self._items(_pk(digest)).delete()


def _pk(digest: str) -> str:
    return f"session#{digest}"
