"""A Python file in blocks: the body of each function, the heads of plain ones, and everything else as one.

A head is a function's line of `def`. Those of functions at the top of a module do nothing but bind a name, and so
do those of tests; all others (decorators, other methods) belong to what is executed as the module is imported.
Comments and blank lines count for nothing, and neither does where in the file a block stands.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node, Query, QueryCursor

from macrohard_lsp.workspace.outline import CONTAINERS
from macrohard_lsp.workspace.python_syntax import ParsedPython, language, parse

DIGEST_BYTES = 8
LITERALS = frozenset({"string", "integer", "float", "true", "false", "none"})
MARK = b"@pytest.mark."
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Blocks:
    """`body` is the digest of what is executed by an import, but for `heads` and
    `constants`: the digests of heads by qualified name, and of assignments of plain literals to a module's names.

    `words` are all names in the text, those in strings and comments included. `functions` are first line, last
    line (from 1, decorators included) and digest, in the order of the text. A function inside another one is part of
    it.
    """

    body: str
    heads: Mapping[str, str]
    constants: Mapping[str, str]
    functions: tuple[tuple[int, int, str], ...]
    words: frozenset[str]

    def at(self, line: int) -> str:
        """The digest of the block that the code which begins at `line` belongs to."""
        place = bisect_right(self.functions, line, key=lambda block: block[0]) - 1
        if place >= 0 and line <= self.functions[place][1]:
            return self.functions[place][2]
        return self.body


def blocks_of(text: str) -> Blocks:
    """Read the blocks, also from a text with errors as far as its tree goes."""
    parsed = parse(text)
    islands = _islands(parsed)
    functions: list[tuple[int, int, str]] = []
    outside: list[bytes] = []
    heads: dict[str, str] = {}
    constants: dict[str, str] = {}
    seen: Counter[str] = Counter()
    written = 0
    for name, whole, body in _outermost(parsed.root, ""):
        if body is None:
            if name not in seen:
                outside.append(_code(parsed, islands, written, whole.start_byte))
                constants[name] = _digest(_code(parsed, islands, whole.start_byte, whole.end_byte))
                written = whole.end_byte
            seen[name] += 1
            continue
        head = _code(parsed, islands, whole.start_byte, body.start_byte)
        if name not in seen and _only_binds(name, head):
            outside.append(_code(parsed, islands, written, whole.start_byte))
            heads[name] = _digest(name.encode() + b"\n" + head)
        else:
            outside.append(_code(parsed, islands, written, body.start_byte))
        written = body.end_byte
        # Two functions may have equal bodies, and a name may be given twice.
        label = f"{name}#{seen[name]}".encode()
        seen[name] += 1
        digest = _digest(label + b"\n" + _code(parsed, islands, body.start_byte, body.end_byte))
        last = parsed.line(max(whole.end_byte - 1, whole.start_byte))
        functions.append((parsed.line(whole.start_byte), last, digest))
    outside.append(_code(parsed, islands, written, len(parsed.data)))
    body = _digest(b"\n".join(piece for piece in outside if piece))
    return Blocks(body, heads, constants, tuple(functions), frozenset(_WORD.findall(text)))


def _only_binds(name: str, head: bytes) -> bool:
    """Whether a function's head has no effect but that its name is there."""
    qualifier, _, bare = name.rpartition(".")
    decorated = [line for line in head.split(b"\n") if line.startswith(b"@")]
    is_test = bare.startswith("test")
    return (not qualifier or is_test) and all(is_test and line.startswith(MARK) for line in decorated)


@cache
def _query() -> Query:
    return Query(language(), "[(comment) @comment (string) @string]")


def _islands(parsed: ParsedPython) -> list[tuple[int, int, bool]]:
    """Start and end of comments and of strings, in order, and which of both it is (strings: True)."""
    found = QueryCursor(_query()).captures(parsed.root)
    islands = sorted(
        (node.start_byte, node.end_byte, kind == "string") for kind, nodes in found.items() for node in nodes
    )
    outermost: list[tuple[int, int, bool]] = []
    for island in islands:
        # A string may stand inside another one, in what that one interpolates.
        if not outermost or island[0] >= outermost[-1][1]:
            outermost.append(island)
    return outermost


def _code(parsed: ParsedPython, islands: list[tuple[int, int, bool]], start: int, end: int) -> bytes:
    """The lines between two bytes that have code on them, without comments and trailing white space."""
    pieces: list[bytes] = []
    for begin, stop, is_string in islands[bisect_left(islands, start, key=lambda island: island[0]) :]:
        if begin >= end:
            break
        pieces.append(parsed.data[start:begin])
        if is_string:
            # Blank lines and trailing blanks count in here.
            pieces.append(parsed.data[begin:stop].replace(b"\n", b"\0"))
        start = stop
    pieces.append(parsed.data[start:end])
    lines = (line.rstrip() for line in b"".join(pieces).splitlines())
    return b"\n".join(line for line in lines if line)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def _outermost(root: Node, qualifier: str) -> Iterator[tuple[str, Node, Node | None]]:
    """Qualified name, whole statement and body of each function that is in no other one; constants have no body."""
    stack = [(root, qualifier)]
    while stack:
        node, around = stack.pop()
        inner = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
        if inner is not None and inner.type in ("function_definition", "class_definition"):
            called, body = inner.child_by_field_name("name"), inner.child_by_field_name("body")
            if called is None or called.text is None or body is None:
                continue
            qualified = around + called.text.decode("utf-8", "replace")
            if inner.type == "function_definition":
                yield qualified, node, body
            else:
                stack.append((body, f"{qualified}."))
        elif node.type == "expression_statement" and node.parent == root:
            if (name := _constant(node)) is not None:
                yield name, node, None
        elif node.type in CONTAINERS:
            stack.extend((child, around) for child in reversed(node.named_children))


def _constant(statement: Node) -> str | None:
    """The name to which a statement assigns a plain literal."""
    assignment = statement.named_children[0] if len(statement.named_children) == 1 else None
    if assignment is None or assignment.type != "assignment":
        return None
    left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
    if left is None or right is None or left.type != "identifier" or right.type not in LITERALS:
        return None
    if any(child.type == "interpolation" for child in right.named_children):
        return None
    return left.text.decode("utf-8", "replace") if left.text is not None else None
