"""What an operator family is, and how its functions write down the edits they think of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log1p

from macrohard_lsp.repair.operators.placing import level_of, operator_of, placed, spaced
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

Span = tuple[int, int, str]

# An operand that comes twice says nothing new: what leaves it out is the plainer edit, and is tried as well.
_SAID_TWICE = 3.0

# A call that is given one variable twice is possible, and rare.
_PASSED_TWICE = 1.0

# Longer pieces of code are clipped in a summary; two of them and the words around fit a line.
_SHOWN = 32


@dataclass(frozen=True, slots=True)
class Draft:
    """An edit as a family proposes it: spans to replace, in words, and a cost on top of the prior."""

    spans: tuple[Span, ...]
    summary: str
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of edit: the node kinds `drafts` is called with, and the cost of its best edits."""

    name: str
    prior: float
    kinds: frozenset[str]
    drafts: Callable[[Node, SourceContext], Iterator[Draft]]


def show(text: str) -> str:
    """A piece of code as a summary shows it: on one line, between backticks, clipped."""
    line = " ".join(text.split()) or repr(text)
    if len(line) > _SHOWN:
        line = line[: _SHOWN - 1] + "…"
    return f"`{line}`"


def rank_cost(rank: int) -> float:
    """What standing at place `rank` (from 0) of a list ordered by nearness adds to the cost."""
    return 0.6 * log1p(rank)


def put(source: SourceContext, node: Node, text: str, level: int) -> Span:
    """The span that puts the expression `text`, binding at `level`, in place of `node`."""
    written = placed(node, text, level)
    before = source.text[node.start - 1 : node.start]
    return (node.start, node.end, spaced(written, before, source.text[node.end : node.end + 1]))


def put_node(source: SourceContext, node: Node, other: Node) -> Span:
    """The span that puts a copy of `other` in place of `node`."""
    return put(source, node, other.text, level_of(other))


def replace(
    source: SourceContext, node: Node, text: str, level: int, *, summary: str = "", cost: float = 0.0
) -> Draft:
    """`text` instead of `node`, in the usual words unless `summary` has better ones."""
    if text in _beside(node):
        cost += _SAID_TWICE
    elif node.parent is not None and node.parent.kind == "argument_list" and _is_argument(node.parent, text):
        cost += _PASSED_TWICE
    return Draft((put(source, node, text, level),), summary or use(text, node.text), cost)


def _is_argument(row: Node, text: str) -> bool:
    return any(part.kind == "identifier" and part.text == text for part in row.parts)


def _beside(node: Node) -> list[str]:
    """The other operands of the comparison, or of the row of `and` or of `or`, that `node` is an operand of."""
    parent = node.parent
    if parent is None or parent.kind not in {"boolean_operator", "comparison_operator"}:
        return []
    top = parent
    while (
        top.parent is not None and top.parent.kind == top.kind and operator_of(top.parent) == operator_of(top)
    ):
        top = top.parent
    found: list[str] = []
    pending = [top]
    while pending:
        for part in pending.pop().parts:
            if part.kind == top.kind and operator_of(part) == operator_of(top):
                pending.append(part)
            elif part is not node:
                found.append(part.text)
    return found


def use(new: str, old: str) -> str:
    return f"use {show(new)} instead of {show(old)}"


def exchange(source: SourceContext, left: Node, right: Node, summary: str, *, cost: float = 0.0) -> Draft:
    """`left` and `right` in each other's place."""
    return Draft((put_node(source, left, right), put_node(source, right, left)), summary, cost)
