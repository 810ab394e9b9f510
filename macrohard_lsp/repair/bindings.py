"""Which names a function and a module bind, and where they occur."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from macrohard_lsp.repair.tree import COMPREHENSIONS, Node

_NESTED = COMPREHENSIONS | {"lambda", "function_definition", "class_definition"}


@dataclass(frozen=True, slots=True)
class ModuleBindings:
    """Names bound at module level, each with where it occurs in the file (sorted, in preorder)."""

    variables: dict[str, list[int]]
    functions: dict[str, list[int]]
    classes: dict[str, list[int]]
    imports: dict[str, list[int]]


def parameter_names(parameters: Node) -> Iterator[str]:
    """The names a parameter list binds, in order."""
    for parameter in parameters.parts:
        node: Node | None = parameter
        if parameter.kind in {"default_parameter", "typed_default_parameter"}:
            node = parameter.get("name")
        elif parameter.kind == "typed_parameter":
            node = parameter.parts[0]
        if node is not None:
            yield from target_names(node)


def target_names(target: Node) -> Iterator[str]:
    """The plain names an assignment target binds, in order."""
    if target.kind == "identifier":
        yield target.text
    elif target.kind.endswith("_pattern") or target.kind in {"pattern_list", "as_pattern_target"}:
        for part in target.parts:
            yield from target_names(part)


def bindings_of(function: Node, inside: Sequence[Node]) -> dict[str, list[int]]:
    """The parameters and local variables of `function` with where they occur, the binding first."""
    bound: dict[str, int] = {}
    parameters = function.get("parameters")
    if parameters is not None:
        bound = dict.fromkeys(parameter_names(parameters), function.order)
    for node in inside:
        if node.kind == "identifier" and node.role == "store" and _scope(node) is function:
            bound.setdefault(node.text, node.order)
    occurrences = _occurrences(inside, bound)
    return {name: sorted({first, *occurrences[name]}) for name, first in bound.items()}


def module_bindings(nodes: Sequence[Node]) -> ModuleBindings:
    """What the module binds, by what kind of thing it is."""
    variables: dict[str, None] = {}
    definitions: dict[str, dict[str, None]] = {"function_definition": {}, "class_definition": {}}
    imports: dict[str, None] = {}
    for node in nodes:
        if node.kind == "identifier" and node.role == "store" and _scope(node) is nodes[0]:
            variables[node.text] = None
        elif node.kind in definitions and (name := node.get("name")) is not None and _scope(node) is nodes[0]:
            definitions[node.kind][name.text] = None
        elif node.kind in {"import_statement", "import_from_statement"}:
            imports.update(dict.fromkeys(_imported(node)))
    occurrences = _occurrences(nodes, {**variables, **imports, **definitions["function_definition"]})
    occurrences |= _occurrences(nodes, definitions["class_definition"])

    def found(names: Iterable[str]) -> dict[str, list[int]]:
        return {name: occurrences[name] for name in names if occurrences[name]}

    functions, classes = definitions["function_definition"], definitions["class_definition"]
    return ModuleBindings(found(variables), found(functions), found(classes), found(imports))


def _occurrences(nodes: Iterable[Node], names: Iterable[str]) -> dict[str, list[int]]:
    occurrences: dict[str, list[int]] = {name: [] for name in names}
    for node in nodes:
        if node.kind == "identifier" and node.text in occurrences and node.field != "attribute":
            occurrences[node.text].append(node.order)
    return occurrences


def _scope(node: Node) -> Node:
    last = node
    for ancestor in node.ancestors():
        if ancestor.kind in _NESTED:
            return ancestor
        last = ancestor
    return last


def _imported(statement: Node) -> Iterator[str]:
    for child in statement.children:
        if child.field != "name":
            continue
        name = child.get("alias") if child.kind == "aliased_import" else child
        if name is not None:
            yield name.text.split(".")[0]
