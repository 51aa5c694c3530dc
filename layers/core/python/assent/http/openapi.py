"""Writes openapi.json: one document of all routes, made from the code that answers them.

The framework's own merge reads handler files one resolver at a time and would document its own
error format; here the parts that are true of every route (problems, sign-in) are stated once.

Run `python -m assent.http.openapi` (`make openapi`); a test holds the file fresh.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from assent.http.evidence import evidence_api
from assent.http.imports import imports_api
from assent.http.marketing import marketing_api
from assent.http.people import people_api
from assent.http.problems import PROBLEM_JSON
from assent.http.public import public_api
from assent.http.resolver import Api, key_of
from assent.http.rights import rights_api
from assent.http.staff import PERMITTED
from assent.http.subscribers import subscribers_api

FILE = Path(__file__).with_name("openapi.json")
_API_VERSION = "1"
_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
_ABOUT = (
    "Sign-up, consent and campaigns by SMS. Every error is an RFC 9457 document with a stable "
    "`code`. Every answer carries `X-Request-Id`."
)
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; never renamed"},
        "detail": {"type": "string", "description": "A sentence for a person"},
        "request_id": {"type": "string"},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document of all functions' routes."""
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Assent", "version": _API_VERSION, "description": _ABOUT},
        "paths": {},
        "components": {"schemas": {"Problem": _PROBLEM}, "securitySchemes": {}},
    }
    for api in apis():
        _add(whole, api)
    whole["components"]["securitySchemes"]["staff"] = {"type": "http", "scheme": "bearer"}
    whole["paths"] = dict(sorted(whole["paths"].items()))
    whole["components"]["schemas"] = dict(sorted(whole["components"]["schemas"].items()))
    return whole


def apis() -> list[Api]:
    """Return every function's routes, without anything behind them."""
    makers = (
        public_api,
        people_api,
        subscribers_api,
        imports_api,
        marketing_api,
        evidence_api,
        rights_api,
    )
    return [make(_unasked) for make in makers]


def text() -> str:
    """Return the document as it is stored and served."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _add(whole: dict[str, Any], api: Api) -> None:
    part = json.loads(api.get_openapi_json_schema(title="Assent", version=_API_VERSION))
    for route in api.routes():
        if route.method == "OPTIONS":
            continue
        operation = part["paths"][route.openapi_path][route.method.lower()]
        _state(operation, key_of(route), route.func)
        whole["paths"].setdefault(route.openapi_path, {})[route.method.lower()] = operation
    for name, schema in part.get("components", {}).get("schemas", {}).items():
        if name not in _FRAMEWORK_SCHEMAS:
            whole["components"]["schemas"][name] = schema


def _state(operation: dict[str, Any], key: str, route: Any) -> None:
    """Replace what the framework assumes by what is so."""
    groups = PERMITTED.get(key)
    description = " ".join((inspect.getdoc(route) or "").split())
    if groups:
        operation["security"] = [{"staff": []}]
        description += f" Groups: {', '.join(sorted(groups))}."
    operation["operationId"] = route.__name__
    operation["summary"] = route.__name__.replace("_", " ").capitalize()
    operation["description"] = description
    kept = {s: a for s, a in operation["responses"].items() if s.startswith("2")}
    problem = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = {**kept, "default": {"description": "Problem", "content": problem}}


def _unasked() -> Any:
    message = "the description needs no services"
    raise AssertionError(message)


if __name__ == "__main__":
    FILE.write_text(text())
    sys.stdout.write(f"{FILE}\n")
