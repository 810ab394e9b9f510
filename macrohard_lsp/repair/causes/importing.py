"""Imports: where a name could come from, how this workspace imports it, and where the line goes in a file."""

import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.repair.causes.near import listed
from macrohard_lsp.repair.causes.sources import ImportedName, Sources
from macrohard_lsp.repair.scope import SourceContext

# Modules of the standard library whose names are used without their module, in order of how often.
_LOOKED_INTO = listed(
    "typing dataclasses collections pathlib datetime functools itertools contextlib enum abc collections.abc re math "
    "json copy decimal fractions operator heapq bisect statistics random string time os.path textwrap types io "
    "tempfile shutil subprocess threading queue asyncio uuid hashlib warnings unittest.mock inspect"
)


@cache
def standard_names(module: str) -> frozenset[str]:
    """The public names of a module of the standard library; none of one that isn't looked into."""
    if module not in _LOOKED_INTO:
        return frozenset()
    found = importlib.import_module(module)
    return frozenset(getattr(found, "__all__", None) or (n for n in dir(found) if not n.startswith("_")))


def standard_homes(name: str) -> Iterator[str]:
    """The modules of the standard library that have a name."""
    return (module for module in _LOOKED_INTO if name in standard_names(module))


def is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def import_lines(sources: Sources, source: SourceContext, name: str) -> Iterator[str]:
    """Statements that would bind `name` in a file, the likeliest first, each once."""
    return iter(dict.fromkeys(_import_lines(sources, source, name)))


def _import_lines(sources: Sources, source: SourceContext, name: str) -> Iterator[str]:
    as_others_do = Counter(
        line
        for other in sources.mentioning(name)
        if other is not source
        for item in sources.imports(other)
        if item.bound == name and (line := _line_of(sources, source, other, item))
    )
    yield from (line for line, _ in as_others_do.most_common())
    for path in defining(sources, name):
        if path != source.path and (module := module_to_write(sources, source, path)):
            yield f"from {module} import {name}"
    if name in sys.stdlib_module_names or name in sources.index.modules:
        yield f"import {name}"
    yield from (f"from {module} import {name}" for module in standard_homes(name))


def defining(sources: Sources, name: str) -> tuple[str, ...]:
    """The files that define `name` at module level, outside of tests."""
    places = sources.index.definitions.get(name, ())
    found = [path for path, item in places if item.qualified_name == name and not is_test_path(path)]
    if not found:
        found = [
            source.path
            for source in sources.mentioning(name)
            if not is_test_path(source.path) and name in source.module.variables
        ]
    return tuple(dict.fromkeys(found))


def module_to_write(sources: Sources, source: SourceContext, path: str) -> str | None:
    """How a file names the module of another: relative, where it imports its neighbours so."""
    if any(item.level for item in sources.imports(source)):
        folder, other = source.path.rpartition("/")[0], path.rpartition("/")[0]
        if folder == other and not path.endswith("__init__.py"):
            return "." + path.rpartition("/")[2].removesuffix(".py")
    return sources.index.module_name(path)


def _line_of(sources: Sources, source: SourceContext, other: SourceContext, item: ImportedName) -> str | None:
    """The import of another file as this one would have to write it."""
    alias = f" as {item.alias}" if item.alias else ""
    if item.name is None:
        return f"import {item.module}{alias}"
    module = item.module
    if item.level:
        target = sources.module_file(other.path, item.module, item.level)
        written = module_to_write(sources, source, target) if target else None
        if written is None or target == source.path:
            return None
        module = written
    return f"from {module} import {item.name}{alias}"


def insertion(sources: Sources, source: SourceContext, line: str) -> tuple[int, int, str]:
    """The edit that puts an import statement after the others at the top of a file, or joins it to one of them."""
    module, _, name = line.removeprefix("from ").partition(" import ")
    tops = [node for node in source.root.children if node.kind in _STATEMENTS]
    for item in reversed(sources.imports(source)):
        written = item.module_at.text if item.module_at is not None else None
        alone = ")" not in item.statement.text and "\n" not in item.statement.text
        if line.startswith("from ") and written == module and item.statement in tops and alone:
            return (item.statement.end, item.statement.end, f", {name}")
    newline = source.newline
    if tops:
        end = _end_of_line(source.text, tops[-1].end)
        return (end, end, f"{newline}{line}")
    for child in source.root.children:
        docstring = child.kind == "expression_statement" and child.children[0].kind == "string"
        if child.kind == "comment":
            continue
        if docstring:
            end = _end_of_line(source.text, child.end)
            return (end, end, f"{newline}{newline}{line}")
        start = child.start
        return (start, start, f"{line}{newline}{newline}")
    return (0, 0, f"{line}{newline}")


_STATEMENTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})


def _end_of_line(text: str, offset: int) -> int:
    ends = [place for mark in "\r\n" if (place := text.find(mark, offset)) >= 0]
    return min(ends, default=len(text))
