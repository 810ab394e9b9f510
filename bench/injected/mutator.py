"""Bugs of kinds that people make, put into right programs by a seeded choice of places.

Shares nothing with `macrohard_lsp/repair`: it works on Python's own syntax trees and the places they give.
"""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`spans` are (start, end, new text), in characters of the file, sorted, within the lines of one function."""

    kind: str
    function: str
    spans: tuple[tuple[int, int, str], ...]
    about: str

    def apply(self, text: str) -> str:
        for start, end, new in reversed(self.spans):
            text = text[:start] + new + text[end:]
        return text


# A kind of small change, of one token or less than one expression, and the kinds that take two tokens or more.
SMALL = ("comparison", "operator", "constant", "stale variable", "helper swapped")
LARGE = (
    "clause removed",
    "operand removed",
    "argument removed",
    "statement removed",
    "two sites",
    "guard turned",
)

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in",
    ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.Div: "//", ast.FloorDiv: "/", ast.Mod: "//",
    ast.BitAnd: "|", ast.BitOr: "&",
}  # fmt: skip


class Source:
    """One file, with places as offsets in characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode("utf-8")[:column].decode("utf-8"))

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]


def changes(text: str) -> Iterator[Change]:
    """Every change of every kind at every place of the file's functions."""
    source = Source(text)
    helpers = _helpers(source.tree)
    for name, function in _functions(source.tree, ""):
        single: list[Change] = []
        for kind, make in MAKERS.items():
            for spans, about in make(source, function, helpers):
                change = Change(kind, name, spans, about)
                single += [change] if kind in ("comparison", "operator", "constant") else []
                yield change
        for number, one in enumerate(single):
            for other in single[number + 1 :]:
                if one.kind == other.kind and one.spans[-1][1] < other.spans[0][0]:
                    yield Change("two sites", name, one.spans + other.spans, f"{one.about}; {other.about}")


def _functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Outermost functions, by qualified names."""
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _helpers(tree: ast.Module) -> dict[str, int]:
    """The module's own functions and how many arguments they take."""
    return {node.name: len(node.args.args) for node in tree.body if isinstance(node, ast.FunctionDef)}


_Made = Iterator[tuple[tuple[tuple[int, int, str], ...], str]]
_Maker = Callable[[Source, ast.FunctionDef, dict[str, int]], _Made]


