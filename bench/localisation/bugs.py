"""The bugs whose place is looked for: laid out as the other benches do it, with the lines that the fix changes."""

import ast
import difflib
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.injected.choose import LIST
from bench.real.bugs import Bug as LibraryBug
from bench.real.bugs import load_bugs
from bench.real.prepare import CannotPrepareError, fresh_copy, prepare
from bench.repair.attempt import environment
from bench.repair.bug import Bug
from bench.repair.sets import load
from bench.repair.texts import without_docstrings

WHERE = {"quixbugs": "QuixBugs", "humanevalfix": "", "humanevalfix-joined": ""}
INJECTED = "injected"
SETS = (*WHERE, INJECTED)


@dataclass(frozen=True, slots=True)
class Subject:
    """One bug. `program` and `reference` are the text of `path` with the bug and without."""

    set: str
    name: str
    path: str
    program: str
    reference: str
    source: Bug | LibraryBug

    @property
    def true_lines(self) -> tuple[int, ...]:
        return true_lines(self.program, self.reference)


def subjects(name: str, data: Path) -> Iterator[Subject]:
    """The bugs of a set. Raises DataMissingError."""
    if name == INJECTED:
        yield from _of_libraries()
        return
    for bug in load(name.removesuffix("-joined"), data / WHERE[name]).bugs:
        reference = without_docstrings(bug.reference)
        laid_out = replace(bug, tests=as_one_test(bug.tests)) if name.endswith("-joined") else bug
        yield Subject(name, bug.name, bug.path, bug.program, reference, laid_out)


def _of_libraries() -> Iterator[Subject]:
    for number, bug in enumerate(load_bugs(LIST)):
        try:
            place = prepare(bug)
        except CannotPrepareError as problem:
            print(f"{bug.name}: {problem}", file=sys.stderr)
            continue
        fresh_copy(bug, place, buggy=True)
        texts = [(folder / bug.file).read_text("utf-8") for folder in (place.work, place.fixed)]
        yield Subject(INJECTED, f"{number}-{bug.name}", bug.file, texts[0], texts[1], bug)


@contextmanager
def laid_out(subject: Subject) -> Generator[tuple[Path, Path]]:
    """The folder with the bug in it, and the virtual environment of its tests."""
    if isinstance(subject.source, LibraryBug):
        place = prepare(subject.source)
        yield fresh_copy(subject.source, place, buggy=True), place.venv
        shutil.rmtree(place.work)
        return
    with tempfile.TemporaryDirectory(prefix="macrohard-localisation-") as scratch:
        folder = Path(scratch).resolve() / "project"
        write(folder, subject.source.files)
        yield folder, environment()


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8"))


def as_one_test(tests: str) -> str:
    """A test file with a test for each assertion, as one with a single test that holds them all."""
    tree, lines = ast.parse(tests), tests.splitlines()
    functions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    head = lines[: functions[0].lineno - 1]
    bodies = [line for node in functions for line in lines[node.lineno : node.end_lineno]]
    return "\n".join([*head, "def test_all():", *bodies]) + "\n"


def true_lines(program: str, reference: str) -> tuple[int, ...]:
    """Lines of the program, from 1, that the reference changes; on either side of a gap where it only adds some.

    Comments, blank lines and white space at the ends of lines are no difference.
    """
    wrong, right = _code(program), _code(reference)
    matcher = difflib.SequenceMatcher(None, [text for _, text in wrong], [text for _, text in right], False)
    found: set[int] = set()
    for tag, start, end, _, _ in matcher.get_opcodes():
        if tag == "insert":
            found.update(number for number, _ in wrong[max(0, start - 1) : start + 1])
        elif tag != "equal":
            found.update(number for number, _ in wrong[start:end])
    return tuple(sorted(found))


def _code(text: str) -> list[tuple[int, str]]:
    lines = ((number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in lines if line and not line.lstrip().startswith("#")]
