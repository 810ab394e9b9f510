"""The rung `no-new-diagnostics`: unresolved names, and the project's own checker where there is one."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.proving.case import Claim, Evidence, ProvingTools
from macrohard_lsp.proving.parses import changed_python
from macrohard_lsp.sandbox.machine import CommandResult
from macrohard_lsp.workspace.diagnose import new_diagnostics
from macrohard_lsp.workspace.index import build_index
from macrohard_lsp.workspace.unresolved_imports import unresolved_imports

CHECKER_SECONDS = 120.0
SHOWN_REMARKS = 5

# Where a remark stands moves when lines are inserted, so remarks are compared by file and words only.
Remarks = Counter[tuple[str, str]]

_LINE = re.compile(r"^(?P<path>[^:\n]+):\d+(?::\d+)?:\s*(?P<words>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checker:
    """A checker that runs as `python -m MODULE`.

    `files`, or `marks` (file and text) in files it shares, show that the project has configured it.
    """

    module: str
    arguments: tuple[str, ...]
    files: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    read: Callable[[CommandResult], Remarks]
    # Exit codes with which the checker has done its work, whether or not it remarked on anything.
    done: frozenset[int] = frozenset({0, 1})


def _read_lines(result: CommandResult) -> Remarks:
    text = result.stdout.decode("utf-8", "replace")
    found = _LINE.finditer(text)
    return Counter((match["path"].removeprefix("./"), match["words"].strip()) for match in found)


CHECKERS = (
    Checker(
        "ruff",
        ("check", "--output-format=concise", "--no-cache", "--force-exclude"),
        ("ruff.toml", ".ruff.toml"),
        (("pyproject.toml", "[tool.ruff"),),
        _read_lines,
    ),
    Checker(
        "mypy",
        ("--no-error-summary", "--no-color-output", "--cache-dir=/dev/null"),
        ("mypy.ini", ".mypy.ini"),
        (("pyproject.toml", "[tool.mypy"), ("setup.cfg", "[mypy")),
        _read_lines,
    ),
    Checker(
        "flake8",
        (),
        (".flake8",),
        (("setup.cfg", "[flake8"), ("tox.ini", "[flake8")),
        _read_lines,
    ),
)


def no_new_diagnostics(claim: Claim, after: Snapshot, tools: ProvingTools) -> Evidence:
    """Passes when the changed program draws no remark that the unchanged one did not."""
    paths = changed_python(claim, after)
    for path in paths:
        before = claim.snapshot.get(path)
        new = new_diagnostics(before.text if before is not None else None, after.files[path].text or "")
        if new:
            return Evidence(False, f"{path}, line {new[0].line}: {new[0].message}")
    missing = _new_missing_imports(claim, after, tools)
    if missing:
        path, message = min(missing)
        return Evidence(False, f"{path}: {message}")
    ran: list[str] = []
    for checker in CHECKERS:
        if not paths or not _configured(checker, claim.snapshot):
            continue
        evidence = _compare(checker, claim, after, tools, paths)
        if evidence is None:
            continue
        if not evidence.passed:
            return evidence
        ran.append(checker.module)
    words = f"no new unresolved name; {', '.join(ran)} agree" if ran else "no new unresolved name"
    return Evidence(True, evidence=words)


def _new_missing_imports(claim: Claim, after: Snapshot, tools: ProvingTools) -> frozenset[tuple[str, str]]:
    """What the changed files, and the files that import from them, import in vain since the change."""
    touched = set(claim.change_set.paths)
    importers = (tools.index.importers.get(path, frozenset[str]()) for path in touched)
    concerned = touched.union(*importers)
    index = build_index(after, tools.index)
    now = unresolved_imports(after, index, concerned & set(index.files))
    return now - unresolved_imports(claim.snapshot, tools.index, concerned & set(tools.index.files))


def _configured(checker: Checker, snapshot: Snapshot) -> bool:
    if any(name in snapshot.files for name in checker.files):
        return True
    return any(
        mark in (snapshot.files[name].text or "") for name, mark in checker.marks if name in snapshot.files
    )


def _compare(
    checker: Checker, claim: Claim, after: Snapshot, tools: ProvingTools, paths: list[str]
) -> Evidence | None:
    """None when the checker isn't installed or can't do its work on the program as it was."""
    old = [path for path in paths if path in claim.snapshot.files]
    before = _run(checker, claim, claim.snapshot, tools, old)
    if before is None:
        return None
    now = _run(checker, claim, after, tools, paths)
    command = ("python", "-m", checker.module, *checker.arguments, *paths)
    if now is None:
        return Evidence(False, f"{checker.module} works before the change and not after it", command=command)
    new = now - before
    if new:
        shown = json.dumps([f"{path}: {words}" for path, words in list(new)[:SHOWN_REMARKS]])
        path, words = next(iter(new))
        return Evidence(False, f"{checker.module} says of {path}: {words}", shown, command)
    return Evidence(True)


def _run(
    checker: Checker, claim: Claim, snapshot: Snapshot, tools: ProvingTools, paths: list[str]
) -> Remarks | None:
    interpreter = claim.owner(paths[0]).interpreter
    command = (str(interpreter.choice.executable), "-m", checker.module, *checker.arguments, *paths)
    with tools.open_machine(snapshot, interpreter) as machine:
        result = machine.run(command, seconds=CHECKER_SECONDS, cancel=tools.cancel)
    return checker.read(result) if result.exit_code in checker.done and not _missing(result) else None


def _missing(result: CommandResult) -> bool:
    """`python -m x` exits 1 both for remarks and for a module that isn't there."""
    return b"No module named" in result.stderr
