"""The framework's HTTP resolver with this house's rules around it.

Guards run before routing, permission before validation, and every answer, good or bad, leaves by
one door that sets its headers. Request state is kept per thread, because the framework keeps it on
a class and the local stack answers many requests at once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoSuchRouteError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from assent.errors import ForbiddenError
from assent.http import guards, problems
from assent.http.audited import Entering, Notes, named_in_path
from assent.http.refusals import MalformedRequestError, RouteNotFoundError
from assent.http.staff import PERMITTED, Staff, staff_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.event_handler.api_gateway import ResponseBuilder, Route
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from assent.evidence.staff_audit import AuditAction, StaffAudit
    from assent.identifiers import SubscriberKey

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000",
    "Cache-Control": "no-store",
}


class _Request(threading.local):
    """What belongs to the request that this thread answers."""

    def __init__(self) -> None:
        self.event = APIGatewayProxyEventV2({})
        self.context: dict[str, Any] = {}
        self.notes = Notes()
        self.reader: str | None = None


class Api(APIGatewayHttpResolver):
    """One function's routes. `is_staff` closes each of them but to the groups of `PERMITTED`, and
    enters each request in `audit` as `AUDITED` says; without one, staff routes cannot be made."""

    def __init__(self, *, is_staff: bool, audit: Callable[[], StaffAudit] | None = None) -> None:
        if is_staff != (audit is not None):
            message = "staff routes, and only they, are audited"
            raise ValueError(message)
        self._request = _Request()
        self._audit = audit
        super().__init__(
            enable_validation=True,
            # Without its own status, an answer of the wrong shape would pass for a bad request.
            response_validation_error_http_code=500,
            json_body_deserializer=guards.parse_object,
            debug=False,
        )
        self.use([_refuse_unknown_query])
        self.exception_handler(Exception)(self._problem)
        self.exception_handler(NoSuchRouteError)(self._no_route)

    @property
    def current_event(self) -> APIGatewayProxyEventV2:  # type: ignore[override]
        """The event that this thread answers."""
        return self._request.event

    @property
    def context(self) -> dict[str, Any]:
        """The framework's notes on that request."""
        return self._request.context

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        self._request.context = value

    @property
    def source_ip(self) -> str:
        """The address that the gateway saw; a header that claims another is never read."""
        return str(self._http().get("sourceIp") or "")

    @property
    def domain(self) -> str:
        """The gateway's own name for itself; unlike a Host header, nobody can choose it."""
        context = self._request.event.raw_event.get("requestContext") or {}
        return str(context.get("domainName") or "")

    @property
    def user_agent(self) -> str:
        return str(self._http().get("userAgent") or "")[:256]

    @property
    def staff(self) -> Staff:
        """Who calls, by their verified token."""
        return staff_of(self.current_event.raw_event)

    def concerns(self, *subscriber_keys: SubscriberKey) -> None:
        """Name the people whose data this request shows or changes, for the audit."""
        self._request.notes.subscriber_keys = tuple(sorted(set(subscriber_keys)))

    def about(self, name: str, action: AuditAction | None = None) -> None:
        """Name the campaign, export or the like that this request is about, for the audit; and
        what was done, where it is not what the table says."""
        self._request.notes.about = name
        self._request.notes.action = action

    def answers_to(self, origin: str) -> None:
        """Let a browser hand this request's answer, good or bad, to a page of that web site."""
        self._request.reader = origin

    def header(self, name: str) -> str | None:
        """Return a request header, None when it was not sent; names are in lower case."""
        value = self.current_event.raw_event["headers"].get(name)
        return None if value is None else str(value)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one HTTP API event (payload 2.0); never raises."""
        self._request.event = APIGatewayProxyEventV2(dict(event))
        self._request.notes = Notes()
        self._request.reader = None
        try:
            answer = super().resolve(guards.readable(event), context)
        except Exception as error:
            response = problems.respond(error, self._request_id())
            answer = {
                "statusCode": response.status_code,
                "headers": dict(response.headers),
                "body": response.body,
                "isBase64Encoded": False,
                "cookies": [],
            }
        answer["headers"] = {
            **SECURITY_HEADERS,
            "X-Request-Id": self._request_id(),
            **self._sharing(),
            **answer["headers"],
        }
        return answer

    def routes(self) -> list[Route]:
        """Return every registered route."""
        return [*self._static_routes, *self._dynamic_routes]

    def ready(self) -> Api:
        """Build what the framework would build at each route's first request, which two threads
        could do at once; returns itself."""
        for route in self.routes():
            if not route._middleware_stack_built:
                route._build_middleware_stack(self._router_middlewares, self)
        return self

    def _to_proxy_event(self, event: dict[str, Any]) -> APIGatewayProxyEventV2:
        self._request.event = APIGatewayProxyEventV2(event, guards.parse_object)
        return self._request.event

    def _call_route(self, route: Route, route_arguments: dict[str, str]) -> ResponseBuilder[Any]:
        if self._audit is None or route not in self.routes():
            return super()._call_route(route, route_arguments)
        notes = self._request.notes
        notes.about = named_in_path(route_arguments)
        entering = Entering(self._audit, key_of(route), self.staff, self._request_id(), notes)
        try:
            permit(route, self.staff)
        except ForbiddenError:
            entering.forbidden()
            raise
        entering.before()
        built = super()._call_route(route, route_arguments)
        entering.after(built.response.status_code)
        return built

    def _problem(self, error: Exception) -> Response[str]:
        return problems.respond(error, self._request_id())

    def _no_route(self, _: Exception) -> Response[str]:
        return self._problem(RouteNotFoundError("There is no such operation."))

    def _sharing(self) -> dict[str, str]:
        reader = self._request.reader
        # What is kept for one site must not be shown to another.
        allowed = {"Access-Control-Allow-Origin": reader} if reader else {}
        return allowed if self._audit else {"Vary": "Origin", **allowed}

    def _request_id(self) -> str:
        context = self._request.event.raw_event.get("requestContext") or {}
        return str(context.get("requestId") or "")

    def _http(self) -> Mapping[str, Any]:
        context = self._request.event.raw_event.get("requestContext") or {}
        http: Mapping[str, Any] = context.get("http") or {}
        return http


def key_of(route: Route) -> str:
    """Return `POST /v1/campaigns/{campaign_id}/launch`: the gateway's own name of a route."""
    return f"{route.method} {route.openapi_path}"


def permit(route: Route, staff: Staff) -> None:
    """Raises ForbiddenError unless one of the caller's groups may use the route; a route that is
    missing from the table is closed."""
    if not staff.groups & PERMITTED.get(key_of(route), frozenset()):
        message = "Your group may not do this."
        raise ForbiddenError(message)


def _refuse_unknown_query(
    app: Api, next_middleware: Callable[[Api], Response[Any]]
) -> Response[Any]:
    """A misspelt `at` must not quietly answer for today."""
    route: Route = app.context["_route"]
    known = {param.alias for param in route.dependant.query_params}
    unknown = sorted(set(app.current_event.query_string_parameters) - known)
    if unknown and route in app.routes():
        message = "The query has a parameter that this operation does not know."
        raise MalformedRequestError(message, fields={name[:80]: "unknown" for name in unknown[:20]})
    return next_middleware(app)
