"""From what reports call files to files of the workspace, and from the stacks in their texts to frames.

A file counts when the Snapshot lists it: what is installed below the folder (`node_modules`, `site-packages`) is not
the user's own, whoever's report names it.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

from macrohard_lsp.core.testrun import Frame

MOST_FRAMES = 40
MOST_LINE = 2000
INSTALLED = frozenset({"node_modules", "site-packages", "dist-packages"})

_PYTHON = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d{1,8})(?:, in (?P<function>.+))?$')
_PLACE = re.compile(
    r"(?P<file>(?:file://)?[^\s:'\"()\[\]<>❯]*[^\s:'\"()\[\]<>❯/]\.[A-Za-z][A-Za-z0-9]{0,7}):(?P<line>\d{1,8})\b"
)
"""`a/b.js:3`, in whatever stands around it; the file needs an ending, so that `localhost:80` and times aren't any."""
_LINE = re.compile(r"\b(?:at|file) (?P<file>[^\s,'\"]+),? line (?P<line>\d{1,8})\b")
"""As Perl and bats write it."""
_NAME = re.compile(r"[\w$.<>#\[\] ]{1,200}")
_NODE_WRAPPER, _NODE_CAUSE = "ERR_TEST_FAILURE", "\n  cause: "


class Places:
    """Names files relative to the workspace folder.

    `folders` are absolute names of the workspace: inside the Machine and outside. `directory` is where the command
    was started. `modules` maps Go's import paths to directories.
    """

    def __init__(
        self,
        files: Iterable[str],
        folders: Iterable[PurePosixPath],
        directory: str,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        self._files = frozenset(path for path in files if INSTALLED.isdisjoint(path.split("/")))
        self._folders = tuple(f"{folder}/" for folder in folders)
        self._directory = directory
        self._modules = modules or {}

    def file(self, named: str, near: str = "") -> str | None:
        """The user's own file that a report calls `named`; `near` is a directory to look in first."""
        name = unquote(named.removeprefix("file://")) if named.startswith("file://") else named
        if not name or len(name) > MOST_LINE or "\0" in name:
            return None
        name = name.replace("\\", "/")
        if name.startswith("/"):
            relative = self.relative(name)
            return relative if relative in self._files else None
        for base in dict.fromkeys((near, self._directory, "")):
            path = posixpath.normpath(posixpath.join(base, name))
            if path in self._files:
                return path
        return None

    def relative(self, name: str) -> str | None:
        """The path below the workspace folder of an absolute one, whether or not such a file is known."""
        path = posixpath.normpath(name)
        for folder in self._folders:
            if path.startswith(folder):
                return path[len(folder) :]
        return None

    def shortened(self, text: str) -> str:
        """The text with the folder's absolute names left out."""
        for folder in self._folders:
            text = text.replace(f"file://{folder}", "").replace(folder, "")
        return text

    def of_class(self, classname: str) -> tuple[str, tuple[str, ...]] | None:
        """The file that a class name names, as a path or by dotted names, and the classes in it."""
        if (found := self.file(classname)) is not None:
            return found, ()
        parts = classname.split(".")
        for length in range(len(parts), 0, -1) if len(parts) <= 40 else ():
            for ending in (".py", "/__init__.py"):
                if (found := self.file("/".join(parts[:length]) + ending)) is not None:
                    return found, tuple(parts[length:])
        return None

    def package(self, classname: str) -> str:
        """The directory of a Go package; "" where it is none."""
        for module, directory in self._modules.items():
            if classname == module or classname.startswith(f"{module}/"):
                return posixpath.normpath(posixpath.join(directory, "." + classname[len(module) :]))
        return ""

    def frames(self, text: str, near: str = "") -> tuple[Frame, ...]:
        """The user's own frames in a stack, outermost first, whichever way round it is written."""
        if _NODE_WRAPPER in text:
            # Node's own error is wrapped around the one that was raised.
            text = text.partition(_NODE_CAUSE)[2] or text
        found: list[tuple[bool, Frame]] = []
        for line in text.split("\n"):
            if len(found) >= MOST_FRAMES:
                break
            found.extend(self._in_line(line[:MOST_LINE], near))
        frames = [frame for _, frame in found]
        # Python's tracebacks, and pytest's, end where it was raised; the others begin there.
        return tuple(frames if found and found[0][0] else reversed(frames))

    def _in_line(self, line: str, near: str) -> Iterator[tuple[bool, Frame]]:
        python = _PYTHON.match(line)
        elsewhere = (*_PLACE.finditer(line), *_LINE.finditer(line))
        for found in (python,) if python is not None else elsewhere:
            path = self.file(found["file"], near)
            if path is not None and int(found["line"]) > 0:
                function = _function(line, found, python is not None)
                yield path.endswith((".py", ".pyi")), Frame(path, int(found["line"]), function, True)


def _function(line: str, found: re.Match[str], python: bool) -> str:
    if python:
        return found["function"] or "<module>"
    before = line[max(0, found.start() - 200) : found.start()].strip().rstrip("(").strip()
    for mark in ("at ", "❯ ", "async "):
        before = before.removeprefix(mark)
    return before if _NAME.fullmatch(before) else ""


def go_modules(files: Mapping[str, str]) -> dict[str, str]:
    """The modules that `go.mod` files declare, with their directories, the longest names first. `files` are texts."""
    modules: dict[str, str] = {}
    for path, text in files.items():
        found = re.search(r"^module\s+\"?([^\s\"]+)", text, re.MULTILINE)
        if found is not None:
            modules[found[1]] = posixpath.dirname(path)
    return dict(sorted(modules.items(), key=lambda item: -len(item[0])))