def _inner(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Nodes of the body that have a place and stand in no f-string, whose places are not to be relied on."""
    hidden: set[int] = set()
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.JoinedStr):
                hidden |= {id(inner) for inner in ast.walk(node)}
            if id(node) not in hidden:
                yield node


def _between(source: Source, before: ast.AST, after: ast.AST, old: str) -> tuple[int, int] | None:
    """Where `old` stands between two operands, if nothing but it and white space does."""
    start, end = source.span(before)[1], source.span(after)[0]
    gap = source.text[start:end]
    if gap.strip() != old or "\n" in gap:
        return None
    at = start + gap.index(old)
    return at, at + len(old)


WRITTEN = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is", ast.IsNot: "is not", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
    ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip


def _comparison(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
            old, new = WRITTEN[type(node.ops[0])], COMPARISONS[type(node.ops[0])]
            if place := _between(source, node.left, node.comparators[0], old):
                yield ((*place, new),), f"{new} for {old}"


def _operator(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _is_text(node.left):
            old, new = WRITTEN[type(node.op)], OPERATORS[type(node.op)]
            if place := _between(source, node.left, node.right, old):
                yield ((*place, new),), f"{new} for {old}"


def _constant(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.Constant) and not _is_text(node):
            if isinstance(node.value, bool):
                yield ((*source.span(node), str(not node.value)),), f"{not node.value} for {node.value}"
            elif isinstance(node.value, int) and source.segment(node) == str(node.value):
                new = str(node.value + 1)
                yield ((*source.span(node), new),), f"{new} for {node.value}"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, (ast.JoinedStr, ast.Constant)) and isinstance(
        getattr(node, "value", ""), (str, bytes)
    )


def _stale(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    """A name made from another one (`b = f(a)`), and then the other one is used where it should be."""
    made: dict[str, tuple[str, int]] = {}
    for node in _inner(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            own = node.targets[0].id
            for used in ast.walk(node.value):
                if isinstance(used, ast.Name) and used.id != own and used.id in _locals(function):
                    made.setdefault(own, (used.id, node.end_lineno or node.lineno))
    for node in _inner(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in made:
            old, line = made[node.id]
            if node.lineno > line:
                yield ((*source.span(node), old),), f"{old} for {node.id}"


def _locals(function: ast.FunctionDef) -> set[str]:
    arguments = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)} - {
        "self",
        "cls",
    }
    return arguments | {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _swapped(source: Source, function: ast.FunctionDef, helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in helpers:
            for name, count in helpers.items():
                if name not in (node.func.id, function.name) and count == helpers[node.func.id]:
                    yield ((*source.span(node.func), name),), f"{name}() for {node.func.id}()"


def _clause(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    """`a and b` without one of the two."""
    for node in _inner(function):
        if isinstance(node, ast.BoolOp):
            for number, value in enumerate(node.values):
                if number:
                    span = (source.span(node.values[number - 1])[1], source.span(value)[1])
                else:
                    span = (source.span(value)[0], source.span(node.values[1])[0])
                if _is_balanced(source.text[span[0] : span[1]]):
                    yield ((*span, ""),), f"without {_short(source.segment(value))}"


def _operand(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.BinOp):
            for gone, span in (
                (node.left, (source.span(node.left)[0], source.span(node.right)[0])),
                (node.right, (source.span(node.left)[1], source.span(node.right)[1])),
            ):
                if _is_balanced(source.text[span[0] : span[1]]):
                    yield ((*span, ""),), f"without {_short(source.segment(gone))}"


def _argument(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.Call) and len(node.args) + len(node.keywords) > 1:
            everything = [*node.args, *node.keywords]
            for number in range(1, len(everything)):
                span = (source.span(everything[number - 1])[1], source.span(everything[number])[1])
                if _is_balanced(source.text[span[0] : span[1]]):
                    yield ((*span, ""),), f"without the argument {_short(source.segment(everything[number]))}"


def _statement(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    """A statement of at most three lines is gone, where it has its lines for itself and others beside it."""
    for node in _inner(function):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            yield from _of_body(source, body)
    yield from _of_body(source, function.body)


def _of_body(source: Source, body: object) -> _Made:
    if not isinstance(body, list) or len(body) < 2:
        return
    for node in body:
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.If)) and not _is_text(
            getattr(node, "value", node)
        ):
            last = node.end_lineno or node.lineno
            start, end = source.line_start(node.lineno), source.line_start(last + 1)
            alone = source.text[start:end].strip() == source.segment(node)
            if alone and last - node.lineno < 3 and not getattr(node, "orelse", None):
                yield ((start, end, ""),), f"without the statement {_short(source.segment(node))}"


def _guard(source: Source, function: ast.FunctionDef, _helpers: dict[str, int]) -> _Made:
    for node in _inner(function):
        if isinstance(node, ast.If):
            text = source.segment(node.test)
            if isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
                yield (
                    ((*source.span(node.test), source.segment(node.test.operand)),),
                    f"without not in {_short(text)}",
                )
            elif "\n" not in text:
                yield ((*source.span(node.test), f"not ({text})"),), f"not ({_short(text)})"


def _is_balanced(text: str) -> bool:
    return all(text.count(one) == text.count(other) for one, other in ("()", "[]", "{}")) and "#" not in text


def _short(text: str) -> str:
    return " ".join(text.split())[:60]


MAKERS: dict[str, _Maker] = {
    "comparison": _comparison,
    "operator": _operator,
    "constant": _constant,
    "stale variable": _stale,
    "helper swapped": _swapped,
    "clause removed": _clause,
    "operand removed": _operand,
    "argument removed": _argument,
    "statement removed": _statement,
    "guard turned": _guard,
}


def tokens_changed(before: str, after: str) -> int:
    """The larger of the numbers of tokens that are in one text only, from the first that differs to the last."""
    one, other = _tokens(before), _tokens(after)
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    return max(len(one), len(other)) - head - tail


def _tokens(text: str) -> list[str]:
    left_out = (
        tokenize.NL,
        tokenize.COMMENT,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    return [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in left_out
    ]
