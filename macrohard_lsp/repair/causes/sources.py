"""The workspace as aimed edits see it: parsed files, their imports, and where a module's name leads."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.core.changeset import ChangeSet, FileChange, ModifyFile, TextEdit
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.repair.bindings import parameter_names, target_names
from macrohard_lsp.repair.causes.history import History
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import COMPREHENSIONS, SEQUENCES, Node, kinds
from macrohard_lsp.workspace.index import WorkspaceIndex

Spans = Mapping[str, Sequence[tuple[int, int, str]]]
"""For each path what to put in place of which offsets."""


# A word that more files mention than this is no name that was left behind; reading them all would take long.
MOST_MENTIONING = 400


@dataclass(frozen=True, slots=True)
class Aimed:
    """One edit that the words of an error suggest. `summary` is an imperative without a full stop.

    `path` and `line` are where a person would look for it.
    """

    change_set: ChangeSet
    summary: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class ImportedName:
    """One name that an import statement brings in: `from module import name as alias`, or `import module as alias`.

    `at` is the node of `name`, or of `module` where there is no name; `module_at` is that of a `from`'s module.
    """

    statement: Node
    module: str
    level: int
    name: str | None
    alias: str | None
    at: Node
    module_at: Node | None

    @property
    def bound(self) -> str:
        """The name by which the file knows it from then on; dotted for `import a.b`."""
        return self.alias or self.name or self.module

    @property
    def is_alone(self) -> bool:
        return sum(child.field == "name" for child in self.statement.children) == 1


@dataclass
class Sources:
    """Files are parsed when they are asked for, and once. `history` says what was lately renamed or moved."""

    snapshot: Snapshot
    index: WorkspaceIndex
    history: History = field(default_factory=History)
    _parsed: dict[str, SourceContext] = field(default_factory=dict[str, SourceContext])
    _imports: dict[str, tuple[ImportedName, ...]] = field(default_factory=dict[str, tuple[ImportedName, ...]])

    def text(self, path: str) -> str | None:
        file = self.snapshot.get(path)
        return file.text if file is not None else None

    def source(self, path: str) -> SourceContext | None:
        text = self.text(path)
        if text is None or not path.endswith((".py", ".pyi")):
            return None
        if path not in self._parsed:
            self._parsed[path] = SourceContext(path, text)
        return self._parsed[path]

    def mentioning(self, word: str) -> Iterator[SourceContext]:
        """The Python files in whose text `word` occurs, in path order; none where it is in more than can be read."""
        shape = re.compile(rf"\b{re.escape(word)}\b")
        texts = ((path, self.text(path) or "") for path in self.index.files)
        found = sorted(path for path, text in texts if word in text and shape.search(text))
        for path in found if len(found) <= MOST_MENTIONING else ():
            if (source := self.source(path)) is not None:
                yield source

    def imports(self, source: SourceContext) -> tuple[ImportedName, ...]:
        if source.path not in self._imports:
            self._imports[source.path] = tuple(_imports_of(source))
        return self._imports[source.path]

    def module_file(self, path: str, module: str, level: int = 0) -> str | None:
        """The file that `module` is, imported by the file `path` with `level` leading dots, if there is one."""
        if not level:
            return next(iter(self.index.modules.get(module, ())), None)
        folders = path.split("/")[:-1]
        if level - 1 > len(folders):
            return None
        parts = [*folders[: len(folders) - level + 1], *(module.split(".") if module else ())]
        stem = "/".join(parts)
        places = (f"{stem}/__init__.py" if stem else "__init__.py", f"{stem}.py")
        return next((place for place in places if place in self.index.files), None)

    def absolute(self, path: str, module: str, level: int) -> str:
        """The dotted name of a module as the file `path` imports it; as it stands where that isn't known."""
        if not level:
            return module
        own = (self.index.module_name(path) or "").split(".")
        dropped = level - 1 if path.endswith("/__init__.py") else level
        kept = own[: len(own) - dropped] if dropped else own
        return ".".join([*(part for part in kept if part), *([module] if module else [])])

    def names_of_module(self, path: str) -> tuple[str, ...]:
        """Every dotted name by which the file can be imported, likeliest first."""
        first = self.index.module_name(path)
        names = [name for name, paths in self.index.modules.items() if paths[0] == path]
        return tuple(dict.fromkeys([*([first] if first else []), *sorted(names, key=len, reverse=True)]))

    def top_level(self, path: str) -> tuple[str, ...]:
        """The names that a file binds at module level: functions, classes, variables, what it imports."""
        source = self.source(path)
        if source is None:
            return ()
        module = source.module
        return tuple({**module.functions, **module.classes, **module.variables, **module.imports})

    def change(self, spans: Spans) -> ChangeSet:
        """Each file's edits, sorted; a place that is named twice is edited once."""
        changes: list[FileChange] = []
        for path in sorted(spans):
            edits = sorted(dict.fromkeys(spans[path]), key=lambda edit: edit[:2])
            if edits:
                digest = self.snapshot.files[path].digest
                changes.append(ModifyFile(path, digest, tuple(TextEdit(*edit) for edit in edits)))
        return ChangeSet(tuple(changes))

    def aimed(self, spans: Spans, summary: str, path: str, line: int) -> Aimed:
        return Aimed(self.change(spans), summary, path, line)


