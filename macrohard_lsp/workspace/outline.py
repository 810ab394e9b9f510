"""What a Python file defines and imports, from its tree."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from tree_sitter import Node

from macrohard_lsp.workspace.python_syntax import ParsedPython

TEST_FILE_PATTERNS = ("test_*.py", "*_test.py")


class DefinitionKind(StrEnum):
    FUNCTION = "function"
    METHOD = "method"
    CLASS = "class"


class ParameterKind(StrEnum):
    POSITIONAL_ONLY = "positional-only"
    POSITIONAL = "positional"
    VAR_POSITIONAL = "var-positional"
    KEYWORD_ONLY = "keyword-only"
    VAR_KEYWORD = "var-keyword"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`annotation` and `default` are source text, None where there is none."""

    name: str
    kind: ParameterKind
    annotation: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, method or class.

    `qualified_name` is what Python calls `__qualname__`. `start` and `end` are offsets of the whole
    statement, decorators included; `line` (from 1) is that of `def` or `class`, `first_line` that of the
    first decorator, `last_line` the last of the body, comments included. `bases` are a class's arguments as written.
    `is_test` is pytest's default naming, for a file that is a test file.
    """

    kind: DefinitionKind
    name: str
    qualified_name: str
    start: int
    end: int
    first_line: int
    line: int
    last_line: int
    decorators: tuple[str, ...] = ()
    is_async: bool = False
    parameters: tuple[Parameter, ...] = ()
    bases: tuple[str, ...] = ()
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `import module as alias`, or `from module import name as alias`.

    `level` counts the leading dots; `name` is None for the first form and `*` for everything. `line`
    counts from 1. `guarded` is set inside a `try`, `type_checking` where only type checkers see it.
    """

    module: str
    name: str | None
    alias: str | None
    level: int
    line: int
    type_checking: bool = False
    guarded: bool = False
    in_function: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """In the order of the text."""

    definitions: tuple[Definition, ...]
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """What encloses a statement. `tests_here` is set where a `test…` function would be collected."""

    qualifier: str = ""
    in_class: bool = False
    in_function: bool = False
    tests_here: bool = True
    type_checking: bool = False
    guarded: bool = False


CONTAINERS = frozenset(
    {
        "module",
        "block",
        "ERROR",
        "if_statement",
        "elif_clause",
        "else_clause",
        "for_statement",
        "with_statement",
    }
    | {"while_statement", "try_statement", "except_clause", "except_group_clause", "finally_clause"}
    | {"match_statement", "case_clause"}
)
"""The nodes in which statements may stand, beside functions and classes."""

_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})


def is_test_file(path: str) -> bool:
    """Whether pytest, left to its defaults, would look for tests in this file."""
    name = path.rsplit("/", 1)[-1]
    return any(fnmatchcase(name, pattern) for pattern in TEST_FILE_PATTERNS)


def outline(parsed: ParsedPython) -> Outline:
    """Read the definitions and imports, also from a text with errors as far as its tree goes."""
    definitions: list[Definition] = []
    imports: list[Import] = []
    stack: list[tuple[Node, _Place]] = [(parsed.root, _Place())]
    while stack:
        node, place = stack.pop()
        kind = node.type
        if kind in _IMPORTS:
            imports.extend(_imports(parsed, node, place))
        elif kind in ("function_definition", "class_definition", "decorated_definition"):
            inner = node.child_by_field_name("definition") if kind == "decorated_definition" else node
            if inner is None or (body := inner.child_by_field_name("body")) is None:
                continue
            definition = _definition(parsed, node, inner, place)
            definitions.append(definition)
            stack.append((body, _inside(definition, place)))
        elif kind in CONTAINERS:
            stack.extend(
                (child, _within(parsed, node, child, place)) for child in reversed(node.named_children)
            )
    return Outline(tuple(definitions), tuple(imports))


def _within(parsed: ParsedPython, parent: Node, child: Node, place: _Place) -> _Place:
    if parent.type == "try_statement" and not place.guarded:
        return replace(place, guarded=True)
    if parent.type in ("if_statement", "elif_clause") and child == parent.child_by_field_name("consequence"):
        condition = parent.child_by_field_name("condition")
        if condition is not None and parsed.source(condition).split(".")[-1] == "TYPE_CHECKING":
            return replace(place, type_checking=True)
    return place


def _inside(definition: Definition, place: _Place) -> _Place:
    if definition.kind is DefinitionKind.CLASS:
        collected = place.tests_here and definition.is_test
        return replace(place, qualifier=definition.qualified_name + ".", in_class=True, tests_here=collected)
    qualifier = definition.qualified_name + ".<locals>."
    return replace(place, qualifier=qualifier, in_class=False, in_function=True, tests_here=False)


