"""What inside a function a line depends on: the statements that define what it reads, and the conditions around it.

Cheap, and on the safe side: nothing is known of the order of statements or of what a call does with its arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import SEQUENCES, Node

_CLAUSES = frozenset({"elif_clause", "except_clause", "case_clause"})
_ENDS = frozenset({"return_statement", "raise_statement", "yield"})


@dataclass(slots=True)
class _Unit:
    """A simple statement, or the head of a compound one, with the names it reads and those it may change.

    `around` are the lines of the units around it.
    """

    line: int
    reads: set[str] = field(default_factory=set[str])
    changes: set[str] = field(default_factory=set[str])
    around: tuple[int, ...] = ()
    is_end: bool = False


class Slices:
    """Backward slices in one file, by line. A unit counts by the first line of its statement."""

    def __init__(self, source: SourceContext) -> None:
        self._source = source
        self._functions: dict[int, dict[int, _Unit]] = {}
        self._of_lines: dict[int, int] = {}
        for node in source.nodes:
            if node.role and node.kind == "identifier":
                self._note(node)
            elif node.kind in _ENDS and (unit := self._unit_of(node)) is not None:
                unit.is_end = True

    def depths(self, line: int) -> Mapping[int, int]:
        """Of each line that one depends on, over how many steps; itself over none. Empty outside of functions."""
        return self._walk(self._functions.get(self._of_lines.get(line, -1), {}), [line])

    def of_ends(self, executed: Iterable[int]) -> Iterator[int]:
        """The lines that what is returned, yielded or raised depends on, of those functions that a line is in."""
        lines = set(executed)
        for function in {self._of_lines[line] for line in lines if line in self._of_lines}:
            units = self._functions[function]
            yield from self._walk(units, [unit.line for unit in units.values() if unit.is_end])

    def known(self) -> Iterator[int]:
        """All lines in functions that something is known of."""
        return iter(self._of_lines)

    @staticmethod
    def _walk(units: Mapping[int, _Unit], start: Iterable[int]) -> dict[int, int]:
        depths = {line: 0 for line in start if line in units}
        pending = list(depths)
        for line in pending:
            unit = units[line]
            for other in units.values():
                depends = other.line in unit.around or not unit.reads.isdisjoint(other.changes)
                if depends and other.line not in depths:
                    depths[other.line] = depths[line] + 1
                    pending.append(other.line)
        return depths

    def _note(self, name: Node) -> None:
        unit = self._unit_of(name)
        if unit is None:
            return
        if name.role == "load":
            unit.reads.add(name.text)
        if name.role == "store" or _may_be_changed(name):
            unit.changes.add(name.text)
            if _is_augmented(name):
                unit.reads.add(name.text)

    def _unit_of(self, node: Node) -> _Unit | None:
        function = self._source.function_of(node)
        if function is None:
            return None
        heads = [
            each
            for each in (node, *node.ancestors())
            if function.contains(each) and each is not function and _is_unit(each)
        ]
        if not heads:
            return None
        units = self._functions.setdefault(function.order, {})
        line = heads[0].line
        if line not in units:
            units[line] = _Unit(line, around=tuple(head.line for head in heads[1:]))
            self._of_lines[line] = function.order
        return units[line]


def _is_unit(node: Node) -> bool:
    return node.kind in _CLAUSES or (node.named and node.parent is not None and node.parent.kind in SEQUENCES)


def _may_be_changed(name: Node) -> bool:
    """Whether it is what a call is made of or given, or what an element or attribute is assigned to."""
    node = name
    while (
        node.parent is not None
        and node.parent.kind in {"attribute", "subscript"}
        and node.parent.children[0] is node
    ):
        node = node.parent
        if node.role == "store":
            return True
    parent = node.parent
    if parent is None:
        return False
    if parent.kind == "call" and node is not name and node.field == "function":
        return True
    return parent.kind in {"argument_list", "keyword_argument"}


def _is_augmented(name: Node) -> bool:
    return name.parent is not None and name.parent.kind == "augmented_assignment"
