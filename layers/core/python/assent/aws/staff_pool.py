"""Staff in a Cognito user pool, asked from the server: a browser never holds a token."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from assent.errors import TryAgainError
from assent.sign_in.model import (
    Challenge,
    PasswordRefusedError,
    SignedOutError,
    SignInRefusedError,
    Step,
    Tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from assent.clock import Clock

_STEPS = {"NEW_PASSWORD_REQUIRED": Step.NEW_PASSWORD, "SOFTWARE_TOKEN_MFA": Step.CODE}
_NAMES = {step: name for name, step in _STEPS.items()}
_ANSWERS = {Step.NEW_PASSWORD: "NEW_PASSWORD", Step.CODE: "SOFTWARE_TOKEN_MFA_CODE"}
# Who is unknown, locked, wrong or too late hears the same.
_REFUSED = frozenset(
    {
        "NotAuthorizedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
        "CodeMismatchException",
        "ExpiredCodeException",
        "ResourceNotFoundException",
        "InvalidParameterException",
    }
)


class CognitoStaffPool:
    """A `StaffPool`."""

    def __init__(
        self,
        client: CognitoIdentityProviderClient,
        pool_id: str,
        client_id: str,
        clock: Clock,
    ) -> None:
        self._client, self._pool_id, self._client_id = client, pool_id, client_id
        self._clock = clock

    def begin(self, username: str, password: str) -> Tokens | Challenge:
        given = {"USERNAME": username, "PASSWORD": password}
        return self._gained(username, self._start("ADMIN_USER_PASSWORD_AUTH", given), "")

    def answer(self, challenge: Challenge, answer: str) -> Tokens | Challenge:
        given = {"USERNAME": challenge.username, _ANSWERS[challenge.step]: answer}
        found = _asked(
            lambda: self._client.admin_respond_to_auth_challenge(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                ChallengeName=_NAMES[challenge.step],  # type: ignore[arg-type]
                ChallengeResponses=given,
                Session=challenge.ticket,
            )
        )
        return self._gained(challenge.username, found, "")

    def refresh(self, username: str, refresh_token: str) -> Tokens:
        try:
            found = self._start("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": refresh_token})
        except SignInRefusedError:
            message = "Sign in again."
            raise SignedOutError(message) from None
        gained = self._gained(username, found, refresh_token)
        if isinstance(gained, Challenge):
            message = "Sign in again."
            raise SignedOutError(message)
        return gained

    def forget(self, username: str) -> None:
        _asked(
            lambda: self._client.admin_user_global_sign_out(
                UserPoolId=self._pool_id, Username=username
            )
        )

    def _start(self, flow: str, given: Mapping[str, str]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = _asked(
            lambda: self._client.admin_initiate_auth(
                UserPoolId=self._pool_id,
                ClientId=self._client_id,
                AuthFlow=flow,  # type: ignore[arg-type]
                AuthParameters=given,
            )
        )
        return found

    def _gained(
        self, username: str, found: Mapping[str, Any], refresh_token: str
    ) -> Tokens | Challenge:
        name = found.get("ChallengeName")
        if name in _STEPS:
            return Challenge(_STEPS[name], str(found["Session"]), username)
        result = found.get("AuthenticationResult")
        if not result:
            raise SignInRefusedError("Ask your administrator: this way in is not set up here.")
        return Tokens(
            id_token=result["IdToken"],
            access_token=result["AccessToken"],
            refresh_token=result.get("RefreshToken") or refresh_token,
            expires_at=self._clock.now() + timedelta(seconds=int(result["ExpiresIn"])),
        )


def _asked(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "InvalidPasswordException":
            message = "Choose a password of at least 14 characters."
            raise PasswordRefusedError(message, field="password") from None
        if code in _REFUSED:
            raise SignInRefusedError("Check your email address, password and code.") from None
        message = "Sign-in is busy. Try again in a moment."
        raise TryAgainError(message) from error
    except BotoCoreError as error:
        message = "Sign-in cannot be reached. Try again in a moment."
        raise TryAgainError(message) from error