def without_tests(spans: Spans) -> Spans:
    return {path: edits for path, edits in spans.items() if not is_test_path(path)}


def nodes_on(source: SourceContext, line: int, kind: str) -> list[Node]:
    """Nodes of a kind that begin on a line or, where none does, in the statement that the line belongs to."""
    there = [node for node in source.nodes if node.kind == kind and node.line == line]
    if there:
        return there
    statement = statement_on(source, line)
    return [] if statement is None else [node for node in source.inside(statement) if node.kind == kind]


def statement_on(source: SourceContext, line: int) -> Node | None:
    """The innermost statement that reaches over a line."""
    statements = (node for node in source.nodes if node.parent is not None and node.parent.kind in SEQUENCES)
    over = [node for node in statements if node.kind != "comment" and node.line <= line <= node.end_line]
    return over[-1] if over else None


def is_plain_name(node: Node) -> bool:
    """Whether an identifier stands for a variable's value: no attribute, keyword, parameter or imported name."""
    parent = node.parent
    if node.kind != "identifier" or parent is None:
        return False
    if parent.kind == "dotted_name" and parent.parent is not None:
        # A pattern of a `match` and a decorator's name are dotted names, too.
        return not parent.parent.kind.startswith(("import", "aliased", "relative"))
    if parent.kind == "typed_parameter" and parent.parts[0] is node:
        return False
    return parent.kind not in _NO_VALUES and (parent.kind, node.field) not in _NAMED_ONLY


_NO_VALUES = kinds("aliased_import parameters lambda_parameters")
_NAMED_ONLY = frozenset(
    {("attribute", "attribute"), ("keyword_argument", "name"), ("function_definition", "name")}
    | {("class_definition", "name"), ("default_parameter", "name"), ("typed_default_parameter", "name")}
)


def is_bound_here(source: SourceContext, node: Node) -> bool:
    """Whether a function, lambda or comprehension around `node` has a variable of its own of that name."""
    return any(node.text in _own_names(source, scope) for scope in node.ancestors())


def _own_names(source: SourceContext, scope: Node) -> Iterable[str]:
    if scope.kind == "function_definition":
        return source.bindings(scope)
    if scope.kind == "lambda" and (parameters := scope.get("parameters")) is not None:
        return parameter_names(parameters)
    if scope.kind in COMPREHENSIONS:
        targets = [part.get("left") for part in scope.parts if part.kind == "for_in_clause"]
        return [name for target in targets if target is not None for name in target_names(target)]
    return ()


def _imports_of(source: SourceContext) -> Iterator[ImportedName]:
    for node in source.nodes:
        if node.kind not in {"import_statement", "import_from_statement"}:
            continue
        module_at = node.get("module_name")
        written = "" if module_at is None else "".join(module_at.text.split())
        module = written.lstrip(".")
        for child in node.children:
            if child.field != "name" and child.kind != "wildcard_import":
                continue
            inner, alias = (child, None)
            if child.kind == "aliased_import":
                inner, alias = child.get("name") or child, child.get("alias")
            name = "".join(inner.text.split())
            yield ImportedName(
                node,
                module if module_at is not None else name,
                len(written) - len(module),
                name if module_at is not None else None,
                alias.text if alias is not None else None,
                inner,
                module_at,
            )
