"""Makes links to objects work here: moto's S3 has no address, so a pre-signed link would lead out.

The product signs links as ever; on their way out through the edge their host becomes this server's.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from infra.local.events import Request, Response
from infra.local.permissions import Permissions, acting_as

if TYPE_CHECKING:
    from infra.local.cloud import Cloud

_PREFIX = "/_local/s3/"
_HOST = r"s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com"
_LINK = re.compile(rf"https://(?:([a-z0-9][a-z0-9.-]+)\.{_HOST}|{_HOST}/([a-z0-9.-]+))/".encode())


class Downloads:
    """Rewrites links of answers, and serves what they lead to."""

    def __init__(self, cloud: Cloud, url: str, permissions: Permissions) -> None:
        self._cloud = cloud
        self._permissions = permissions
        self._prefix = f"{url}{_PREFIX}".encode()

    def relink(self, response: Response) -> Response:
        """The response with links to S3 leading here."""
        if b"amazonaws.com/" not in response.body:
            return response
        body = _LINK.sub(
            lambda found: self._prefix + (found.group(1) or found.group(2)) + b"/", response.body
        )
        return Response(response.status, response.headers, body)

    def answer(self, request: Request) -> Response | None:
        """The object of a link, or the taking of one that is put; 403 once it has expired, and when
        its signer may not read or write the object itself. None for any other path.
        """
        if not request.path.startswith(_PREFIX) or request.method not in ("GET", "HEAD", "PUT"):
            return None
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        if not _still_valid(query):
            return Response(403, [("content-type", "text/plain")], b"Request has expired\n")
        bucket, _, key = request.path.removeprefix(_PREFIX).partition("/")
        client = self._cloud.client("s3")
        if request.method == "PUT":
            return self._put(bucket, key, request, query)
        try:
            with acting_as(self._permissions.signer(query)):
                found = client.get_object(Bucket=bucket, Key=key)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "AccessDenied":
                return Response(403, [("content-type", "text/plain")], b"Access Denied\n")
            return Response(404, [("content-type", "text/plain")], b"There is no such object\n")
        headers = [("content-type", found["ContentType"]), ("x-content-type-options", "nosniff")]
        name = query.get("response-content-disposition", found.get("ContentDisposition"))
        if name:
            headers.append(("content-disposition", name))
        return Response(200, headers, found["Body"].read())

    def _put(self, bucket: str, key: str, request: Request, query: dict[str, str]) -> Response:
        client = self._cloud.client("s3")
        try:
            with acting_as(self._permissions.signer(query)):
                client.put_object(Bucket=bucket, Key=key, Body=request.body)
        except client.exceptions.ClientError:
            return Response(403, [("content-type", "text/plain")], b"Access Denied\n")
        return Response(200, [], b"")


def _still_valid(query: dict[str, str]) -> bool:
    """Whether the link's time (signature version 4 or 2) has not passed; the signature itself is
    not checked again."""
    try:
        if "X-Amz-Date" not in query:
            return time.time() < int(query["Expires"])
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        until = signed + timedelta(seconds=int(query["X-Amz-Expires"]))
    except (KeyError, ValueError):
        return False
    return datetime.now(UTC) < until
