"""Evaluates CloudFormation's intrinsic functions.

moto's own CloudFormation resolves only references to resources it can create itself; ours reach
every resource of the template, because they ask the deployment for the physical id or attribute.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


class TemplateError(Exception):
    """The template refers to something that does not exist or uses an unknown function."""


class References(Protocol):
    """What the evaluator asks of a deployment."""

    def reference(self, name: str) -> Any:
        """Value of Ref: a parameter, a pseudo parameter or a resource's physical id."""
        ...

    def attribute(self, logical_id: str, name: str) -> str:
        """Value of Fn::GetAtt."""
        ...


class Evaluator:
    """Resolves values of one template against one deployment."""

    def __init__(
        self, references: References, conditions: Mapping[str, Any], mappings: Mapping[str, Any]
    ) -> None:
        self._references = references
        self._conditions = conditions
        self._mappings = mappings
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": lambda name: self.holds(str(name)),
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda text: base64.b64encode(self.value(text).encode()).decode(),
            "Fn::Equals": lambda pair: self.value(pair[0]) == self.value(pair[1]),
            "Fn::Not": lambda one: not self.value(one[0]),
            "Fn::And": lambda many: all(self.value(each) for each in many),
            "Fn::Or": lambda many: any(self.value(each) for each in many),
        }

    def holds(self, condition: str) -> bool:
        """Whether a named condition of the template is true. Raises TemplateError when there is
        none.
        """
        if condition not in self._conditions:
            raise TemplateError(f"no condition {condition}")
        return bool(self.value(self._conditions[condition]))

    def value(self, node: Any) -> Any:
        """The node with every intrinsic function replaced; entries that are AWS::NoValue vanish."""
        if isinstance(node, dict):
            return self._object(node)
        if isinstance(node, list):
            values = [self.value(each) for each in node]
            return [each for each in values if each is not NO_VALUE]
        return node

    def _object(self, node: dict[str, Any]) -> Any:
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            function = self._functions.get(name)
            if function is not None and not (name == "Condition" and isinstance(argument, dict)):
                return function(argument)
            if name.startswith("Fn::"):
                raise TemplateError(f"the local stack does not evaluate {name}")
        values = {key: self.value(each) for key, each in node.items()}
        return {key: each for key, each in values.items() if each is not NO_VALUE}

    def _ref(self, name: str) -> Any:
        return NO_VALUE if name == "AWS::NoValue" else self._references.reference(name)

    def _get_att(self, path: str | list[str]) -> str:
        logical_id, *rest = path.split(".", 1) if isinstance(path, str) else path
        return self._references.attribute(logical_id, ".".join(rest))

    def _sub(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])

        def replace(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            if name in own:
                return str(self.value(own[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _PLACEHOLDER.sub(replace, text).replace("${!", "${")

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(str(part) for part in self.value(argument[1]))

    def _select(self, argument: list[Any]) -> Any:
        return self.value(argument[1])[int(self.value(argument[0]))]

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.value(argument[1])).split(argument[0])

    def _if(self, argument: list[Any]) -> Any:
        return self.value(argument[1] if self.holds(argument[0]) else argument[2])

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.value(each) for each in argument[:3])
        return self._mappings[name][first][second]
