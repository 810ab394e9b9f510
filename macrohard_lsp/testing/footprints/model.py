"""What is kept of tests from one run to the next, and how it is compared with a Snapshot."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from macrohard_lsp.core.files import digest_of
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.testing.footprints.blocks import Blocks, blocks_of
from macrohard_lsp.testing.footprints.configuration import pytest_part

Needs = Mapping[str, frozenset[str]]
"""What was used, by path: digests of blocks, or of what an import executes (`^…`), of a whole file (`=…`), of a
folder's names (`/…`), of pytest's part of a configuration file (`~…`), of everything there is (`*…`), or that nothing
was there (`-`)."""

ABSENT = "-"
EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One test. `broke` says whether it broke when it last ran."""

    needs: Needs
    seconds: float = 0.0
    broke: bool = False


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of tests: the ids it has, and what all of them need, by its imports."""

    ids: tuple[str, ...]
    needs: Needs


@dataclass(frozen=True, slots=True)
class Module:
    """What an import of a file executes: `body`, `bindings` and `heads` as in Blocks."""

    body: str
    bindings: Mapping[str, str]
    heads: Mapping[str, str]

    @staticmethod
    def of(blocks: Blocks) -> "Module":
        return Module(blocks.body, blocks.bindings, blocks.heads)

    @property
    def digest(self) -> str:
        parts = [self.body]
        parts += (f"{name}={self.bindings[name]}" for name in sorted(self.bindings))
        parts += (f"{name}={self.heads[name]}" for name in sorted(self.heads))
        return f"^{digest_of('|'.join(parts).encode())[:16]}"


@dataclass(frozen=True, slots=True)
class Footprints:
    """Everything known of a folder's tests.

    `conditions` names interpreter, plugins and arguments: under others it counts for nothing. `outside` is
    what pytest itself and its configuration used. `modules` are what the digests of modules (`^…`) stand for,
    `known` the paths of all Python files.
    """

    conditions: str
    tests: Mapping[str, Kept] = field(default_factory=dict[str, Kept])
    files: Mapping[str, KeptFile] = field(default_factory=dict[str, KeptFile])
    outside: Needs = field(default_factory=dict[str, frozenset[str]])
    modules: Mapping[str, Module] = field(default_factory=dict[str, "Module"])
    known: frozenset[str] = frozenset()


class Present:
    """A Snapshot, asked for digests. Blocks of files that were asked for before are not read again."""

    def __init__(self, snapshot: Snapshot, blocks: dict[str, Blocks]) -> None:
        """`blocks` is a memory by the files' digests, which this adds to."""
        self._snapshot = snapshot
        self._blocks = blocks
        self._having: dict[str, frozenset[str]] = {}

    def blocks(self, path: str) -> Blocks | None:
        """None for what is no Python file with a text."""
        file = self._snapshot.get(path)
        if file is None or file.text is None or not path.endswith(".py"):
            return None
        if file.digest not in self._blocks:
            self._blocks[file.digest] = blocks_of(file.text)
        return self._blocks[file.digest]

    def module(self, path: str) -> Module | None:
        """None for what is no Python file with a text."""
        blocks = self.blocks(path)
        return Module.of(blocks) if blocks is not None else None

    def mentions(self, path: str, name: str) -> int:
        """How often a file has a name."""
        file = self._snapshot.get(path)
        text = file.text if file is not None else None
        return len(re.findall(rf"\b{re.escape(name)}\b", text)) if text is not None else 0

    def has(self, path: str) -> bool:
        return self._snapshot.get(path) is not None

    def configuration(self, path: str) -> str:
        """What stands for pytest's own part of a configuration file; for all of it where that can't be read."""
        file = self._snapshot.get(path)
        if file is None or file.text is None:
            return self.whole(path)
        return f"~{digest_of(pytest_part(path, file.text).encode('utf-8', 'surrogatepass'))}"

    def whole(self, path: str) -> str:
        """What stands for the whole file, or for there being none."""
        file = self._snapshot.get(path)
        return ABSENT if file is None else f"={file.digest}"

    def names_in(self, folder: str) -> str:
        """What stands for the names in a folder."""
        return f"/{digest_of(chr(0).join(sorted(self._children.get(folder, ()))).encode())}"

    @cached_property
    def everything(self) -> str:
        """What stands for the content of all files."""
        files = self._snapshot.files
        lines = "\n".join(f"{path} {files[path].digest}" for path in sorted(files))
        return f"*{digest_of(lines.encode('utf-8', 'surrogateescape'))}"

    def having(self, path: str) -> frozenset[str]:
        """All that stands for something at this path."""
        if path not in self._having:
            found = {self.whole(path), self.configuration(path), self.names_in(path)}
            if path == EVERYTHING:
                found.add(self.everything)
            if (blocks := self.blocks(path)) is not None:
                found.update((blocks.body, *(digest for _, _, digest in blocks.functions)))
                found.add(Module.of(blocks).digest)
            self._having[path] = frozenset(found)
        return self._having[path]

    @cached_property
    def _children(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for path in self._snapshot.files:
            rest = path
            while rest:
                folder, _, name = rest.rpartition("/")
                if name in found.setdefault(folder, set()):
                    break
                found[folder].add(name)
                rest = folder
        return found


def together(needs: Iterable[Needs]) -> Needs:
    """All of several."""
    found: dict[str, frozenset[str]] = {}
    for each in needs:
        for path, digests in each.items():
            found[path] = found.get(path, frozenset()) | digests
    return found
