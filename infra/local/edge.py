"""The HTTP API in front of the functions: what API Gateway does between a socket and a handler.

Throttling per route is left to AWS: it protects a bill, and the service's own limits are what the
product stands on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from infra.local.authorizer import JwtVerifier, UnauthorizedError
from infra.local.events import PAYLOAD_LIMIT, Request, Response, problem, to_event, to_response
from infra.local.routes import HttpApi, Route, find_route

if TYPE_CHECKING:
    from infra.local.downloads import Downloads
    from infra.local.lambdas import Functions

Local = Callable[[Request], Response | None]
log = logging.getLogger(__name__)


class Edge:
    """Answers requests: the local stack's own pages first, then the routes of the template."""

    def __init__(
        self, api: HttpApi, functions: Functions, local: Local, downloads: Downloads
    ) -> None:
        self._routes = api.routes
        self._cors = api.cors
        self._functions = functions
        self._local = local
        self._downloads = downloads
        self._verifier = JwtVerifier()

    def answer(self, request: Request) -> Response:
        """The response for one request; never raises."""
        if len(request.body) > PAYLOAD_LIMIT:
            return problem(413, "Request Entity Too Large")
        try:
            own = self._downloads.answer(request) or self._local(request)
            if own is not None:
                return own
            return self._downloads.relink(self._with_cors(request, self._api(request)))
        except Exception:  # a defect must not take the connection down with it
            log.exception("the edge failed")
            return problem(500, "Internal Server Error")

    def _api(self, request: Request) -> Response:
        if request.method == "OPTIONS" and self._cors.origins:
            return Response(204, [], b"")
        found = find_route(self._routes, request.method, request.path)
        if found is None:
            return problem(404, "Not Found")
        route, path_parameters = found
        claims = None
        if route.authorizer:
            try:
                claims = self._verifier.claims(
                    route.authorizer, request.header(route.authorizer.header)
                )
            except UnauthorizedError as error:
                log.info("unauthorized: %s", error)
                refused = problem(401, "Unauthorized")
                return Response(
                    401, [*refused.headers, ("www-authenticate", "Bearer")], refused.body
                )
        return self._invoke(route, to_event(request, route, path_parameters, claims))

    def _invoke(self, route: Route, event: dict[str, Any]) -> Response:
        try:
            return to_response(self._functions.find(route.function).invoke(event))
        except Exception:  # whatever a handler raises is a 500 to the caller
            log.exception("%s failed", route.key)
            return problem(500, "Internal Server Error")

    def _with_cors(self, request: Request, response: Response) -> Response:
        origin = request.header("origin")
        allowed = self._cors.origins
        if not origin or not allowed or not ("*" in allowed or origin in allowed):
            return response
        own = {name for name, _ in response.headers}
        extra = [
            ("access-control-allow-origin", "*" if "*" in allowed else origin),
            ("vary", "origin"),
        ]
        if self._cors.credentials:
            extra.append(("access-control-allow-credentials", "true"))
        if self._cors.exposed:
            extra.append(("access-control-expose-headers", ",".join(self._cors.exposed)))
        if request.method == "OPTIONS":
            extra.append(("access-control-allow-methods", ",".join(self._cors.methods)))
            extra.append(("access-control-allow-headers", ",".join(self._cors.headers)))
            if self._cors.max_age is not None:
                extra.append(("access-control-max-age", str(self._cors.max_age)))
        kept = [*response.headers, *(pair for pair in extra if pair[0] not in own)]
        return Response(response.status, kept, response.body)
