"""What a template may be made of: an allow-list over Jinja's syntax tree.

The sandbox guards what runs; this keeps nearly everything from running at all. What is not named
here is refused before it is compiled: attributes, calls, arithmetic, loops, includes, macros.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from jinja2 import nodes

from assent.errors import InvalidTextError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_NESTING = 5
_MAX_NODES = 100
_ONE_ARGUMENT = 1

# Each filter and how many arguments it takes.
FILTERS: Mapping[str, int] = MappingProxyType(
    {"default": _ONE_ARGUMENT, "title": 0, "upper": 0, "lower": 0, "trim": 0}
)
_COMPARISONS = frozenset({"eq", "ne"})
_MEMBERSHIPS = frozenset({"in", "notin"})
_PLAIN = (nodes.TemplateData, nodes.And, nodes.Or, nodes.Not, nodes.Output)
_CONDITIONS = (nodes.If, nodes.Operand, nodes.And, nodes.Or, nodes.Not)
_CONSTANTS = (str, int, bool)


def check_tree(
    tree: nodes.Template,
    placeholders: frozenset[str],
    lists: frozenset[str],
    links: frozenset[str] = frozenset(),
) -> None:
    """Raise InvalidTextError unless `tree` holds text, the given placeholders, the filters above
    and conditions on them. `lists` are the placeholders that hold several values; `links` those
    that may only be shown, and as they are."""
    _Check(placeholders, lists, links).below(tree, 0)


class _Check:
    def __init__(
        self, placeholders: frozenset[str], lists: frozenset[str], links: frozenset[str]
    ) -> None:
        self._placeholders = placeholders
        self._lists = lists
        self._links = links
        self._nodes = 0

    def below(self, parent: nodes.Node, depth: int) -> None:
        for node in parent.iter_child_nodes():
            self._nodes += 1
            if self._nodes > _MAX_NODES:
                raise InvalidTextError("The text has too many placeholders.", field="body")
            self._one(node, parent)
            nested = depth + isinstance(node, nodes.If | nodes.Not | nodes.And | nodes.Or)
            # Jinja hangs `elif` branches beside their `if`, so these do not add to the depth.
            if nested > _MAX_NESTING:
                raise InvalidTextError("Conditions are nested too deeply.", field="body")
            self.below(node, nested)

    def _one(self, node: nodes.Node, parent: nodes.Node) -> None:
        match node:
            case nodes.Name(name=name, ctx=ctx):
                self._name(name, ctx, parent)
            case nodes.Filter():
                _filter(node)
            case nodes.Const(value=value):
                if not isinstance(value, _CONSTANTS):
                    raise _refused(node)
            case nodes.Compare(expr=left, ops=ops):
                self._compare(left, ops)
            case nodes.If() | nodes.Operand():
                pass
            case _ if isinstance(node, _PLAIN):
                pass
            case _:
                raise _refused(node)

    def _name(self, name: str, ctx: str, parent: nodes.Node) -> None:
        if ctx != "load" or name not in self._placeholders:
            known = ", ".join(sorted(self._placeholders))
            message = f"There is no placeholder {name[:40]!r}. Known are: {known}."
            raise InvalidTextError(message, field="body")
        if name in self._lists and not isinstance(parent, _CONDITIONS):
            raise InvalidTextError(f"Use {name} in conditions only.", field="body")
        if name in self._links and not isinstance(parent, nodes.Output):
            raise InvalidTextError(f"Write {name} bare: no filter, no condition.", field="body")

    def _compare(self, left: nodes.Expr, operands: list[nodes.Operand]) -> None:
        """Only `placeholder == constant`, its negation, and `constant in list`."""
        if len(operands) != 1:
            raise _refused(left)
        right = operands[0].expr
        of_list = isinstance(right, nodes.Name) and right.name in self._lists
        allowed = _MEMBERSHIPS if of_list else _COMPARISONS
        if operands[0].op not in allowed:
            raise _refused(operands[0])


def _filter(node: nodes.Filter) -> None:
    arguments = FILTERS.get(node.name)
    if arguments is None:
        message = f"There is no filter {node.name[:40]!r}. Known are: {', '.join(sorted(FILTERS))}."
        raise InvalidTextError(message, field="body")
    plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs) and node.node is not None
    if not plain or len(node.args) != arguments:
        raise InvalidTextError(f"The filter {node.name} is not used that way.", field="body")
    if not all(isinstance(argument, nodes.Const) for argument in node.args):
        raise _refused(node)


def _refused(node: nodes.Node) -> InvalidTextError:
    kind = type(node).__name__.lower()
    return InvalidTextError(
        f"A text may hold placeholders, defaults and simple conditions, not this ({kind}).",
        field="body",
    )
