"""The HTTP API's routes, read from the OpenAPI body that the template becomes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

_METHODS = {
    "get",
    "post",
    "put",
    "delete",
    "patch",
    "head",
    "options",
    "x-amazon-apigateway-any-method",
}
_FUNCTION = re.compile(r"/functions/(?P<arn>.+)/invocations$")


@dataclass(frozen=True)
class Authorizer:
    """A JWT authorizer: who must have issued the token, and for which clients."""

    name: str
    issuer: str
    audience: tuple[str, ...]
    header: str = "authorization"


@dataclass(frozen=True)
class Route:
    """One route. key is AWS's name for it: "GET /v1/programmes/{programme_id}"."""

    key: str
    method: str
    path: str
    function: str
    authorizer: Authorizer | None
    pattern: re.Pattern[str] = field(compare=False)

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Sorts exact paths before variables, and variables before greedy ones."""
        return ("+}" in self.path, self.path.count("{"), self.method == "ANY")


@dataclass(frozen=True)
class Cors:
    """The API's CORS settings; empty when the template has none."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False


@dataclass(frozen=True)
class HttpApi:
    """An HTTP API: its routes, most specific first, and its CORS settings."""

    routes: list[Route] = field(default_factory=list)
    cors: Cors = field(default_factory=Cors)


def _pattern(path: str) -> re.Pattern[str]:
    parts = []
    for part in re.split(r"(\{[^}]+\})", path):
        if part.startswith("{"):
            name = part[1:-1]
            parts.append(f"(?P<{name.rstrip('+')}>{'.+' if name.endswith('+') else '[^/]+'})")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts))


def _authorizers(body: dict[str, Any]) -> dict[str, Authorizer]:
    found = {}
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        declared = scheme.get("x-amazon-apigateway-authorizer", {})
        if declared.get("type") == "jwt":
            jwt = declared["jwtConfiguration"]
            source = str(declared.get("identitySource", "$request.header.Authorization"))
            header = source.rpartition(".")[2].lower()
            found[name] = Authorizer(name, jwt["issuer"], tuple(jwt["audience"]), header)
    return found


def read_routes(body: dict[str, Any]) -> list[Route]:
    """Routes of an OpenAPI body with AWS's extensions, most specific first."""
    authorizers = _authorizers(body)
    routes = []
    for path, operations in body.get("paths", {}).items():
        for verb, operation in operations.items():
            if verb not in _METHODS:
                continue
            method = "ANY" if verb.startswith("x-") else verb.upper()
            uri = _FUNCTION.search(operation["x-amazon-apigateway-integration"]["uri"])
            names = [name for need in operation.get("security", []) for name in need]
            guard = authorizers[names[0]] if names and names[0] != "NONE" else None
            function = uri.group("arn") if uri else ""
            routes.append(Route(f"{method} {path}", method, path, function, guard, _pattern(path)))
    return sorted(routes, key=lambda route: route.rank)


def find_route(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route for a decoded path, with its path parameters; None when there is none."""
    for route in routes:
        if route.method in (method, "ANY"):
            match = route.pattern.fullmatch(path)
            if match:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def _as_tuple(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(","))
    return tuple(value or ())


def read_cors(body: dict[str, Any]) -> Cors:
    """CORS settings of the body; they may also be one string with commas."""
    found = body.get("x-amazon-apigateway-cors", {})
    return Cors(
        origins=_as_tuple(found.get("allowOrigins")),
        methods=_as_tuple(found.get("allowMethods")),
        headers=_as_tuple(found.get("allowHeaders")),
        exposed=_as_tuple(found.get("exposeHeaders")),
        max_age=int(found["maxAge"]) if "maxAge" in found else None,
        credentials=bool(found.get("allowCredentials")),
    )
