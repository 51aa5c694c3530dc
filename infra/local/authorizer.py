"""The JWT authorizer of API Gateway's HTTP APIs, against the key set that the local Cognito
serves.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.local.routes import Authorizer

Claims = dict[str, str]


class UnauthorizedError(Exception):
    """The request has no token that this route accepts; why is for the log, the caller is not
    told.
    """


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _as_claim(value: Any) -> str:
    """API Gateway hands every claim on as text; lists read "[marketing compliance]"."""
    if isinstance(value, list):
        return f"[{' '.join(str(each) for each in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


class JwtVerifier:
    """Checks tokens; keeps each issuer's keys after the first look."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, Any]] = {}

    def claims(self, authorizer: Authorizer, header: str | None) -> Claims:
        """The token's claims as API Gateway renders them. Raises UnauthorizedError."""
        if not header:
            raise UnauthorizedError("no token")
        scheme, _, rest = header.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else header
        try:
            claims = self._verified(authorizer, token)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnauthorizedError("not a token") from error
        self._check(authorizer, claims)
        return {name: _as_claim(value) for name, value in claims.items()}

    def _verified(self, authorizer: Authorizer, token: str) -> dict[str, Any]:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        head, body, signature = token.split(".")
        header = json.loads(_decode(head))
        if header["alg"] != "RS256":
            raise UnauthorizedError("not signed with RS256")
        key = self._key(authorizer.issuer, header["kid"])
        try:
            key.verify(_decode(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise UnauthorizedError("signature does not match") from error
        claims: dict[str, Any] = json.loads(_decode(body))
        return claims

    @staticmethod
    def _check(authorizer: Authorizer, claims: dict[str, Any]) -> None:
        now = time.time()
        audience = claims.get("aud", claims.get("client_id"))
        named = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != authorizer.issuer:
            raise UnauthorizedError("other issuer")
        if not set(named) & set(authorizer.audience):
            raise UnauthorizedError("other audience")
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now:
            raise UnauthorizedError("expired")
        if claims.get("nbf", 0) > now or claims.get("iat", 0) > now + 1:
            raise UnauthorizedError("not valid yet")

    def _key(self, issuer: str, key_id: str) -> Any:
        if issuer not in self._keys:
            self._keys[issuer] = {key["kid"]: _public_key(key) for key in _key_set(issuer)}
        return self._keys[issuer][key_id]


def _public_key(key: dict[str, str]) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    exponent, modulus = (int.from_bytes(_decode(key[name])) for name in ("e", "n"))
    return RSAPublicNumbers(exponent, modulus).public_key()


def _key_set(issuer: str) -> list[dict[str, str]]:
    """The issuer's JWKS, asked of moto as any client would, without a network."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders
    from moto.core.models import botocore_stubber

    url = f"{issuer}/.well-known/jwks.json"
    request = AWSPreparedRequest("GET", url, HTTPHeaders(), None, stream_output=False)
    answer = botocore_stubber.process_request(request)
    if answer is None:
        raise KeyError(issuer)
    body = answer[2]
    keys: list[dict[str, str]] = json.loads(body)["keys"]
    return keys
