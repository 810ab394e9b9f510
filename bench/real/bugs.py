"""The list of historical bugs, and how one is put back into the source distribution that fixed it."""

import ast
import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("bugs.toml")
ONE_HUNK, ONE_EXPRESSION = "one-hunk", "one-expression"


class DoesNotFitError(Exception):
    """Raised when a bug can't be put back exactly: the message says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One place of the change, in terms of the fixed file.

    `lines` are the first and last line concerned, counted from 1. With `fixed`, that text must
    occur exactly once within them and becomes `buggy`. Without, the lines as a whole are what the
    fix added: they become `buggy`, which is empty where the fix was logic that had been missing.
    """

    lines: tuple[int, int]
    fixed: str
    buggy: str


@dataclass(frozen=True, slots=True)
class Bug:
    """`requires`: what the library and its tests need, pytest included. `tests`: the ids that fail with the bug.

    `build_with` constrains the tools that an old distribution is built with. `editable` says that the
    library must be installed (in place) for its tests to find it, as it lies under `src/` or asks for
    its own version. `buggy_digest` is the SHA-256 of `file` with the bug in it. `list` names the rule it
    was chosen by; a library may have a bug in each list.
    """

    list: str
    name: str
    version: str
    sdist: str
    sha256: str
    commit: str
    about: str
    file: str
    edits: tuple[Edit, ...]
    buggy_digest: str
    tests: tuple[str, ...]
    requires: tuple[str, ...] = ()
    build_with: tuple[str, ...] = ()
    editable: bool = False
    true_lines: tuple[int, int] = field(default=(0, 0))


def load_bugs(path: Path = LIST) -> tuple[Bug, ...]:
    """Every bug of the list, in its order. Raises KeyError or TypeError where an entry lacks something."""
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["bug"]
    return tuple(_bug(entry) for entry in entries)


def _bug(entry: dict[str, Any]) -> Bug:
    values = dict(entry)
    edits = tuple(
        Edit((edit["lines"][0], edit["lines"][1]), edit.get("fixed", ""), edit.get("buggy", ""))
        for edit in values.pop("edit")
    )
    for name in ("tests", "requires", "build_with"):
        values[name] = tuple(values.get(name, ()))
    return Bug(edits=edits, true_lines=lines_with_bug(edits), **values)


def lines_with_bug(edits: tuple[Edit, ...]) -> tuple[int, int]:
    """The first and last line of the buggy file that the fix touches.

    Where the fix only adds lines, those are the lines on either side of the gap.
    """
    shift = 0
    first, last = None, 0
    for edit in sorted(edits, key=lambda edit: edit.lines):
        start = edit.lines[0] + shift
        gone = edit.lines[1] - edit.lines[0] + 1
        change = edit.buggy.count("\n") - (edit.fixed.count("\n") if edit.fixed else gone)
        kept = gone + change
        first = first if first is not None else (start if kept else start - 1)
        last = start + kept - 1 if kept else start
        shift += change
    return (first or 1, last)


def with_statements(text: str, lines: tuple[int, int]) -> tuple[int, int]:
    """These lines and those of the statements they belong to: a suspect is a statement, named by its first line.

    Of a statement that holds others only the head counts.
    """
    first, last = lines
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno or node.lineno
            if node.lineno <= lines[1] and end >= lines[0]:
                first, last = min(first, node.lineno), max(last, end)
    return first, last


def put_back(text: str, edits: tuple[Edit, ...], where: str) -> str:
    """The fixed text with the bug in it again. Raises DoesNotFitError unless every edit fits exactly once."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: edit.lines, reverse=True):
        first, last = edit.lines
        if not 1 <= first <= last <= len(lines):
            raise DoesNotFitError(f"{where} has {len(lines)} lines; the bug is at {first} to {last}")
        region = "".join(lines[first - 1 : last])
        if edit.fixed and (count := region.count(edit.fixed)) != 1:
            raise DoesNotFitError(
                f"{where}:{first}: {edit.fixed!r} should occur exactly once, not {count} times, in {region!r}"
            )
        changed = region.replace(edit.fixed, edit.buggy) if edit.fixed else edit.buggy
        lines[first - 1 : last] = [changed]
    return "".join(lines)


def reintroduce(folder: Path, bug: Bug) -> None:
    """Put the bug back into the unpacked source distribution at `folder`.

    Raises DoesNotFitError when the file isn't exactly the one the list describes, and leaves it as it was.
    """
    path = folder / bug.file
    if not path.is_file():
        raise DoesNotFitError(f"{bug.name} {bug.version} has no {bug.file}")
    data = put_back(path.read_bytes().decode("utf-8"), bug.edits, bug.file).encode("utf-8")
    digest = hashlib.sha256(data).hexdigest()
    if digest != bug.buggy_digest:
        raise DoesNotFitError(
            f"{bug.file} with the bug put back has digest {digest}, the list says {bug.buggy_digest}"
        )
    path.write_bytes(data)
