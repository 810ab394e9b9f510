"""Putting one expression in another's place so that it still means itself: parentheses only where needed."""

from macrohard_lsp.repair.tree import Node

# How tightly an expression binds, by the rows of the language reference's table, loosest first.
NAMED, LAMBDA, CONDITIONAL, OR, AND, NOT, COMPARISON = range(7)
BITWISE_OR, BITWISE_XOR, BITWISE_AND, SHIFT, SUM, PRODUCT, UNARY, POWER, AWAIT, PRIMARY, ATOM = range(7, 18)

BINARY = {
    "|": BITWISE_OR, "^": BITWISE_XOR, "&": BITWISE_AND, "<<": SHIFT, ">>": SHIFT, "+": SUM, "-": SUM,
    "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "@": PRODUCT, "**": POWER,
    "and": AND, "or": OR,
}  # fmt: skip

_LEVELS = {
    "named_expression": NAMED, "lambda": LAMBDA, "conditional_expression": CONDITIONAL, "not_operator": NOT,
    "comparison_operator": COMPARISON, "unary_operator": UNARY, "await": AWAIT, "call": PRIMARY,
    "attribute": PRIMARY, "subscript": PRIMARY, "concatenated_string": PRIMARY,
    "expression_list": NAMED, "yield": NAMED, "list_splat": NAMED,
}  # fmt: skip

_OPERANDS = {
    "not_operator": NOT, "comparison_operator": BITWISE_OR, "unary_operator": UNARY, "await": PRIMARY,
    "for_in_clause": OR, "if_clause": OR, "list_splat": BITWISE_OR, "dictionary_splat": BITWISE_OR,
    "interpolation": CONDITIONAL, "parenthesized_expression": NAMED,
}  # fmt: skip

_HEADS = {("attribute", "object"), ("call", "function"), ("subscript", "value")}
_BRACKETS = frozenset(
    {
        "argument_list",
        "parenthesized_expression",
        "list",
        "tuple",
        "set",
        "dictionary",
        "subscript",
        "interpolation",
    }
    | {"generator_expression", "list_comprehension", "set_comprehension", "dictionary_comprehension"}
)


def operator_of(node: Node) -> str:
    """The operator of a binary, boolean, unary or augmented node."""
    operator = node.get("operator")
    return operator.text if operator is not None else ""


def level_of(node: Node) -> int:
    """How tightly `node` binds."""
    if node.kind in {"binary_operator", "boolean_operator"}:
        return BINARY.get(operator_of(node), SUM)
    return _LEVELS.get(node.kind, ATOM)


def required_level(node: Node) -> int:
    """How tightly an expression must bind to stand in `node`'s place without parentheses."""
    parent = node.parent
    if parent is None:
        return LAMBDA
    if parent.kind in {"binary_operator", "boolean_operator"}:
        return _operand_level(parent, node)
    if (parent.kind, node.field) in _HEADS:
        return PRIMARY
    if parent.kind == "conditional_expression":
        return LAMBDA if node is parent.parts[-1] else OR
    return _OPERANDS.get(parent.kind, LAMBDA)


def _operand_level(parent: Node, node: Node) -> int:
    level = level_of(parent)
    if level == POWER:
        return AWAIT if node.field == "left" else UNARY
    return level if node.field == "left" or level in {AND, OR} else level + 1


def within_brackets(node: Node) -> bool:
    """Whether a line break beside `node` would be no end of statement."""
    for ancestor in node.ancestors():
        if ancestor.kind in _BRACKETS:
            return True
        if ancestor.kind.endswith("_statement"):
            return False
    return False


def placed(node: Node, text: str, level: int) -> str:
    """`text`, which binds at `level`, as it must be written to stand in `node`'s place."""
    number_with_a_dot = node.field == "object" and text[-1:].isdigit() and text[:1].isdigit()
    broken_line = "\n" in text and level < ATOM and not within_brackets(node)
    if level < required_level(node) or number_with_a_dot or broken_line:
        return f"({text})"
    return text


def spaced(text: str, before: str, after: str) -> str:
    """`text` kept apart from the word it would otherwise run into, as in `return(x)` or `1if x else 2`."""
    if text and _is_word(before) and (_is_word(text[0]) or text[0] in "'\""):
        text = " " + text
    if text and _is_word(after) and (_is_word(text[-1]) or text[-1] in "'\""):
        text += " "
    return text


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()
