"""How a file's text uses names: those it hands on as values, and where it uses some without writing them down."""

import re
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node, Query, QueryCursor

from macrohard_lsp.workspace.python_syntax import ParsedPython, language

COMPUTED = "getattr()"
EVERY_NAME = "import *"
NAMESPACE = "__globals__[]"
MODULES = "sys.modules[]"
CODE = "exec()"
"""These stand among the words of a block: for an attribute that is asked for by a name which is made up; for an import
of names that are not given; for the names of a frame's or a function's module, unless one is given; for what is taken
from all modules there are; and for code that is executed among the names there are."""
WORD = re.compile(r"[^\W\d]\w*")
_ASKING = frozenset({"get", "pop", "setdefault"})


def unnamed(parsed: ParsedPython) -> list[tuple[int, str]]:
    """Where names are used that aren't written there, and in which way, in order."""
    found = QueryCursor(_ways()).captures(parsed.root)
    places = [
        (node.start_byte, COMPUTED) for node in found.get("call", []) if not _asks_for_a_given_name(node)
    ]
    places += [(node.start_byte, EVERY_NAME) for node in found.get("star", [])]
    places += [
        (node.start_byte, NAMESPACE) for node in found.get("namespace", []) if not _is_asked_by_name(node)
    ]
    places += [(node.start_byte, CODE) for node in found.get("code", []) if _arguments(node) < 2]
    for node in found.get("modules", []):
        # Whether a module is there says nothing of its names.
        if _text(node) == "sys.modules" and (
            node.parent is None or node.parent.type != "comparison_operator"
        ):
            places.append((node.start_byte, MODULES))
    return sorted(places)


@cache
def _ways() -> Query:
    return Query(
        language(),
        """((call function: (identifier) @name) @call (#any-of? @name "getattr" "hasattr" "attrgetter" "methodcaller"))
        ((call function: (attribute attribute: (identifier) @name)) @call
         (#any-of? @name "attrgetter" "methodcaller"))
        ((attribute attribute: (identifier) @name) @namespace (#any-of? @name "f_globals" "__globals__"))
        ((attribute attribute: (identifier) @name) @modules (#eq? @name "modules"))
        ((call function: (identifier) @name) @code (#any-of? @name "exec" "eval"))
        (wildcard_import) @star""",
    )


def _asks_for_a_given_name(call: Node) -> bool:
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    given = [child for child in arguments.named_children if child.type != "comment"] if arguments else []
    names = given[1:2] if function is not None and _text(function) in ("getattr", "hasattr") else given
    return bool(names) and all(map(_is_literal, names))


def _is_asked_by_name(namespace: Node) -> bool:
    """Whether what follows is `[…]`, or one of dict's methods, with a literal."""
    around = namespace.parent
    if around is not None and around.type == "subscript":
        return all(map(_is_literal, around.children_by_field_name("subscript")))
    if around is None or around.type != "attribute" or around.parent is None or around.parent.type != "call":
        return False
    asked, arguments = around.child_by_field_name("attribute"), around.parent.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    return asked is not None and _text(asked) in _ASKING and bool(given) and _is_literal(given[0])


def _arguments(call: Node) -> int:
    arguments = call.child_by_field_name("arguments")
    return len(arguments.named_children) if arguments is not None else 0


def _is_literal(node: Node) -> bool:
    return node.type == "string" and not any(part.type == "interpolation" for part in node.named_children)


def docstrings(parsed: ParsedPython) -> frozenset[int]:
    """Where the strings begin of which nothing is made."""
    found = QueryCursor(_said()).captures(parsed.root).get("said", [])
    return frozenset(node.start_byte for node in found)


@cache
def _said() -> Query:
    return Query(language(), "(expression_statement . [(string) (concatenated_string)] @said .)")


@dataclass(frozen=True, slots=True)
class Uses:
    """How the names of a file are used, in all of it.

    `handed` are used as values, rather than to ask what they name for an attribute, and stand here by the names they
    were imported by, too. `asked` are those of attributes, and those in strings; `imported` all in imports.
    """

    handed: frozenset[str]
    asked: frozenset[str]
    imported: frozenset[str]

    def can_mean_others(self, name: str) -> bool:
        """Whether a name may stand for what another module calls so."""
        return name in self.imported or name in self.asked or EVERY_NAME in self.imported


def uses_of(parsed: ParsedPython, docstrings: frozenset[int]) -> Uses:
    found = QueryCursor(_identifiers()).captures(parsed.root)
    handed: set[str] = set()
    asked: set[str] = set()
    imported = {EVERY_NAME} if "star" in found else set[str]()
    for node in found.get("name", []):
        parent, name = node.parent, _text(node)
        if parent is not None and parent.type in ("dotted_name", "aliased_import"):
            imported.add(name)
            continue
        if parent is not None and parent.type == "attribute" and parent.child_by_field_name("object") != node:
            asked.add(name)
        if not (_is_asked(node) or _is_given(node)):
            handed.add(name)
    for node in found.get("string", []):
        if node.start_byte not in docstrings:
            asked.update(WORD.findall(_text(node)))
    for node in found.get("alias", []):
        bound, original = node.child_by_field_name("alias"), node.child_by_field_name("name")
        if bound is not None and original is not None and _text(bound) in handed:
            handed.add(_text(original).rpartition(".")[2])
    return Uses(frozenset(handed), frozenset(asked), frozenset(imported))


@cache
def _identifiers() -> Query:
    return Query(
        language(), "(identifier) @name (aliased_import) @alias (wildcard_import) @star (string) @string"
    )


def _is_given(node: Node) -> bool:
    """Whether an identifier is the name that a function, a class, or an argument is given."""
    parent = node.parent
    if parent is None or parent.type == "parameters":
        return True
    named = parent.type in (
        "function_definition",
        "class_definition",
        "default_parameter",
        "keyword_argument",
    )
    return named and parent.child_by_field_name("name") == node


def _is_asked(node: Node) -> bool:
    """Whether what an identifier names is asked for an attribute."""
    parent = node.parent
    if parent is None or parent.type != "attribute":
        return False
    if parent.child_by_field_name("object") == node:
        return True
    around = parent.parent
    return (
        around is not None and around.type == "attribute" and around.child_by_field_name("object") == parent
    )


def _text(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text is not None else ""
