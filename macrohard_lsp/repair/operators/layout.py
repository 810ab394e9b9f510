"""Where statements stand in the text: their lines, their indentation, and how to write beside them."""

from macrohard_lsp.repair.operators.family import Span
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import SEQUENCES, Node, kinds

SIMPLE = kinds(
    "expression_statement return_statement raise_statement assert_statement break_statement "
    "continue_statement delete_statement"
)
COMPOUND = kinds("if_statement for_statement while_statement try_statement with_statement")
JUMPS = kinds("return_statement raise_statement break_statement continue_statement")
_DEFAULT_UNIT = "    "


def is_docstring(node: Node) -> bool:
    """A string alone in a statement, wherever it stands."""
    parts = node.parts
    return node.kind == "expression_statement" and parts[0].kind in {"string", "concatenated_string"}


def siblings(statement: Node) -> list[Node]:
    """The statements of the block `statement` stands in, docstrings left out; else empty."""
    if statement.parent is None or statement.parent.kind not in SEQUENCES:
        return []
    return [part for part in statement.parent.parts if not is_docstring(part)]


def indent_of(source: SourceContext, statement: Node) -> str | None:
    """The white space before `statement`; None when something else stands before it on its line."""
    before = source.text[source.text.rfind("\n", 0, statement.start) + 1 : statement.start]
    return before if not before.strip() else None


def end_of_line(source: SourceContext, position: int) -> int:
    """Where the line of `position` ends, its line break (of either kind) left out."""
    end = source.text.find("\n", position)
    if end < 0:
        return len(source.text)
    return end - 1 if end > position and source.text[end - 1] == "\r" else end


def owns_lines(source: SourceContext, statement: Node) -> bool:
    """Whether nothing but comments shares the lines of `statement`."""
    after = source.text[statement.end : end_of_line(source, statement.end)].strip()
    return indent_of(source, statement) is not None and (not after or after.startswith("#"))


def inner_indent(source: SourceContext, statement: Node) -> str:
    """One step of indentation as the code around `statement` writes it."""
    inner = indent_of(source, statement)
    for ancestor in statement.ancestors():
        if ancestor.parent is not None and ancestor.parent.kind in SEQUENCES:
            outer = indent_of(source, ancestor)
            if inner is not None and outer is not None and inner.startswith(outer) and inner != outer:
                return inner[len(outer) :]
            return _DEFAULT_UNIT
    for node in source.root.parts:
        for block in node.parts:
            if block.kind == "block" and block.parts and (unit := indent_of(source, block.parts[0])):
                return unit
    return _DEFAULT_UNIT


def before(source: SourceContext, statement: Node, *lines: str) -> Span | None:
    """The span that writes `lines` as statements of their own before `statement`."""
    indent = indent_of(source, statement)
    if indent is None:
        return None
    text = "".join(f"{line}{source.newline}{indent}" for line in lines)
    return (statement.start, statement.start, text)


def after(source: SourceContext, statement: Node, *lines: str) -> Span | None:
    """The span that writes `lines` as statements of their own after `statement`, past a comment beside it."""
    indent = indent_of(source, statement)
    if indent is None or not owns_lines(source, statement):
        return None
    end = end_of_line(source, statement.end)
    return (end, end, "".join(f"{source.newline}{indent}{line}" for line in lines))


def without(source: SourceContext, statement: Node) -> Span:
    """The span that takes `statement` out, with its lines where they are its own."""
    others = [part for part in (statement.parent.parts if statement.parent else []) if part is not statement]
    end = end_of_line(source, statement.end)
    if not others or indent_of(source, statement) is None or source.text[statement.end : end].strip():
        return (statement.start, statement.end, "pass")
    start = source.text.rfind("\n", 0, statement.start) + 1
    following = source.text.find("\n", end)
    return (start, following + 1 if following >= 0 else len(source.text), "")
