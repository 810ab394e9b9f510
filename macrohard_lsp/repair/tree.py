"""A parsed Python file as plain objects in code points: what the edit operators walk over.

Asking tree-sitter's own nodes costs a call and an allocation each time; the operators look at every
node dozens of times, so the tree is copied once.
"""

import re
from array import array
from collections.abc import Iterator
from typing import Literal

import tree_sitter
import tree_sitter_python

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))

_LONE_RETURN = re.compile(r"\r(?!\n)")

Role = Literal["load", "store", ""]


def kinds(names: str) -> frozenset[str]:
    """A set of node kinds from their names with spaces between."""
    return frozenset(names.split())


EXPRESSIONS = kinds(
    "identifier integer float string concatenated_string true false none ellipsis binary_operator "
    "boolean_operator not_operator unary_operator comparison_operator call attribute subscript list tuple "
    "dictionary set list_comprehension set_comprehension dictionary_comprehension generator_expression "
    "conditional_expression lambda parenthesized_expression await named_expression"
)
SEQUENCES = frozenset({"block", "module"})
LOOPS = frozenset({"for_statement", "while_statement"})
COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)

# Nothing below these is evaluated when the line runs (or, for patterns, follows other rules), so no
# expression in them is a site or an ingredient.
_NOT_EVALUATED = kinds(
    "type case_pattern import_statement import_from_statement future_import_statement global_statement "
    "nonlocal_statement type_alias_statement type_parameter print_statement exec_statement ERROR "
    "format_specifier delete_statement"
)
_PARAMETERS = frozenset({"parameters", "lambda_parameters"})
_TARGET_LISTS = frozenset(
    {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "dictionary_splat_pattern"}
)


class Node:
    """One node. `start` and `end` are code points, `line` counts from 1, `order` is its place in preorder.

    `role` says what an expression does where it stands: `load` when its value is used, `store` when it
    is assigned to, empty for everything else (names of parameters, keywords, annotations, docstrings).
    """

    __slots__ = (
        "children", "end", "end_line", "field", "kind", "last_order",
        "line", "named", "order", "parent", "role", "start", "text",
    )  # fmt: skip

    def __init__(
        self, kind: str, named: bool, parent: "Node | None", span: tuple[int, int], order: int
    ) -> None:
        self.kind = kind
        self.named = named
        self.field: str | None = None
        self.parent = parent
        self.start, self.end = span
        self.order = order
        self.last_order = order
        self.children: list[Node] = []
        self.role: Role = ""
        self.text = ""
        self.line = 0
        self.end_line = 0

    def get(self, field: str) -> "Node | None":
        for child in self.children:
            if child.field == field:
                return child
        return None

    @property
    def parts(self) -> "list[Node]":
        """The named children, comments left out."""
        return [child for child in self.children if child.named and child.kind != "comment"]

    @property
    def size(self) -> int:
        """How many nodes the subtree has: a length that doesn't depend on what things are called."""
        return self.last_order - self.order + 1

    def ancestors(self) -> "Iterator[Node]":
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def contains(self, other: "Node") -> bool:
        return self.order <= other.order <= self.last_order

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.start}..{self.end})"


def parse(text: str) -> list[Node]:
    """Every node of the file in preorder, the module first. Never fails: what doesn't parse has no role."""
    # A lone carriage return ends a line for Python and not for tree-sitter; what is replaced keeps its place.
    data = _LONE_RETURN.sub("\n", text).encode("utf-8")
    offsets = None if len(data) == len(text) else _code_points(text)
    cursor = _PARSER.parse(data).walk()
    nodes: list[Node] = []
    current = _copy(cursor, None, text, offsets, nodes)
    while True:
        if cursor.goto_first_child():
            current = _copy(cursor, current, text, offsets, nodes)
            continue
        while not cursor.goto_next_sibling():
            current.last_order = len(nodes) - 1
            if current.parent is None or not cursor.goto_parent():
                return nodes
            current = current.parent
        current.last_order = len(nodes) - 1
        current = _copy(cursor, current.parent, text, offsets, nodes)


def _copy(
    cursor: tree_sitter.TreeCursor,
    parent: Node | None,
    text: str,
    offsets: "array[int] | None",
    nodes: list[Node],
) -> Node:
    raw = cursor.node
    assert raw is not None
    start, end = raw.start_byte, raw.end_byte
    if offsets is not None:
        start, end = offsets[start], offsets[end]
    # Something the parser had to make up is as good a sign of broken syntax as something it had to skip.
    kind = "ERROR" if raw.is_missing or (raw.type == "block" and start == end) else raw.type
    node = Node(kind, raw.is_named, parent, (start, end), len(nodes))
    node.field = cursor.field_name
    node.line = raw.start_point[0] + 1
    node.end_line = raw.end_point[0] + 1
    node.text = text[start:end]
    nodes.append(node)
    if parent is not None:
        parent.children.append(node)
        node.role = _role(node, parent)
    return node


def _code_points(text: str) -> "array[int]":
    """For each UTF-8 byte offset of `text` the code point it belongs to."""
    offsets = array("L")
    for index, character in enumerate(text):
        for _ in range(len(character.encode("utf-8"))):
            offsets.append(index)
    offsets.append(len(text))
    return offsets


def _role(node: Node, parent: Node) -> Role:
    if not node.named or node.kind not in EXPRESSIONS or _is_unevaluated(node, parent):
        return ""
    if parent.kind in _TARGET_LISTS:
        return "store"
    if node.field == "left" and parent.kind in {
        "assignment",
        "augmented_assignment",
        "for_statement",
        "for_in_clause",
    }:
        return "store"
    if parent.kind == "as_pattern_target" or (parent.kind == "named_expression" and node.field == "name"):
        return "store"
    return "load"


def _is_unevaluated(node: Node, parent: Node) -> bool:
    if parent.kind in _PARAMETERS or (parent.kind in _TARGET_LISTS and _inside_parameters(parent)):
        return True
    if node.field == "name" and parent.kind != "named_expression":
        return True
    if parent.kind in {"typed_parameter", "concatenated_string"}:
        return True
    if (node.field == "attribute" and parent.kind == "attribute") or (
        node.kind == "generator_expression" and parent.kind == "call"
    ):
        # A generator that is the only argument shares its parentheses with the call, so it can't be replaced.
        return True
    if node.kind in {"string", "concatenated_string"} and parent.kind == "expression_statement":
        return True
    return _in_dead_zone(parent)


def _inside_parameters(node: Node) -> bool:
    return any(ancestor.kind in _PARAMETERS for ancestor in (node, *node.ancestors()))


def _in_dead_zone(node: Node | None) -> bool:
    while node is not None:
        if node.kind in _NOT_EVALUATED:
            return True
        if node.kind.endswith("_statement") or node.kind in SEQUENCES:
            return False
        node = node.parent
    return False