def _definition(parsed: ParsedPython, whole: Node, inner: Node, place: _Place) -> Definition:
    name_node = inner.child_by_field_name("name")
    name = parsed.source(name_node) if name_node is not None else ""
    is_class = inner.type == "class_definition"
    bases = _bases(parsed, inner) if is_class else ()
    start, end = parsed.span(whole)
    kind = DefinitionKind.METHOD if place.in_class else DefinitionKind.FUNCTION
    return Definition(
        kind=DefinitionKind.CLASS if is_class else kind,
        name=name,
        qualified_name=place.qualifier + name,
        start=start,
        end=end,
        first_line=parsed.line(whole.start_byte),
        line=parsed.line(inner.start_byte),
        last_line=parsed.line(max(whole.end_byte - 1, whole.start_byte)),
        decorators=tuple(
            parsed.source(child).removeprefix("@").strip()
            for child in whole.children
            if child.type == "decorator"
        ),
        is_async=any(child.type == "async" for child in inner.children),
        parameters=() if is_class else tuple(_parameters(parsed, inner)),
        bases=bases,
        is_test=place.tests_here and (_is_test_class(name, bases) if is_class else name.startswith("test")),
    )


def _is_test_class(name: str, bases: tuple[str, ...]) -> bool:
    return name.startswith("Test") or any(base.split(".")[-1].endswith("TestCase") for base in bases)


def _bases(parsed: ParsedPython, node: Node) -> tuple[str, ...]:
    arguments = node.child_by_field_name("superclasses")
    if arguments is None:
        return ()
    return tuple(parsed.source(child) for child in arguments.named_children if child.type != "comment")


def _parameters(parsed: ParsedPython, node: Node) -> Iterator[Parameter]:
    listed = node.child_by_field_name("parameters")
    children = [] if listed is None else listed.named_children
    slash = next((i for i, child in enumerate(children) if child.type == "positional_separator"), -1)
    kind = ParameterKind.POSITIONAL_ONLY
    for position, child in enumerate(children):
        if position >= slash and kind is ParameterKind.POSITIONAL_ONLY:
            kind = ParameterKind.POSITIONAL
        if child.type == "keyword_separator":
            kind = ParameterKind.KEYWORD_ONLY
            continue
        parameter = _parameter(parsed, child, kind)
        if parameter is None:
            continue
        if parameter.kind is ParameterKind.VAR_POSITIONAL:
            kind = ParameterKind.KEYWORD_ONLY
        yield parameter


_SPLATS = {
    "list_splat_pattern": ParameterKind.VAR_POSITIONAL,
    "dictionary_splat_pattern": ParameterKind.VAR_KEYWORD,
}


def _parameter(parsed: ParsedPython, node: Node, kind: ParameterKind) -> Parameter | None:
    annotation, default = node.child_by_field_name("type"), node.child_by_field_name("value")
    name = node.child_by_field_name("name")
    if name is None:
        name = _first(node) if node.type == "typed_parameter" else node
    if name is not None and name.type in _SPLATS:
        kind = _SPLATS[name.type]
        name = _first(name)
    if name is None or name.type != "identifier":
        return None
    return Parameter(
        parsed.source(name),
        kind,
        parsed.source(annotation) if annotation is not None else None,
        parsed.source(default) if default is not None else None,
    )


def _first(node: Node) -> Node | None:
    return next(iter(node.named_children), None)


def _imports(parsed: ParsedPython, node: Node, place: _Place) -> Iterator[Import]:
    line = parsed.line(node.start_byte)
    level, module = 0, ""
    source = node.child_by_field_name("module_name")
    if node.type == "future_import_statement":
        module = "__future__"
    elif source is not None:
        dotted = "".join(parsed.source(source).split())
        module = dotted.lstrip(".")
        level = len(dotted) - len(module)
    names = node.children_by_field_name("name")
    names += [child for child in node.named_children if child.type == "wildcard_import"]
    for item in names:
        name, alias = item, None
        if item.type == "aliased_import":
            inner, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
            name = inner if inner is not None else item
        written = "".join(parsed.source(name).split())
        is_from = node.type != "import_statement"
        yield Import(
            module=module if is_from else written,
            name=written if is_from else None,
            alias=parsed.source(alias) if alias is not None else None,
            level=level,
            line=line,
            type_checking=place.type_checking,
            guarded=place.guarded,
            in_function=place.in_function,
        )
