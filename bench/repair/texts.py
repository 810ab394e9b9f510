"""Texts of the benchmarks, changed only where they must be: docstrings gone, one test for each assertion."""

import ast
from collections.abc import Iterator, Sequence

# First and last line, counted from 1, and columns in bytes, as syntax trees count; then the new text.
Span = tuple[int, int, int, int, str]


def replace_spans(text: str, spans: Sequence[Span]) -> str:
    """The text with each span replaced. Spans must not overlap."""
    lines = [line.encode("utf-8") for line in text.splitlines(keepends=True)]
    for first, start, last, end, new in sorted(spans, reverse=True):
        changed = lines[first - 1][:start] + new.encode("utf-8") + lines[last - 1][end:]
        lines[first - 1 : last] = [changed]
    return b"".join(lines).decode("utf-8")


def without_docstrings(text: str) -> str:
    """The program without docstrings and other strings that stand alone as statements; all else as it was.

    In QuixBugs they describe the program or hold its right version, in HumanEval they are the examples.
    """
    spans: list[Span] = []
    for body in _bodies(ast.parse(text)):
        lone = [node for node in body if _is_string(node)]
        for number, node in enumerate(lone):
            needed = len(lone) == len(body) and number == 0
            spans.append((*_place(node), "pass" if needed else ""))
    changed = replace_spans(text, spans)
    emptied = {first for first, start, _, _, new in spans if not new and not _before(text, first, start)}
    return _without_lines(text, changed, spans, emptied).rstrip() + "\n"


def _without_lines(text: str, changed: str, spans: Sequence[Span], emptied: set[int]) -> str:
    """Lines that held nothing but a string are left out, too."""
    lines = changed.splitlines(keepends=True)
    shift = 0
    gone: list[int] = []
    for first, _, last, _, _ in sorted(spans):
        if first in emptied and not lines[first - shift - 1].strip():
            gone.append(first - shift - 1)
        shift += last - first
    return "".join(line for number, line in enumerate(lines) if number not in gone) if text else changed


def _before(text: str, line: int, column: int) -> str:
    return text.splitlines()[line - 1].encode("utf-8")[:column].decode("utf-8").strip()


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield body


def _is_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _place(node: ast.AST) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def split_check(text: str, entry: str, program: str, module: str = "solution") -> str:
    """HumanEval's `check(candidate)` as a test file with one test for each assertion, which calls `entry` by its name.

    It imports what it uses of the program.

    What stands before an assertion and is none (imports, assignments) stands before it in its test, too.
    """
    tree = ast.parse(text)
    check = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check")
    lines = text.splitlines()
    kept = [
        "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)) and node is not check
    ]
    text = _called_by_name(text, check, entry)
    check = next(
        node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "check"
    )
    lines = text.splitlines()
    before: list[str] = []
    tests: list[str] = []
    for node in check.body:
        own = [line for line in lines[node.lineno - 1 : node.end_lineno] if line.strip()]
        if isinstance(node, (ast.Assert, ast.For, ast.While, ast.With, ast.If)):
            tests.append("\n".join([f"def test_{len(tests) + 1}():", *before, *own]))
        elif not _is_string(node):
            before += own
    used = {node.id for node in ast.walk(check) if isinstance(node, ast.Name)}
    wanted = sorted(name for name in definitions(program) if name in used)
    return "\n\n\n".join([*kept, f"from {module} import {', '.join(wanted)}", *tests]) + "\n"


def definitions(program: str) -> list[str]:
    """Names of the functions and classes that the program defines at its top."""
    tree = ast.parse(program)
    return [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


def _called_by_name(text: str, check: ast.FunctionDef, entry: str) -> str:
    parameter = check.args.args[0].arg
    spans = [
        (*_place(node), entry)
        for node in ast.walk(check)
        if isinstance(node, ast.Name) and node.id == parameter
    ]
    return replace_spans(text, spans)


def cases_as_tests(upstream: str, cases: Sequence[object], module: str = "solution") -> str:
    """QuixBugs' test file for a program whose cases are JSON, with the cases written into it.

    Its test stays as it is but for the guard that skips a slow case: that case is left out instead.
    """
    tree = ast.parse(upstream)
    test = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    slow = [_skipped(node) for node in test.body if isinstance(node, ast.If)]
    kept = [case for case in cases if not any(_plain(case[0]) == _plain(skipped) for skipped in slow)]  # type: ignore[index]
    rewriting = next(
        (
            ast.unparse(node)
            for node in tree.body
            if isinstance(node, ast.Assign) and "for " in ast.unparse(node)
        ),
        "",
    )
    lines = upstream.splitlines()
    checks = [
        "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in test.body
        if not isinstance(node, ast.If)
    ]
    name = test.name.removeprefix("test_")
    parts = [f"import pytest\nfrom {module} import {name}"]
    parts.append("testdata = [\n" + "".join(f"    ({case[0]!r}, {case[1]!r}),\n" for case in kept) + "]")  # type: ignore[index]
    if rewriting:
        parts[-1] += f"\n{rewriting}"
    head = (
        f'@pytest.mark.parametrize("input_data,expected", testdata)\ndef {test.name}(input_data, expected):'
    )
    return "\n\n\n".join([*parts, "\n".join([head, *checks])]) + "\n"


def _skipped(guard: ast.If) -> object:
    """The input that the guard compares with."""
    literal = next(node for node in ast.walk(guard.test) if isinstance(node, ast.List))
    return ast.literal_eval(literal)


def _plain(value: object) -> object:
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def imports_from(upstream: str, program: str, module: str = "solution") -> str:
    """QuixBugs' test file for a program without JSON cases: importing the laid out program, and without docstrings."""
    tree = ast.parse(upstream)
    choice = next(node for node in tree.body if isinstance(node, ast.If))
    text = replace_spans(upstream, [(*_place(choice), f"from {module} import {program}")])
    return without_docstrings(text)
