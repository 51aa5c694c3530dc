"""Staff accounts: made on demand in the local Cognito, signed in the way an administrator's script
would.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.local.cloud import Cloud


# Known on purpose: these people exist on this machine only, and somebody must try the console.
PASSWORD = "Local-only-password-1"  # noqa: S105


@dataclass(frozen=True)
class Token:
    """A Cognito ID token. expires_in in seconds."""

    token: str
    expires_in: int


class UnknownGroupError(LookupError):
    """The user pool has no such group."""


class Staff:
    """Gives out tokens for people of a group."""

    def __init__(self, cloud: Cloud, pool_id: str, client_id: str) -> None:
        self._cloud = cloud
        self._pool_id = pool_id
        self._client_id = client_id
        self._passwords: dict[str, str] = {}
        self._lock = threading.Lock()

    def token(self, group: str, user: str | None = None) -> Token:
        """A fresh ID token for a member of the group (by default "<group>@example.com").

        Raises UnknownGroupError when the template declares no such group.
        """
        name = user or f"{group}@example.com"
        client = self._cloud.client("cognito-idp")
        with self._lock:
            if name not in self._passwords:
                self._create(name)
            try:
                client.admin_add_user_to_group(
                    UserPoolId=self._pool_id, Username=name, GroupName=group
                )
            except client.exceptions.ResourceNotFoundException as error:
                raise UnknownGroupError(group) from error
        result = client.admin_initiate_auth(
            UserPoolId=self._pool_id,
            ClientId=self._client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": self._passwords[name]},
        )["AuthenticationResult"]
        return Token(result["IdToken"], int(result["ExpiresIn"]))

    def _create(self, name: str) -> None:
        client = self._cloud.client("cognito-idp")
        password = PASSWORD
        with contextlib.suppress(client.exceptions.UsernameExistsException):
            client.admin_create_user(
                UserPoolId=self._pool_id,
                Username=name,
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": "email", "Value": name},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
        client.admin_set_user_password(
            UserPoolId=self._pool_id, Username=name, Password=password, Permanent=True
        )
        self._passwords[name] = password
