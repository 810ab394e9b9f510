"""A loop that is left too early: the answer for "found nothing" given at the first item instead of after the last."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family
from macrohard_lsp.repair.operators.layout import JUMPS, indent_of, owns_lines, siblings
from macrohard_lsp.repair.operators.statements import head
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import LOOPS, Node, kinds


def _after_loop(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`else: return x` at the end of a loop's body as `return x` behind the loop."""
    block = node.parent
    clause = block.parent if block is not None else None
    test = clause.parent if clause is not None else None
    body = test.parent if test is not None else None
    loop = body.parent if body is not None else None
    if (
        clause is None
        or test is None
        or loop is None
        or clause.kind != "else_clause"
        or test.kind != "if_statement"
        or loop.kind not in LOOPS
        or len(siblings(node)) != 1
        or siblings(test)[-1] is not test
        or loop.end != clause.end
        or not owns_lines(source, node)
    ):
        return
    indent, row = indent_of(source, loop), siblings(loop)
    place = row.index(loop) if loop in row else 0
    followed = row[place + 1] if place + 1 < len(row) else None
    if indent is None or (followed is not None and followed.kind in JUMPS):
        return
    before = test.parts[test.parts.index(clause) - 1]
    text = f"{source.newline}{indent}{node.text}"
    yield Draft(((before.end, loop.end, text),), f"move {head(node)} behind {head(loop)}")


FAMILIES = (Family("after-loop", 3.6, kinds("return_statement"), _after_loop),)
