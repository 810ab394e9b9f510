"""One parsed file and what can be asked of it: what encloses a node, and what is in reach there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from macrohard_lsp.repair import ingredients
from macrohard_lsp.repair.bindings import (
    ModuleBindings,
    bindings_of,
    module_bindings,
    parameter_names,
    target_names,
)
from macrohard_lsp.repair.ingredients import Ingredient, distance
from macrohard_lsp.repair.tree import COMPREHENSIONS, LOOPS, SEQUENCES, Node, parse

# How many names, nearest first, an operator may choose from at one place.
NAMES_IN_REACH = 24
# How many expressions, nearest first, an operator may choose from at one place.
INGREDIENTS_IN_REACH = 40


class SourceContext:
    """A file parsed once. `text` is the file's text as it is; everything else is worked out when asked for.

    `literals` are strings from elsewhere, such as the failing tests, that may be what a string here
    was meant to be; `numbers` are the same for whole numbers, as they are written.

    All answers are in a fixed order, nearest first, where near is counted in nodes: what things are
    called changes nothing.
    """

    def __init__(
        self, path: str, text: str, literals: Sequence[str] = (), numbers: Sequence[str] = ()
    ) -> None:
        self.path = path
        self.text = text
        self.literals = tuple(literals)
        self.numbers = tuple(numbers)
        self.nodes = parse(text)
        self.root = self.nodes[0]
        line_end = text.find("\n")
        self.newline = "\r\n" if line_end > 0 and text[line_end - 1] == "\r" else "\n"
        self._names: dict[int, tuple[str, ...]] = {}
        self._bindings: dict[int, dict[str, list[int]]] = {}
        self._expressions: dict[int, tuple[Ingredient, ...]] = {}
        self._conditions: dict[int, tuple[Ingredient, ...]] = {}
        self._nearest: dict[tuple[int, int], tuple[Ingredient, ...]] = {}
        self._statements: dict[int, tuple[Node, ...]] = {}
        self._qualified: dict[int, str] = {}

    # What encloses a node.

    def is_broken(self, node: Node) -> bool:
        """Whether `node` is in a top-level statement that has a syntax error (as far as the grammar knows)."""
        return any(part.contains(node) for part in self._broken)

    def is_site(self, node: Node) -> bool:
        """Whether an edit may begin at `node` at all."""
        return node.named and node.kind != "comment" and not self.is_broken(node)

    def sites_of_line(self, line: int) -> Sequence[Node]:
        """The sites that start on a line, and those of the statement that starts on it."""
        return self._sites.get(line, ())

    @cached_property
    def _sites(self) -> dict[int, list[Node]]:
        by_line: dict[int, list[Node]] = {}
        for node in self.nodes:
            if not self.is_site(node):
                continue
            by_line.setdefault(node.line, []).append(node)
            start = self.statement_of(node).line
            if start != node.line and node.kind != "block":
                by_line.setdefault(start, []).append(node)
        return by_line

    @cached_property
    def _broken(self) -> tuple[Node, ...]:
        if self.root.kind != "module":
            return (self.root,)
        errors = [node for node in self.nodes if node.kind == "ERROR"]
        return tuple(part for part in self.root.children if any(part.contains(error) for error in errors))

    def statement_of(self, node: Node) -> Node:
        """The innermost statement around `node` (or itself): a direct child of a block or of the module."""
        while node.parent is not None and node.parent.kind not in SEQUENCES:
            node = node.parent
        return node

    def function_of(self, node: Node) -> Node | None:
        """The innermost function whose body, parameters or name `node` is in."""
        for ancestor in node.ancestors():
            if ancestor.kind == "function_definition":
                return ancestor
        return None

    def scope_of(self, node: Node) -> Node:
        return self.function_of(node) or self.root

    def class_of(self, function: Node) -> Node | None:
        """The class in whose body `function` stands directly."""
        block = function.parent
        if block is not None and block.kind == "decorated_definition":
            block = block.parent
        if block is None or block.parent is None or block.parent.kind != "class_definition":
            return None
        return block.parent

    def qualified_name(self, node: Node) -> str:
        """The dotted name of the function around `node`, "" outside of any."""
        function = self.function_of(node)
        if function is None:
            return ""
        if function.order not in self._qualified:
            scopes = [function, *function.ancestors()]
            names = [scope.get("name") for scope in scopes if scope.kind.endswith("_definition")]
            self._qualified[function.order] = ".".join(
                name.text for name in reversed(names) if name is not None
            )
        return self._qualified[function.order]

    def inside(self, node: Node) -> Sequence[Node]:
        """`node` and everything below it, in preorder."""
        return self.nodes[node.order : node.last_order + 1]

    # Names.

    def names_at(self, node: Node) -> tuple[str, ...]:
        """Variables with a value at `node`: of comprehensions around it, of its functions, of the module."""
        inner = tuple(self._comprehension_names(node))
        statement = self.statement_of(node)
        if statement.order not in self._names:
            self._names[statement.order] = tuple(self._variables(statement))
        names = (*inner, *self._names[statement.order])
        return tuple(dict.fromkeys(names))[:NAMES_IN_REACH]

    def _comprehension_names(self, node: Node) -> Iterator[str]:
        for ancestor in node.ancestors():
            if ancestor.kind in COMPREHENSIONS:
                for clause in ancestor.parts:
                    target = clause.get("left") if clause.kind == "for_in_clause" else None
                    yield from target_names(target) if target is not None else ()
            elif ancestor.kind == "lambda" and (parameters := ancestor.get("parameters")) is not None:
                yield from parameter_names(parameters)
            elif ancestor.kind.endswith("_statement"):
                return

    def _variables(self, statement: Node) -> Iterator[str]:
        function = self.function_of(statement)
        mine = self.self_name(statement)
        while function is not None:
            found = self.bindings(function)
            reach = {
                name: places for name, places in found.items() if self._has_value(places, statement, function)
            }
            yield from (name for name in _by_distance(reach, statement.order) if name != mine)
            statement = function
            function = self.function_of(function)
        yield from _by_distance(self.module.variables, statement.order)

    def _has_value(self, places: list[int], statement: Node, function: Node) -> bool:
        """Bound before the statement, or later in a loop that comes round to it again."""
        if not function.contains(statement) or places[0] < statement.order:
            return True
        loops = [loop for loop in statement.ancestors() if loop.kind in LOOPS and function.contains(loop)]
        return bool(loops) and places[0] <= loops[-1].last_order

    def bindings(self, function: Node) -> dict[str, list[int]]:
        """The parameters and local variables of `function` with where they occur, the binding first."""
        if function.order not in self._bindings:
            self._bindings[function.order] = bindings_of(function, self.inside(function))
        return self._bindings[function.order]

    @cached_property
    def module(self) -> ModuleBindings:
        return module_bindings(self.nodes)

    def callables_at(self, node: Node) -> tuple[str, ...]:
        """Functions, classes and imported names of the module, nearest first."""
        module = self.module
        statement = self.statement_of(node)
        known = module.functions | module.classes | module.imports
        return tuple(_by_distance(known, statement.order))

    def self_name(self, node: Node) -> str | None:
        """What the method around `node` calls its object (or class): its first parameter."""
        function = self.function_of(node)
        while function is not None:
            if self.class_of(function) is not None:
                parameters = function.get("parameters")
                return next(iter(parameter_names(parameters)), None) if parameters is not None else None
            function = self.function_of(function)
        return None

    @cached_property
    def attributes(self) -> dict[str, dict[str, list[int]]]:
        """For each base expression (by its text) the attributes taken of it in this file, with where."""
        found: dict[str, dict[str, list[int]]] = {}
        for node in self.nodes:
            if node.kind == "attribute" and node.role:
                base, attribute = node.get("object"), node.get("attribute")
                if base is not None and attribute is not None:
                    found.setdefault(base.text, {}).setdefault(attribute.text, []).append(node.order)
        return found

    def attributes_of(self, base: Node, called: bool) -> tuple[str, ...]:
        """Attributes seen on `base`, nearest first: methods if `called`, else what isn't one."""
        seen = self.attributes.get(base.text, {})
        names = _by_distance(seen, base.order)
        return tuple(name for name in names if (name in self.methods) == called)

    @cached_property
    def methods(self) -> dict[str, int]:
        """Attributes that are called anywhere in the file, in order of appearance, with how often."""
        calls = (node for node in self.nodes if node.kind == "attribute" and node.field == "function")
        return Counter(node.children[-1].text for node in calls)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Attributes that are taken anywhere in the file without being called, in order of appearance."""
        names = (name for attributes in self.attributes.values() for name in attributes)
        return tuple(name for name in dict.fromkeys(names) if name not in self.methods)

    # Ingredients.

    def expressions_at(self, node: Node) -> tuple[Ingredient, ...]:
        """Expressions of the same function, nearest first."""
        return self._nearest_of(node, self._expressions, 0)

    def conditions_at(self, node: Node) -> tuple[Ingredient, ...]:
        """Conditions of the same function, nearest first."""
        return self._nearest_of(node, self._conditions, 1)

    def _nearest_of(
        self, node: Node, known: dict[int, tuple[Ingredient, ...]], which: int
    ) -> tuple[Ingredient, ...]:
        place = self.statement_of(node).order
        if (place, which) not in self._nearest:
            scope = self.scope_of(node)
            if scope.order not in known:
                collect = ingredients.conditions if which else ingredients.expressions
                known[scope.order] = collect(self._body(scope))
            found = sorted(known[scope.order], key=lambda item: item.distance(place))
            self._nearest[(place, which)] = tuple(found[:INGREDIENTS_IN_REACH])
        return self._nearest[(place, which)]

    def _body(self, scope: Node) -> Sequence[Node]:
        if scope is self.root:
            return [node for node in self.nodes if self.function_of(node) is None]
        return self.inside(scope)

    def statements_of(self, scope: Node) -> tuple[Node, ...]:
        """The statements of a function (or the module) that compute or store something."""
        if scope.order not in self._statements:
            found = (node for node in self._body(scope) if node.kind == "expression_statement")
            self._statements[scope.order] = tuple(
                node for node in found if node.parts[0].kind in {"assignment", "augmented_assignment", "call"}
            )
        return self._statements[scope.order]

    @cached_property
    def strings(self) -> tuple[Ingredient, ...]:
        """The plain string constants of the file, docstrings left out."""
        return ingredients.strings(self.nodes)


def _by_distance(names: "dict[str, list[int]]", place: int) -> list[str]:
    return sorted(names, key=lambda name: distance(names[name], place))
