"""An index of the workspace's Python: modules, definitions, and which file imports which."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.workspace.modules import module_names
from macrohard_lsp.workspace.outline import Definition, Import, is_test_file, outline
from macrohard_lsp.workspace.python_syntax import parse


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What the index keeps of one file; plain data, so that a worker process can hand it over."""

    path: str
    definitions: tuple[Definition, ...]
    imports: tuple[Import, ...]
    has_error: bool

    @property
    def is_test_file(self) -> bool:
        """By pytest's default naming."""
        return is_test_file(self.path)

    @property
    def tests(self) -> tuple[Definition, ...]:
        """The test functions and methods, and the classes around them; empty outside a test file."""
        return tuple(item for item in self.definitions if item.is_test) if self.is_test_file else ()


Summarise = Callable[[Sequence[tuple[str, str]]], Iterable[FileSummary]]


def summarise_batch(files: Sequence[tuple[str, str]]) -> list[FileSummary]:
    """Summarise files given as path and text, in their order. The entry point for worker processes."""
    summaries: list[FileSummary] = []
    for path, text in files:
        parsed = parse(text)
        found = outline(parsed)
        summaries.append(FileSummary(path, found.definitions, found.imports, parsed.has_error))
    return summaries


@dataclass(frozen=True)
class WorkspaceIndex:
    """`digests` and `files` have the same keys: the paths of the Python files."""

    digests: Mapping[str, str]
    files: Mapping[str, FileSummary]

    @cached_property
    def modules(self) -> Mapping[str, tuple[str, ...]]:
        """Paths by module name, likeliest first: those whose own first name it is."""
        ranked: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for path, names in self._names.items():
            for rank, name in enumerate(names):
                ranked[name].append((rank, path))
        return {name: tuple(path for _, path in sorted(found)) for name, found in ranked.items()}

    @cached_property
    def definitions(self) -> Mapping[str, tuple[tuple[str, Definition], ...]]:
        """Path and definition, by bare name."""
        found: dict[str, list[tuple[str, Definition]]] = defaultdict(list)
        for path, summary in self.files.items():
            for definition in summary.definitions:
                found[definition.name].append((path, definition))
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def imports(self) -> Mapping[str, frozenset[str]]:
        """The workspace's own files that each file imports."""
        return {
            path: frozenset(
                target
                for item in summary.imports
                for target in self.imported_by(path, item)
                if target != path
            )
            for path, summary in self.files.items()
        }

    @cached_property
    def importers(self) -> Mapping[str, frozenset[str]]:
        """The files that import each file; files that nobody imports are left out."""
        found: dict[str, set[str]] = defaultdict(set)
        for path, targets in self.imports.items():
            for target in targets:
                found[target].add(path)
        return {path: frozenset(who) for path, who in found.items()}

    def module_name(self, path: str) -> str | None:
        """The likeliest module name of a file; None where no import can name it."""
        return next(iter(self._names.get(path, ())), None)

    def imported_by(self, path: str, item: Import) -> tuple[str, ...]:
        """The files that one import of the file `path` runs: the packages on the way, the module, a submodule."""
        if item.level:
            return self._relative(path, item)
        found = self._dotted(item.module)
        if item.name is not None and item.name != "*":
            found += self.modules.get(f"{item.module}.{item.name}", ())[:1]
        return tuple(dict.fromkeys(found))

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        packages = frozenset(
            path.rpartition("/")[0]
            for path in self.files
            if path.rpartition("/")[2].startswith("__init__.py")
        )
        return {path: module_names(path, packages) for path in self.files}

    def _dotted(self, module: str) -> tuple[str, ...]:
        parts = module.split(".")
        prefixes = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
        return tuple(path for prefix in prefixes for path in self.modules.get(prefix, ())[:1])

    def _relative(self, path: str, item: Import) -> tuple[str, ...]:
        folders = path.split("/")[:-1]
        if item.level - 1 > len(folders):
            return ()
        folder = "/".join(folders[: len(folders) - item.level + 1])
        found = self._at(folder)
        for part in item.module.split(".") if item.module else ():
            folder = f"{folder}/{part}" if folder else part
            found += self._at(folder)
        if item.name is not None and item.name != "*":
            found += self._at(f"{folder}/{item.name}" if folder else item.name)
        return tuple(dict.fromkeys(found))

    def _at(self, stem: str) -> tuple[str, ...]:
        inner = f"{stem}/__init__.py" if stem else "__init__.py"
        return tuple(path for path in (inner, f"{stem}.py") if path in self.files)[:1]


def build_index(
    snapshot: Snapshot, previous: WorkspaceIndex | None = None, summarise: Summarise = summarise_batch
) -> WorkspaceIndex:
    """Index a Snapshot's Python files; what `previous` knows of the same content is not parsed again.

    `summarise` may spread the files over worker processes; it answers in the order it was asked.
    """
    known: dict[str, FileSummary] = {}
    if previous is not None:
        known = {digest: previous.files[path] for path, digest in previous.digests.items()}
    wanted = list(snapshot.python_files())
    fresh = [file for file in wanted if file.digest not in known]
    texts = [(file.path, file.text) for file in fresh if file.text is not None]
    parsed = {summary.path: summary for summary in summarise(texts)}
    files: dict[str, FileSummary] = {}
    for file in wanted:
        summary = parsed.get(file.path) or known[file.digest]
        files[file.path] = summary if summary.path == file.path else replace(summary, path=file.path)
    return WorkspaceIndex({file.path: file.digest for file in wanted}, files)
