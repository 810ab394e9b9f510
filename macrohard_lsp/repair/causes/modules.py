"""A module, or a name of one, that isn't there: moved, renamed, misspelt, or never imported where it is expected."""

import sys
from collections.abc import Iterator

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.core.changeset import ChangeSet, RenameFile
from macrohard_lsp.repair.causes.importing import (
    defining,
    insertion,
    is_standard,
    module_to_write,
    standard_homes,
    standard_names,
)
from macrohard_lsp.repair.causes.names import both
from macrohard_lsp.repair.causes.near import nearest, only_near
from macrohard_lsp.repair.causes.reading import Cause, CauseKind
from macrohard_lsp.repair.causes.references import rename_in_module, rename_module
from macrohard_lsp.repair.causes.sources import Aimed, ImportedName, Sources
from macrohard_lsp.repair.scope import SourceContext


def missing_name(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`cannot import name`, and `module … has no attribute`."""
    path = next(iter(sources.index.modules.get(cause.owner, ())), None)
    if path is None:
        yield from _of_a_library(cause, sources)
        return
    yield from _as_git_says(cause, path, sources)
    yield from _from_where_it_is(cause, path, sources)
    only = only_near(cause.name, sources.top_level(path))
    for name in nearest(cause.name, sources.top_level(path)):
        words = f"use `{name}` of {path} instead of `{cause.name}`, which isn't there"
        spans = rename_in_module(sources, path, cause.name, name)
        if name != only:
            # Which one is meant can be told only where a test says so.
            spans = {cause.path: spans.get(cause.path, ())}
        if is_test_path(cause.path):
            # Tests say what things are to be called; so the definition follows them first.
            yield from _called_as_asked(cause, path, name, sources)
        yield from both(sources, spans, words, cause.path, cause.line)
        if not is_test_path(cause.path):
            yield from _called_as_asked(cause, path, name, sources)


def _as_git_says(cause: Cause, path: str, sources: Sources) -> Iterator[Aimed]:
    for item in sources.history.of_definition(cause.name, path):
        if "." in item.old or "." in item.new:
            continue
        new = item.new
        if item.path == path:
            words = f"use `{new}`, as `{cause.name}` of {path} is called now"
            yield from both(
                sources, rename_in_module(sources, path, cause.name, new), words, cause.path, cause.line
            )
            yield from _called_as_asked(cause, path, new, sources)
            continue
        words = f"import `{new}` from {item.path}, where it was moved to"
        yield from both(
            sources, _moved(sources, path, cause.name, item.path, new), words, cause.path, cause.line
        )


def _from_where_it_is(cause: Cause, path: str, sources: Sources) -> Iterator[Aimed]:
    """Another file defines it: import it from there or, where it is expected, pass it on."""
    for home in defining(sources, cause.name):
        if home == path:
            continue
        source, module = sources.source(path), None
        if source is not None:
            module = module_to_write(sources, source, home)
        words = f"import `{cause.name}` from {home}, where it is defined"
        moved = _moved(sources, path, cause.name, home, cause.name)
        if not is_test_path(cause.path):
            yield from both(sources, moved, words, cause.path, cause.line)
        if source is not None and module is not None:
            edit = insertion(sources, source, f"from {module} import {cause.name}")
            passed_on = f"import `{cause.name}` in {path}, from where it is asked for"
            yield sources.aimed({path: [edit]}, passed_on, path, _line_of(source, edit[0]))
        if is_test_path(cause.path):
            yield from both(sources, moved, words, cause.path, cause.line)


def _called_as_asked(cause: Cause, path: str, name: str, sources: Sources) -> Iterator[Aimed]:
    """The definition `name` and all its uses, renamed to what was sought."""
    source = sources.source(path)
    if source is None or name not in {
        **source.module.functions,
        **source.module.classes,
        **source.module.variables,
    }:
        return
    spans = rename_in_module(sources, path, name, cause.name)
    words = f"call `{name}` `{cause.name}`, as it is asked for"
    places = source.module.functions.get(name) or source.module.classes.get(name) or [0]
    yield from both(sources, spans, words, path, source.nodes[places[0]].line)


def _moved(
    sources: Sources, path: str, name: str, home: str, new: str
) -> dict[str, list[tuple[int, int, str]]]:
    """Every `from` import of `name` from the file `path`, made one of `new` from the file `home`."""
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for source in sources.mentioning(name):
        for item in sources.imports(source):
            from_there = sources.module_file(source.path, item.module, item.level) == path
            module = module_to_write(sources, source, home)
            if item.name == name and from_there and module is not None and source.path != home:
                spans.setdefault(source.path, []).extend(_import_from(source, item, module, new))
    return spans


def _import_from(
    source: SourceContext, item: ImportedName, module: str, new: str
) -> Iterator[tuple[int, int, str]]:
    if item.is_alone and item.module_at is not None:
        yield (item.module_at.start, item.module_at.end, module)
        if new != item.name:
            alias = "" if item.alias else f" as {item.name}"
            yield (item.at.start, item.at.end, new + alias)
        return
    whole = item.at.parent if item.alias and item.at.parent is not None else item.at
    row = item.statement.children
    position = next(number for number, child in enumerate(row) if child is whole)
    after = row[position + 1] if position + 1 < len(row) else None
    if after is not None and after.kind == ",":
        follower = row[position + 2] if position + 2 < len(row) else None
        end = follower.start if follower is not None and follower.kind != ")" else after.end
        yield (whole.start, end, "")
    else:
        yield (row[position - 1].start, whole.end, "")
    alias = item.alias or (item.name if new != item.name else None)
    renamed = f" as {alias}" if alias else ""
    start = item.statement.start
    indent = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    yield (start, start, f"from {module} import {new}{renamed}{source.newline}{indent}")


def _of_a_library(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """A name of the standard library that is spelt otherwise, or lives elsewhere."""
    source = sources.source(cause.path)
    if source is None or not is_standard(cause.owner):
        return
    if cause.kind is CauseKind.IMPORTED_NAME:
        for item in sources.imports(source):
            if item.name != cause.name or item.module != cause.owner or item.module_at is None:
                continue
            for home in standard_homes(cause.name):
                words = f"import `{cause.name}` from `{home}`"
                edits = _import_from(source, item, home, cause.name)
                yield sources.aimed({source.path: list(edits)}, words, source.path, item.statement.line)
    for name in nearest(cause.name, _public(cause.owner)):
        edits = [
            (node.start, node.end, name)
            for node in source.nodes
            if node.kind == "identifier"
            and node.text == cause.name
            and (node.field == "attribute" or cause.kind is CauseKind.IMPORTED_NAME)
        ]
        words = f"use `{name}` of `{cause.owner}` instead of `{cause.name}`"
        yield sources.aimed({source.path: edits}, words, source.path, cause.line)


def _public(module: str) -> frozenset[str]:
    return standard_names(module) or _already_known(module)


def _already_known(module: str) -> frozenset[str]:
    """The names of a module of the standard library that this program has loaded anyway."""
    loaded = sys.modules.get(module)
    return frozenset(name for name in dir(loaded) if not name.startswith("_")) if loaded else frozenset()


def missing_module(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`No module named`: moved or renamed, beside the one that imports it, or misspelt."""
    source = sources.source(cause.path)
    sought = cause.name
    if source is None:
        return
    yield from _module_git_knows(cause, sources)
    yield from _beside(cause, source, sources)
    package, _, last = sought.rpartition(".")
    known = tuple(sources.index.modules)
    same_name = [name for name in known if name.rpartition(".")[2] == last and name != sought]
    same_place = [name for name in known if name.rpartition(".")[0] == package]
    near = [
        f"{package}.{name}".lstrip(".") for name in nearest(last, (n.rpartition(".")[2] for n in same_place))
    ]
    from_test = is_test_path(cause.path)
    for module in dict.fromkeys((*same_name, *near)):
        path = sources.index.modules[module][0]
        words = f"import `{module}` instead of `{sought}`, which isn't there"
        if from_test and not is_test_path(path):
            yield from _file_as_asked(cause, path, module, sources)
        yield from both(sources, rename_module(sources, sought, module), words, cause.path, cause.line)
        if not from_test and not is_test_path(path):
            yield from _file_as_asked(cause, path, module, sources)
    if not package:
        yield from _misspelt(cause, source, sources)


def _module_git_knows(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    for old, new in sources.history.modules:
        module = sources.index.module_name(new)
        was = _name_like(cause.name, old)
        if was is None or module is None:
            continue
        words = f"import `{module}`, as `{cause.name}` is called now"
        yield from both(sources, rename_module(sources, cause.name, module), words, cause.path, cause.line)
        yield from _file_as_asked(cause, new, module, sources)


def _name_like(module: str, path: str) -> str | None:
    """`module` where a file of that path could be imported by that name."""
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return module if dotted == module or dotted.endswith("." + module) else None


def _beside(cause: Cause, source: SourceContext, sources: Sources) -> Iterator[Aimed]:
    """A module of the same package, imported as if it stood at the top."""
    folder = source.path.rpartition("/")[0]
    first = cause.name.partition(".")[0]
    for place in (f"{folder}/{first}.py", f"{folder}/{first}/__init__.py"):
        if not folder or place not in sources.index.files:
            continue
        dotted = sources.index.module_name(place) or ""
        relative = any(item.level for item in sources.imports(source))
        edits: list[tuple[int, int, str]] = []
        for item in sources.imports(source):
            if item.level or item.module.partition(".")[0] != first:
                continue
            if item.module_at is not None:
                written = f".{item.module}" if relative else dotted + item.module[len(first) :]
                edits.append((item.module_at.start, item.module_at.end, written))
            elif item.is_alone and "." not in item.module:
                package = "." if relative else dotted.rpartition(".")[0]
                alias = f" as {item.alias}" if item.alias else ""
                edits.append(
                    (item.statement.start, item.statement.end, f"from {package} import {first}{alias}")
                )
        words = f"import `{first}` from the package it is in"
        yield sources.aimed({source.path: edits}, words, source.path, cause.line)


def _file_as_asked(cause: Cause, path: str, module: str, sources: Sources) -> Iterator[Aimed]:
    """The file, called what was asked for, and every import of it with it."""
    package, _, last = module.rpartition(".")
    asked_package, _, asked = cause.name.rpartition(".")
    if package != asked_package or path.endswith("__init__.py") or not asked.isidentifier():
        return
    new_path = path[: len(path) - len(f"{last}.py")] + f"{asked}.py"
    if new_path in sources.snapshot.files:
        return
    spans = {
        name: edits
        for name, edits in rename_module(sources, module, cause.name).items()
        if edits and name != path
    }
    moved = RenameFile(path, new_path, sources.snapshot.files[path].digest)
    words = f"call {path} {new_path}, as it is asked for"
    for aimed in both(sources, spans, words, path, 1) if spans else (sources.aimed({}, words, path, 1),):
        yield Aimed(ChangeSet((moved, *aimed.change_set.changes)), aimed.summary, path, 1)


def _misspelt(cause: Cause, source: SourceContext, sources: Sources) -> Iterator[Aimed]:
    public = (name for name in sys.stdlib_module_names if not name.startswith("_"))
    for name in nearest(cause.name, public):
        spans = {source.path: list(rename_module(sources, cause.name, name).get(source.path, ()))}
        yield sources.aimed(spans, f"import `{name}` instead of `{cause.name}`", source.path, cause.line)


def _line_of(source: SourceContext, offset: int) -> int:
    return source.text.count("\n", 0, offset) + 1
