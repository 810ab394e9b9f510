"""Parses Python with tree-sitter. Positions go out as offsets in code points, never as tree-sitter's rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

from macrohard_lsp.core.text import LineIndex

MAX_ERROR_SPOTS = 20
_SHOWN = 40  # characters of the source that a message quotes

# To Python a lone carriage return ends a line; to the grammar it is white space. One byte either way.
_LONE_CARRIAGE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class ErrorSpot:
    """Where the text stops being Python. `line` counts from 1."""

    offset: int
    line: int
    message: str


@dataclass(frozen=True)
class ParsedPython:
    """A text and its tree. `data` is what was parsed: the text in UTF-8, as long as it in bytes."""

    text: str
    data: bytes
    tree: Tree

    @property
    def root(self) -> Node:
        return self.tree.root_node

    @property
    def has_error(self) -> bool:
        return self.tree.root_node.has_error

    @cached_property
    def lines(self) -> LineIndex:
        return LineIndex(self.text)

    def span(self, node: Node) -> tuple[int, int]:
        """The node's offsets in the text, start and end."""
        return self.lines.offset_of_byte(node.start_byte), self.lines.offset_of_byte(node.end_byte)

    def source(self, node: Node) -> str:
        """The node's text, line ends as they are in the file."""
        start, end = self.span(node)
        return self.text[start:end]

    def line(self, byte: int) -> int:
        """The line, from 1, that a byte of `data` is on."""
        return self.lines.line_of(self.lines.offset_of_byte(byte)) + 1

    @cached_property
    def errors(self) -> tuple[ErrorSpot, ...]:
        """The first places where the text is not Python, in order; empty only when there are none."""
        spots: list[ErrorSpot] = []
        for node in _error_nodes(self.tree.root_node):
            if len(spots) == MAX_ERROR_SPOTS:
                break
            offset = self.lines.offset_of_byte(node.start_byte)
            spots.append(ErrorSpot(offset, self.line(node.start_byte), self._message(node)))
        return tuple(spots)

    def _message(self, node: Node) -> str:
        if node.is_missing:
            return f"syntax error: {node.type!r} is missing"
        quoted = " ".join(self.source(node)[:_SHOWN].split())
        return f"syntax error at {quoted!r}" if quoted else "syntax error"


def parse(text: str) -> ParsedPython:
    """Parse a whole file. Never raises for what the text says: errors are in the result."""
    data = text.encode("utf-8", "surrogatepass")
    parsed = _LONE_CARRIAGE_RETURN.sub(b"\n", data) if b"\r" in data else data
    return ParsedPython(text, parsed, Parser(language()).parse(parsed))


@cache
def language() -> Language:
    """The Python grammar, for queries."""
    return Language(tree_sitter_python.language())


def _error_nodes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            stack.extend(reversed(node.children))
