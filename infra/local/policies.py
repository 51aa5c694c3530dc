"""Which calls the template's roles allow.

moto does not ask IAM, so a permission that is missing would show only in an account. Statements
that this cannot judge (Deny, NotAction, other conditions) are refused outright: a check that
guesses would be worse than none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT
from infra.local.intrinsics import TemplateError

if TYPE_CHECKING:
    from infra.local.deploy import Deployment

_ROLE = "AWS::IAM::Role"
_FUNCTION = "AWS::Lambda::Function"
_KNOWN = {"Sid", "Effect", "Action", "Resource", "NotResource", "Condition"}
_ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@dataclass(frozen=True)
class Need:
    """One thing that a call must be allowed. via: the service that uses a key for the caller."""

    action: str
    resource: str
    via: str = ""

    def __str__(self) -> str:
        through = f" through {self.via}" if self.via else ""
        return f"{self.action} on {self.resource}{through}"


@dataclass(frozen=True)
class Statement:
    """One Allow. excludes: resources are those of a NotResource; via: empty means any."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    excludes: bool = False
    via: tuple[str, ...] = ()

    def covers(self, need: Need) -> bool:
        """Whether it allows what is needed."""
        if not any(_matches(each, need.action) for each in self.actions):
            return False
        if self.via and need.via not in self.via:
            return False
        return self.excludes != any(_matches(each, need.resource) for each in self.resources)


@dataclass(frozen=True)
class Role:
    """What one role allows. keys: what each key's own policy leaves to roles, by its ARN."""

    logical_id: str
    statements: tuple[Statement, ...]
    keys: dict[str, tuple[Statement, ...]] = field(default_factory=dict)

    def allows(self, need: Need) -> bool:
        """Whether the role and, for a key, the key's own policy allow it."""
        if not any(each.covers(need) for each in self.statements):
            return False
        own = self.keys.get(need.resource)
        return own is None or any(each.covers(need) for each in own)


def read_roles(deployment: Deployment) -> dict[str, Role]:
    """The role of every function, by the function's logical id. Raises TemplateError."""
    managed = {
        str(deployment.reference(each)): _statements(deployment.properties(each)["PolicyDocument"])
        for each in deployment.of_type("AWS::IAM::ManagedPolicy")
    }
    keys = _key_policies(deployment)
    roles = {}
    for logical_id in deployment.of_type(_ROLE):
        properties = deployment.properties(logical_id)
        found = [
            each
            for policy in properties.get("Policies", [])
            for each in _statements(policy["PolicyDocument"])
        ]
        for arn in properties.get("ManagedPolicyArns", []):
            found.extend(managed.get(str(arn), []))
        roles[deployment.attribute(logical_id, "Arn")] = Role(logical_id, tuple(found), keys)
    return {each: _role_of(deployment, each, roles) for each in deployment.of_type(_FUNCTION)}


def _role_of(deployment: Deployment, function: str, roles: dict[str, Role]) -> Role:
    arn = deployment.properties(function)["Role"]
    if arn not in roles:
        raise TemplateError(f"the role of {function} is not in the template")
    return roles[arn]


def _key_policies(deployment: Deployment) -> dict[str, tuple[Statement, ...]]:
    """What each key's policy leaves to the account's roles, by the key's ARN."""
    found = {}
    for logical_id in deployment.of_type("AWS::KMS::Key"):
        written = deployment.properties(logical_id).get("KeyPolicy")
        if written:
            to_roles = [
                {name: value for name, value in each.items() if name != "Principal"}
                for each in _listed(written["Statement"])
                if each["Principal"] == {"AWS": _ROOT}
            ]
            arn = deployment.attribute(logical_id, "Arn")
            found[arn] = tuple(_statements({"Statement": to_roles}))
    return found


def _statements(document: dict[str, Any]) -> list[Statement]:
    return [_statement(each) for each in _listed(document["Statement"])]


def _statement(written: dict[str, Any]) -> Statement:
    if not set(written) <= _KNOWN or written["Effect"] != "Allow":
        raise TemplateError(f"the local stack cannot judge the statement {written}")
    excludes = "NotResource" in written
    resources = _listed(written["NotResource" if excludes else "Resource"])
    return Statement(
        tuple(_listed(written["Action"])),
        tuple(str(each) for each in resources),
        excludes,
        _via(written.get("Condition", {})),
    )


def _via(condition: dict[str, Any]) -> tuple[str, ...]:
    if not condition:
        return ()
    wanted = condition.get("StringEquals", {})
    if set(condition) == {"StringEquals"} and set(wanted) == {"iam:PassedToService"}:
        # No call here passes a role by itself: nothing is permitted by such a statement.
        return tuple(_listed(wanted["iam:PassedToService"]))
    if set(condition) != {"StringEquals"} or set(wanted) != {"kms:ViaService"}:
        raise TemplateError(f"the local stack cannot judge the condition {condition}")
    return tuple(_listed(wanted["kms:ViaService"]))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, text: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, text, re.DOTALL) is not None
