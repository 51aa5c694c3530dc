"""The HTTP API in front of the functions: what API Gateway does between a socket and a handler.

Throttling per route is left to AWS: it protects a bill, and the service's own limits are what the
product stands on.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from http.client import responses as reasons
from typing import TYPE_CHECKING, Any

from infra.local.authorizer import JwtVerifier, UnauthorizedError
from infra.local.events import Request, Response, problem, to_event, to_response
from infra.local.routes import Cors, Route, find_route

if TYPE_CHECKING:
    from infra.local.lambdas import Functions

_HOST = "127.0.0.1"
PAYLOAD_LIMIT = 10 * 1024 * 1024
Local = Callable[[Request], Response | None]
log = logging.getLogger(__name__)


class Edge:
    """Answers requests: the local stack's own pages first, then the routes of the template."""

    def __init__(self, routes: list[Route], cors: Cors, functions: Functions, local: Local) -> None:
        self._routes = routes
        self._cors = cors
        self._functions = functions
        self._local = local
        self._verifier = JwtVerifier()

    def answer(self, request: Request) -> Response:
        """The response for one request; never raises."""
        if len(request.body) > PAYLOAD_LIMIT:
            return problem(413, "Request Entity Too Large")
        try:
            own = self._local(request)
            return own if own is not None else self._with_cors(request, self._api(request))
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


def _headers(environ: dict[str, Any]) -> list[tuple[str, str]]:
    found = [
        (name[5:].replace("_", "-").lower(), value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    plain = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
    return found + [(name, environ[key]) for key, name in plain.items() if environ.get(key)]


def _path_and_query(environ: dict[str, Any]) -> tuple[str, str]:
    path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
    return path, environ.get("QUERY_STRING", "")


def wsgi(answer: Callable[[Request], Response]) -> Callable[..., Iterable[bytes]]:
    """The edge as a WSGI application."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        declared = int(environ.get("CONTENT_LENGTH") or 0)
        stream = environ["wsgi.input"]
        # One byte past the limit is enough to know that it is exceeded.
        body = stream.read(min(declared, PAYLOAD_LIMIT + 1) if declared else 0)
        if environ.get("wsgi.input_terminated") and not declared:
            body = stream.read(PAYLOAD_LIMIT + 1)
        path, query = _path_and_query(environ)
        peer = environ.get("REMOTE_ADDR", "127.0.0.1")
        headers = _headers(environ)
        headers += [("x-forwarded-for", peer), ("x-forwarded-proto", "http")]
        protocol = environ.get("SERVER_PROTOCOL", "HTTP/1.1")
        request = Request(environ["REQUEST_METHOD"], path, query, headers, body, peer, protocol)
        response = answer(request)
        reason = reasons.get(response.status, "Unknown")
        start_response(f"{response.status} {reason}", _out(request, response))
        return [b""] if request.method == "HEAD" else [response.body]

    return application


def _out(request: Request, response: Response) -> list[tuple[str, str]]:
    headers = [pair for pair in response.headers if pair[0] != "content-length"]
    if response.status not in (204, 304):
        headers.append(("content-length", str(len(response.body))))
    if len(request.body) > PAYLOAD_LIMIT:
        headers.append(("connection", "close"))
    return headers


class EdgeServer:
    """Serves the edge on 127.0.0.1, one thread per connection, connections kept alive.

    The port is taken at once, so that the address is known before anything is deployed; serving
    begins with serve().
    """

    def __init__(self, port: int) -> None:
        """Raises OSError when the port is taken."""
        from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def log(self, type: str, message: str, *args: Any) -> None:
                """Quiet: the functions' logs say what happened."""

        class Server(ThreadedWSGIServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 512

        # werkzeug ends the process when a port is taken; trying it first raises instead.
        with socket.create_server((_HOST, port)) as trial:
            chosen = int(trial.getsockname()[1])
        self._server = Server(_HOST, chosen, self._not_ready, Handler)
        self.port = int(self._server.server_port)
        self._thread: threading.Thread | None = None

    @staticmethod
    def _not_ready(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        del environ
        start_response("503 Service Unavailable", [("content-length", "0")])
        return [b""]

    def serve(self, answer: Callable[[Request], Response]) -> None:
        """Begin to answer, in a thread."""
        self._server.app = wsgi(answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="edge",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        if self._thread:
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
