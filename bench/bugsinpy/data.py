"""Bugs of BugsInPy as it publishes them, and the trees of the projects' repositories they speak of."""

import difflib
import hashlib
import os
import re
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.real.bugs import Bug, Edit, lines_with_bug, with_statements
from bench.repair.bug import DataMissingError

LIST = "bugsinpy"
# Of BugsInPy's projects only these three are for development; the others are not looked at.
PROJECTS = ("PySnooper", "tqdm", "cookiecutter")
_FIELD = re.compile(r'^(\w+)="([^"]*)"', re.MULTILINE)
_CHANGED = re.compile(r"^diff --git a/(\S+) b/\S+$", re.MULTILINE)
GIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Published:
    """What BugsInPy says of one bug. `named` are the tests that it says fail with the bug and pass without."""

    project: str
    number: int
    buggy: str
    fixed: str
    named: tuple[str, ...]
    patch: str

    @property
    def name(self) -> str:
        return f"{self.project}-{self.number}"

    @property
    def changed(self) -> tuple[str, ...]:
        """The files outside of tests that the fix changes."""
        return tuple(path for path in _CHANGED.findall(self.patch) if not is_test(path))

    @property
    def one_hunk(self) -> bool:
        """Whether the fix is one file and one hunk outside of tests."""
        parts = [part for part in files_of(self.patch) if not is_test(part[0])]
        return len(parts) == 1 and len(re.findall(r"^@@ ", parts[0][1], re.MULTILINE)) == 1


@dataclass(frozen=True, slots=True)
class Data:
    """All bugs of the projects, and a digest of every file of BugsInPy that was read for them."""

    bugs: tuple[Published, ...]
    sha256: str
    folder: Path

    def clone(self, bug: Published) -> Path:
        return self.folder / bug.project


def load(folder: Path) -> Data:
    """Read BugsInPy's own files. Raises DataMissingError where something isn't there."""
    root = folder / "BugsInPy" / "projects"
    wanted = [root, *(folder / name for name in PROJECTS)]
    if missing := [str(path) for path in wanted if not path.is_dir()]:
        raise DataMissingError(f"not there: {', '.join(missing)}; bench/bugsinpy/README.md says how it lies.")
    digest = hashlib.sha256()
    bugs: list[Published] = []
    for project in PROJECTS:
        for home in sorted((root / project / "bugs").iterdir(), key=lambda path: int(path.name)):
            texts: dict[str, str] = {}
            for name in ("bug.info", "bug_patch.txt", "run_test.sh"):
                content = (home / name).read_bytes()
                digest.update(f"{project}/{home.name}/{name}\n".encode() + content)
                texts[name] = content.decode("utf-8").replace("\r\n", "\n")
            bugs.append(published(project, int(home.name), texts))
    return Data(tuple(bugs), digest.hexdigest(), folder)


def published(project: str, number: int, texts: dict[str, str]) -> Published:
    info = dict(_FIELD.findall(texts["bug.info"]))
    words = shlex.split(texts["run_test.sh"])
    named = tuple(word for word in words if "::" in word)
    patch = texts["bug_patch.txt"]
    return Published(project, number, info["buggy_commit_id"], info["fixed_commit_id"], named, patch)


def files_of(patch: str) -> list[tuple[str, str]]:
    """A patch of several files taken apart: the path of each and its part of the text."""
    parts = [part for part in re.split(r"(?m)^(?=diff --git )", patch) if part.startswith("diff --git ")]
    return [(_CHANGED.findall(part)[0], part) for part in parts]


def is_test(path: str) -> bool:
    *folders, name = Path(path).parts
    inside = any(folder in ("test", "tests") for folder in folders)
    return inside or name.startswith(("test_", "tests_", "conftest.")) or name.endswith("_test.py")


def lay_out(data: Data, published: Published, folder: Path) -> Bug:
    """Write to `folder` the buggy commit's tree with the tests and the source of the fixed one.

    The bug that is returned says how to put the bug back into it; it names no tests yet. Raises
    DataMissingError where a clone lacks a commit.
    """
    clone = data.clone(published)
    (file,) = published.changed
    write_tree(clone, published.buggy, folder)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fixed = Path(scratch)
        write_tree(clone, published.fixed, fixed)
        before = (folder / file).read_bytes()
        differing = _git(clone, "diff", "--name-only", "--no-renames", published.buggy, published.fixed)
        for path in (path for path in differing.splitlines() if is_test(path) or path == file):
            (folder / path).unlink(missing_ok=True)
            if (fixed / path).exists():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (fixed / path).replace(folder / path)
    after = (folder / file).read_bytes().decode("utf-8")
    edits = edits_between(after, before.decode("utf-8"))
    return Bug(
        list=LIST,
        name=published.name,
        version=published.buggy[:10],
        sdist="",
        sha256="",
        commit=published.fixed,
        about=_git(clone, "log", "-1", "--format=%s", published.fixed).strip(),
        file=file,
        edits=edits,
        buggy_digest=hashlib.sha256(before).hexdigest(),
        tests=(),
        true_lines=with_statements(before.decode("utf-8"), lines_with_bug(edits)),
    )


def edits_between(fixed: str, buggy: str) -> tuple[Edit, ...]:
    """What puts the bug back: whole lines, each place that differs by itself."""
    lines, others = fixed.splitlines(keepends=True), buggy.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, lines, others, autojunk=False)
    edits: list[Edit] = []
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        # An edit stands for at least one line; where the fix only removed some, the one before them goes along.
        above = int(first == last)
        if above and first == 0:
            raise DataMissingError("a fix that only removes a file's first lines can't be told in edits")
        edits.append(Edit((first - above + 1, last), "", "".join(others[start - above : end])))
    return tuple(edits)


def write_tree(clone: Path, commit: str, folder: Path) -> None:
    """All files of a commit; `git archive` would leave out what a project keeps out of its releases."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        _git(clone, "read-tree", commit, **index)
        _git(clone, "checkout-index", "-a", f"--prefix={folder.resolve()}/", **index)


def _git(clone: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(clone), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=GIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise DataMissingError(f"git {arguments[0]} failed in {clone.name}: {done.stderr.strip()}")
    return done.stdout
