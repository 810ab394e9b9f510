"""A Python file in blocks: the body of each function, the statements that only bind names, and everything else as one.

Comments and blank lines count for nothing, and neither does where in the file a block stands.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node, Query, QueryCursor

from macrohard_lsp.testing.footprints.names import WORD, Uses, docstrings, unnamed, uses_of
from macrohard_lsp.testing.footprints.statements import (
    CLASS,
    IMPORT,
    Binding,
    bindings_of,
    is_plain_function,
)
from macrohard_lsp.workspace.outline import CONTAINERS
from macrohard_lsp.workspace.python_syntax import ParsedPython, language, parse

DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Inside:
    """A function by its qualified name, and all names in its body, those in strings included."""

    name: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Blocks:
    """`body` is the digest of what an import executes that does more than to bind names, `loose` the names in there.

    `bindings` are the statements that only bind names: by name, what kind of statement and its digest, or what is
    imported. `heads` are those of tests in classes, in the same way. `mentions` are the names in the statement that
    binds one; `around` are all names outside functions. `functions` are first line, last line (from 1, decorators
    included) and digest, in the order of the text, and `inside` says more of them. A function inside another one is
    part of it.
    """

    body: str
    loose: frozenset[str]
    bindings: Mapping[str, str]
    heads: Mapping[str, str]
    mentions: Mapping[str, frozenset[str]]
    around: frozenset[str]
    functions: tuple[tuple[int, int, str], ...]
    inside: Mapping[str, Inside]
    uses: Uses

    def at(self, line: int) -> str:
        """The digest of the block that the code which begins at `line` belongs to."""
        place = bisect_right(self.functions, line, key=lambda block: block[0]) - 1
        if place >= 0 and line <= self.functions[place][1]:
            return self.functions[place][2]
        return self.body


def blocks_of(text: str) -> Blocks:
    """Read the blocks, also from a text with errors as far as its tree goes."""
    reader = _Reader(parse(text))
    for statement in reader.parsed.root.named_children:
        reader.take(statement)
    return reader.blocks()


class _Reader:
    """What has been read of a module, statement by statement."""

    def __init__(self, parsed: ParsedPython) -> None:
        self.parsed = parsed
        self._islands = _islands(parsed)
        self._unnamed = unnamed(parsed)
        self._said = docstrings(parsed)
        self._functions: list[tuple[int, int, str]] = []
        self._inside: dict[str, Inside] = {}
        self._outside: list[bytes] = []
        self._loose: set[str] = set()
        self._bindings: dict[str, str] = {}
        self._heads: dict[str, str] = {}
        self._mentions: dict[str, frozenset[str]] = {}
        self._seen: Counter[str] = Counter()
        self._classes: set[str] = set()

    def take(self, statement: Node) -> None:
        around = self._without_functions(statement)
        # Where the tree is a guess, nothing is taken to be what it looks like.
        bound = () if self.parsed.has_error else bindings_of(statement, frozenset(self._classes))
        if bound and not any(binding.name in self._bindings for binding in bound):
            for binding in bound:
                self._bind(binding, around)
        else:
            self._outside.append(around.code)
            self._loose |= around.words

    def _bind(self, binding: Binding, around: "_Piece") -> None:
        self._mentions[binding.name] = around.words - {binding.name}
        if binding.kind == IMPORT:
            self._bindings[binding.name] = IMPORT + binding.import_of
            self._mentions[binding.name] = frozenset(WORD.findall(binding.import_of))
        elif binding.name == "__all__":
            # Which names there are says who is affected by another list.
            self._bindings[binding.name] = " ".join(["__all__", *sorted(around.words)])
        else:
            self._bindings[binding.name] = binding.kind + _digest(around.code)
        if binding.kind == CLASS:
            self._classes.add(binding.name)

    def _without_functions(self, statement: Node) -> "_Piece":
        """What a statement executes as the module is imported: without functions' bodies and the heads of tests."""
        pieces: list[_Piece] = []
        written = statement.start_byte
        for name, whole, body in _outermost(statement, ""):
            is_test_method = "." in name and name.rpartition(".")[2].startswith("test")
            if is_test_method and name not in self._seen and is_plain_function(whole, is_test=True):
                pieces.append(self._piece(written, whole.start_byte))
                head = self._piece(whole.start_byte, body.start_byte)
                self._heads[name] = _digest(name.encode() + b"\n" + head.code)
                self._mentions[name] = head.words
            else:
                pieces.append(self._piece(written, body.start_byte))
            written = body.end_byte
            self._take_function(name, whole, body)
        pieces.append(self._piece(written, statement.end_byte))
        code = b"\n".join(piece.code for piece in pieces if piece.code)
        return _Piece(code, frozenset[str]().union(*(piece.words for piece in pieces)))

    def _take_function(self, name: str, whole: Node, body: Node) -> None:
        piece = self._piece(body.start_byte, body.end_byte)
        # Two functions may have equal bodies, and a name may be given twice.
        digest = _digest(f"{name}#{self._seen[name]}".encode() + b"\n" + piece.code)
        self._seen[name] += 1
        last = self.parsed.line(max(whole.end_byte - 1, whole.start_byte))
        self._functions.append((self.parsed.line(whole.start_byte), last, digest))
        self._inside[digest] = Inside(name, piece.words)

    def _piece(self, start: int, end: int) -> "_Piece":
        words = self._words(start, end)
        at = bisect_left(self._unnamed, (start,))
        words += [word for _, word in self._unnamed[at : bisect_left(self._unnamed, (end,))]]
        return _Piece(_code(self.parsed, self._islands, start, end), frozenset(words))

    def _words(self, start: int, end: int) -> list[str]:
        """All names between two bytes, those in comments and docstrings excepted."""
        kept: list[bytes] = []
        for begin, stop, counts in self._islands[bisect_left(self._islands, (start,)) :]:
            if begin >= end:
                break
            kept.append(self.parsed.data[start : stop if counts and begin not in self._said else begin])
            start = stop
        kept.append(self.parsed.data[start:end])
        return WORD.findall(b" ".join(kept).decode("utf-8", "replace"))

    def blocks(self) -> Blocks:
        return Blocks(
            body=_digest(b"\n".join(piece for piece in self._outside if piece)),
            loose=frozenset(self._loose),
            bindings=self._bindings,
            heads=self._heads,
            mentions=self._mentions,
            around=frozenset(self._loose).union(*self._mentions.values()),
            functions=tuple(self._functions),
            inside=self._inside,
            uses=uses_of(self.parsed, self._said),
        )


@dataclass(frozen=True, slots=True)
class _Piece:
    code: bytes
    words: frozenset[str]


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


def _outermost(root: Node, qualifier: str) -> Iterator[tuple[str, Node, Node]]:
    """Qualified name, whole statement and body of each function that is in no other one."""
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
        elif node.type in CONTAINERS:
            stack.extend((child, around) for child in reversed(node.named_children))
