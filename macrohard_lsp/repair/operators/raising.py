"""Exceptions raised where they were returned, dropped or passed over, and what they are raised from."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.exceptions import exceptions_of, is_builtin_exception
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show, use
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_EXCEPTIONS_TRIED = 3


def _clause_around(node: Node) -> Node | None:
    """The `except` clause in whose body `node` stands."""
    for ancestor in node.ancestors():
        if ancestor.kind == "except_clause":
            return ancestor
        if ancestor.kind.endswith("_definition"):
            return None
    return None


def _alias(clause: Node) -> str:
    """What the clause calls its exception; empty where it has no name for it."""
    for part in clause.parts:
        target = part.get("alias") if part.kind == "as_pattern" else None
        if target is not None:
            return target.text
    return ""


def _instead(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`raise` for what a handler does, `raise E(…)` for `return E(…)` and `E(…)`."""
    if source.function_of(node) is None:
        return
    if _clause_around(node) is not None and node.kind in {
        "pass_statement",
        "continue_statement",
        "return_statement",
    }:
        yield Draft(((node.start, node.end, "raise"),), use("raise", node.text))
    value = node.parts[0] if node.parts else None
    if value is not None and value.kind == "call":
        start = value.start
        name = value.parts[0].text
        likely = name in exceptions_of(source) or is_builtin_exception(name)
        if likely or node.kind == "return_statement":
            text = "raise "
            yield Draft(((node.start, start, text),), f"raise {show(value.text)}", 0.0 if likely else 1.4)
    elif node.kind in {"pass_statement", "return_statement"}:
        for rank, kind in enumerate([*exceptions_of(source), "ValueError", "TypeError"][:_EXCEPTIONS_TRIED]):
            yield Draft(
                ((node.start, node.end, f"raise {kind}"),),
                use(f"raise {kind}", node.text),
                0.8 + rank_cost(rank),
            )


def _cause(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`raise E` with what it came from, or without."""
    clause = _clause_around(node)
    if not node.parts or clause is None:
        return
    cause = node.get("cause")
    alias = _alias(clause)
    for rank, text in enumerate(text for text in (alias, "None") if text):
        if cause is None:
            yield Draft(((node.end, node.end, f" from {text}"),), f"raise from {show(text)}", 0.3 * rank)
        elif cause.text != text:
            yield Draft(((cause.start, cause.end, text),), f"raise from {show(text)}", 0.3 * rank)
    if cause is not None:
        raised = node.parts[0]
        yield Draft(((raised.end, cause.end, ""),), f"drop {show(f'from {cause.text}')}", 0.4)
    yield Draft(((node.start, node.end, "raise"),), use("raise", node.text), 0.6)


def _not_implemented(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`return NotImplemented` where a method of operators says that it can't tell."""
    function = source.function_of(node)
    value = node.parts[0] if node.parts else None
    if function is None or source.class_of(function) is None or value is None:
        return
    if value.kind in {"true", "false", "none"}:
        yield Draft(((value.start, value.end, "NotImplemented"),), use("NotImplemented", value.text))


FAMILIES = (
    Family(
        "raise-instead",
        4.2,
        kinds("pass_statement continue_statement return_statement expression_statement"),
        _instead,
    ),
    Family("cause", 3.8, kinds("raise_statement"), _cause),
    Family("not-implemented", 4.2, kinds("return_statement"), _not_implemented),
)
