"""Which statements of a module do nothing but bind names, as far as that can be read.

What such a statement does to others goes through the names it binds: whoever never uses one of them can't tell that
it is another one now. That evaluating it may fail is another matter, which an import shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

PLAIN = frozenset(
    {"string_start", "string_content", "string_end", "escape_sequence", "string", "concatenated_string"}
    | {"integer", "float", "true", "false", "none", "ellipsis", "identifier", "attribute", "comment"}
    | {"tuple", "list", "set", "dictionary", "pair", "parenthesized_expression", "expression_list"}
    | {"unary_operator", "not_operator", "boolean_operator", "comparison_operator", "conditional_expression"}
)
"""Expressions that bring nothing about if none of their parts does."""
ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**", "|", "&", "^"})
MAKING = frozenset(
    {"object", "frozenset", "set", "dict", "list", "tuple", "str", "int", "float", "bool", "bytes", "range"}
    | {"len", "min", "max", "sum", "abs", "ord", "chr", "re.compile", "namedtuple", "collections.namedtuple"}
)
"""What may be called: it gives a value and changes nothing."""
BASES = frozenset(
    {"object", "dict", "list", "tuple", "set", "frozenset", "str", "bytes", "int", "float"}
    | {"Exception", "ValueError", "TypeError", "KeyError", "IndexError", "LookupError", "AttributeError"}
    | {"RuntimeError", "NotImplementedError", "OSError", "AssertionError", "ArithmeticError"}
)
"""Classes of Python's own that do nothing when one is derived from them."""
MARKS_OF_METHODS = frozenset({"property", "staticmethod", "classmethod"})
HOOKS_OF_CLASSES = frozenset(
    {"__init_subclass__", "__set_name__", "__class_getitem__", "__prepare__", "__mro_entries__"}
)
MARK = "pytest.mark."


@dataclass(frozen=True, slots=True)
class Binding:
    """One name; `import_of` is the module that is asked for it, and what of that, where it is imported."""

    name: str
    kind: str
    import_of: str = ""


FUNCTION, CLASS, VALUE, IMPORT = "f", "c", "v", "i"


def bindings_of(statement: Node, classes: frozenset[str]) -> tuple[Binding, ...]:
    """What a statement of a module binds, if it does nothing else; `classes` are those of the module that are plain."""
    kind = statement.type
    if kind == "expression_statement":
        return _of_expression(statement)
    if kind in ("import_statement", "import_from_statement"):
        return tuple(_of_import(statement))
    if kind in {"function_definition", "decorated_definition"}:
        inner = statement.child_by_field_name("definition") if kind == "decorated_definition" else statement
        if inner is not None and inner.type == "function_definition":
            name = _text(inner.child_by_field_name("name"))
            return (Binding(name, FUNCTION),) if is_plain_function(statement, name.startswith("test")) else ()
    if kind == "class_definition" and _is_plain_class(statement, classes):
        return (Binding(_text(statement.child_by_field_name("name")), CLASS),)
    return ()


def is_plain_function(statement: Node, is_test: bool) -> bool:
    """Whether a function's head brings nothing about; a test's may have marks, which are pytest's."""
    inner = statement
    if statement.type == "decorated_definition":
        decorators = [child for child in statement.children if child.type == "decorator"]
        if not is_test or not all(
            _text(each).removeprefix("@").strip().startswith(MARK) for each in decorators
        ):
            return False
        inner = statement.child_by_field_name("definition") or statement
    return _is_plain_head(inner)


def _is_plain_head(function: Node) -> bool:
    parameters = function.child_by_field_name("parameters")
    for parameter in parameters.named_children if parameters is not None else ():
        value, annotation = parameter.child_by_field_name("value"), parameter.child_by_field_name("type")
        if (value is not None and not is_plain(value)) or (annotation is not None and _has_call(annotation)):
            return False
    returned = function.child_by_field_name("return_type")
    return returned is None or not _has_call(returned)


def _is_plain_class(statement: Node, classes: frozenset[str]) -> bool:
    bases, body = statement.child_by_field_name("superclasses"), statement.child_by_field_name("body")
    named = [child for child in bases.named_children if child.type != "comment"] if bases is not None else []
    if body is None or not all(
        base.type == "identifier" and _text(base) in BASES | classes for base in named
    ):
        return False
    return all(map(_is_plain_member, body.named_children))


def _is_plain_member(statement: Node) -> bool:
    if statement.type in ("comment", "pass_statement"):
        return True
    if statement.type == "expression_statement":
        return bool(_of_expression(statement)) or _is_string(statement)
    inner = statement
    if statement.type == "decorated_definition":
        inner = statement.child_by_field_name("definition") or statement
        decorators = [
            _text(child).removeprefix("@").strip()
            for child in statement.children
            if child.type == "decorator"
        ]
        is_test = _text(inner.child_by_field_name("name")).startswith("test")
        if not all(_is_plain_decorator(each, is_test) for each in decorators):
            return False
    if inner.type != "function_definition":
        return False
    return _text(inner.child_by_field_name("name")) not in HOOKS_OF_CLASSES and _is_plain_head(inner)


def _is_plain_decorator(text: str, is_test: bool) -> bool:
    if is_test and text.startswith(MARK):
        return True
    return text in MARKS_OF_METHODS or text.endswith((".setter", ".getter", ".deleter"))


def _of_expression(statement: Node) -> tuple[Binding, ...]:
    if _is_string(statement):
        is_first = statement.prev_named_sibling is None or statement.prev_named_sibling.type == "comment"
        return (Binding("__doc__", VALUE),) if is_first else ()
    assignment = statement.named_children[0] if len(statement.named_children) == 1 else None
    if assignment is None or assignment.type != "assignment":
        return ()
    left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
    annotation = assignment.child_by_field_name("type")
    if left is None or right is None or left.type != "identifier" or not is_plain(right):
        return ()
    if annotation is not None and _has_call(annotation):
        return ()
    return (Binding(_text(left), VALUE),)


def _is_string(statement: Node) -> bool:
    return len(statement.named_children) == 1 and statement.named_children[0].type in (
        "string",
        "concatenated_string",
    )


def _of_import(statement: Node) -> Iterator[Binding]:
    module = _text(statement.child_by_field_name("module_name"))
    for item in statement.children_by_field_name("name"):
        name, alias = item, None
        if item.type == "aliased_import":
            name, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
        written = _text(name)
        bound = _text(alias) if alias is not None else written if module else written.partition(".")[0]
        yield Binding(bound, IMPORT, f"{module} {written}" if module else written)


def is_plain(expression: Node) -> bool:
    """Whether evaluating an expression gives a value and brings nothing else about."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        kind = node.type
        if kind == "call":
            function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            if function is None or arguments is None or _text(function) not in MAKING:
                return False
            waiting += arguments.named_children
        elif kind == "keyword_argument":
            waiting += [child for child in (node.child_by_field_name("value"),) if child is not None]
        elif kind == "binary_operator":
            operator = node.child_by_field_name("operator")
            if operator is None or operator.type not in ARITHMETIC:
                return False
            waiting += node.named_children
        elif kind == "lambda":
            parameters = node.child_by_field_name("parameters")
            for parameter in parameters.named_children if parameters is not None else ():
                waiting += [child for child in (parameter.child_by_field_name("value"),) if child is not None]
        elif kind in PLAIN:
            waiting += node.named_children
        else:
            return False
    return True


def _has_call(expression: Node) -> bool:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node.type in ("call", "await", "yield", "named_expression"):
            return True
        waiting += node.named_children
    return False


def _text(node: Node | None) -> str:
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""
