"""What of a failing test held before it failed: its earlier assertions are small tests that passed."""

from collections.abc import Mapping

from tree_sitter import Node

from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.testing.coverage import Coverage, FileLines, Held, Part
from macrohard_lsp.workspace.python_syntax import ParsedPython, parse

# How pytest's and unittest's contexts that assert something about what they hold are called.
_CONTEXTS = ("raises", "warns", "deprecated_call", "does_not_raise")
_ASSERTING = ("assert",)

Statements = Mapping[int, tuple[int, int]]
"""For each line of a statement that asserts something, the first and the last line of it."""


def held_assertions(
    failing: Mapping[str, TestResult], coverage: Coverage, texts: Mapping[str, str]
) -> dict[str, Held]:
    """What of each failing test held, where anything did, as far as it is known. `texts` are the tests' files."""
    known: dict[str, Statements] = {}
    held: dict[str, Held] = {}
    for name, result in failing.items():
        path = path_of_test(result)
        parts = coverage.parts.get(name, ())
        if len(parts) > 1 and path in texts:
            if path not in known:
                known[path] = asserting_statements(texts[path])
            lines = [frame.line for frame in result.frames if frame.in_workspace and frame.path == path]
            if (found := _held(parts, lines, known[path])) is not None:
                held[name] = found
    return held


def path_of_test(result: TestResult) -> str:
    """The file that the test is written in, which may be another one than that it is collected from."""
    return result.defined_at.path if result.defined_at is not None else result.id.partition("::")[0]


def _held(parts: tuple[Part, ...], stack: list[int], statements: Statements) -> Held | None:
    """The parts of statements other than the one that failed, put together by statement."""
    *earlier, last = parts
    reached = {part.line for part in parts}
    failed = next((line for line in stack if line in reached), None)
    if failed is None:
        # It failed elsewhere, or was no longer followed when it did.
        return None
    first, end = statements.get(failed, (failed, failed))
    by_statement: dict[int, list[FileLines]] = {}
    others = [last.lines]
    for part in earlier:
        begin = statements[part.line][0] if part.line in statements else 0
        # The line that failed may have held before, in a loop. Over several lines it can't be told apart.
        again = first == end and part.line == last.line
        if begin and (begin != first or again):
            by_statement.setdefault(begin, []).append(part.lines)
        else:
            others.append(part.lines)
    if not by_statement:
        return None
    return Held(tuple(map(_together, by_statement.values())), _together(others))


def _together(spectra: list[FileLines]) -> FileLines:
    paths = {path for spectrum in spectra for path in spectrum}
    return {
        path: frozenset[int]().union(*(spectrum.get(path, frozenset()) for spectrum in spectra))
        for path in paths
    }


def asserting_statements(text: str) -> dict[int, tuple[int, int]]:
    """The statements of a file that assert something; of one inside another, the outer one."""
    parsed = parse(text)
    found: dict[int, tuple[int, int]] = {}
    pending = [parsed.root]
    while pending:
        node = pending.pop()
        if _asserts(parsed, node):
            lines = parsed.line(node.start_byte), parsed.line(max(node.start_byte, node.end_byte - 1))
            found.update(dict.fromkeys(range(lines[0], lines[1] + 1), lines))
        else:
            pending.extend(node.children)
    return found


def _asserts(parsed: ParsedPython, node: Node) -> bool:
    if node.type == "assert_statement":
        return True
    if node.type == "expression_statement":
        return bool(node.named_children) and _calls(parsed, node.named_children[0], _ASSERTING)
    if node.type == "with_statement":
        clause = next((child for child in node.children if child.type == "with_clause"), None)
        items = clause.named_children if clause is not None else []
        return any(
            _calls(parsed, call, (*_CONTEXTS, *_ASSERTING))
            for item in items
            for value in item.named_children[:1]
            for call in (value, *value.named_children[:1])
        )
    return False


def _calls(parsed: ParsedPython, node: Node, words: tuple[str, ...]) -> bool:
    """Whether it is a call of something whose name begins with one of the words; `await` counts for nothing."""
    if node.type == "await" and node.named_children:
        node = node.named_children[0]
    function = node.child_by_field_name("function") if node.type == "call" else None
    if function is None:
        return False
    name = parsed.source(function).rpartition(".")[2]
    return name.lstrip("_").startswith(words)
