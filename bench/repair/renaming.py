"""Every function, class and file of a bug under another name: that must change nothing."""

import ast
import builtins
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from bench.repair.bug import Bug
from bench.repair.texts import Span, replace_spans

SEED = 11
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
TEST = "test"


def names_for(bug: Bug) -> dict[str, str]:
    """A neutral new name for each function, class and module of the bug; tests stay recognisable as tests."""
    rng = random.Random(f"{SEED} {bug.set} {bug.name}")
    texts = [text for path, text in bug.files.items() if path.endswith(".py")]
    taken = {name for text in texts for name in re.findall(r"\w+", text)} | set(dir(builtins))
    old = [PurePath(path).stem for path in bug.files if path.endswith(".py")]
    old += [name for text in texts for name in _defined(ast.parse(text))]
    names: dict[str, str] = {}
    for name in dict.fromkeys(old):
        new = _word(rng, taken)
        taken.add(new)
        names[name] = f"{TEST}_{new}" if name.startswith(TEST) else new
    return names


def _word(rng: random.Random, taken: set[str]) -> str:
    while True:
        word = "".join(rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(4))
        if word not in taken:
            return word


def _defined(tree: ast.AST) -> Iterator[str]:
    """Functions and classes wherever they are defined, but for what Python itself calls."""
    for node in ast.walk(tree):
        if isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ) and not node.name.startswith("__"):
            yield node.name


def renamed(bug: Bug) -> Bug:
    """The bug with everything renamed."""
    names = names_for(bug)

    def file(path: str) -> str:
        return f"{names[PurePath(path).stem]}.py"

    return replace(
        bug,
        program=rename(bug.program, names),
        tests=rename(bug.tests, names),
        reference=rename(bug.reference, names),
        beside={file(path): rename(text, names) for path, text in bug.beside.items()},
        path=file(bug.path),
        tests_path=file(bug.tests_path),
        original=bug,
    )


def restored(program: str, bug: Bug) -> str:
    """A program of the renamed bug under its old names."""
    return rename(program, {new: old for old, new in names_for(bug).items()})


def rename(text: str, names: Mapping[str, str]) -> str:
    """The text with these names replaced where they are names, not where they are attributes or words of a string."""
    spans: dict[tuple[int, int], Span] = {}
    lines = text.splitlines()
    inside_strings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            # Before Python 3.12 the places within an f-string are wrong, so that it is taken as a whole.
            inside_strings |= {id(inner) for inner in ast.walk(node)}
            segment = ast.get_source_segment(text, node) or ""
            spans[node.lineno, node.col_offset] = (*_place(node), _in_text(segment, names))
    for node in ast.walk(ast.parse(text)):
        if id(node) not in inside_strings:
            for line, column, old in _places(node, lines):
                if old in names:
                    spans[line, column] = (line, column, line, column + len(old.encode()), names[old])
    outer = [span for span in spans.values() if not _within(span, spans.values())]
    return replace_spans(text, outer)


def _place(node: ast.AST) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _within(span: Span, others: Iterable[Span]) -> bool:
    return any(
        other is not span and other[:2] <= span[:2] and span[2:4] <= other[2:4] and other[:4] != span[:4]
        for other in others
    )


def _in_text(segment: str, names: Mapping[str, str]) -> str:
    return re.sub(r"(?<![.\w])\w+", lambda found: names.get(found[0], found[0]), segment)


def _places(node: ast.AST, lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Line, column in bytes and old name of what the node itself names."""
    if isinstance(node, ast.Name):
        yield node.lineno, node.col_offset, node.id
    elif isinstance(node, ast.arg):
        yield node.lineno, node.col_offset, node.arg
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield from _words(node.lineno, node.col_offset, lines, (node.name,))
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        module = getattr(node, "module", None) or ""
        wanted = (
            module,
            *(alias.name for alias in node.names),
            *(alias.asname or "" for alias in node.names),
        )
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            yield from _words(line, 0, lines, wanted)
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from _words(node.lineno, node.col_offset, lines, node.names)


def _words(
    line: int, column: int, lines: Sequence[str], wanted: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    text = lines[line - 1]
    start = len(text.encode("utf-8")[:column].decode("utf-8"))
    for found in re.finditer(r"(?<![.\w])\w+", text[start:]):
        if found[0] in wanted:
            yield line, len(text[: start + found.start()].encode("utf-8")), found[0]
