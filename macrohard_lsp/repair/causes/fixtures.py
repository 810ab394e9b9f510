"""A fixture that isn't found: one of a like name, or a function that was never made one."""

from collections.abc import Iterator

from macrohard_lsp.repair.causes.importing import insertion
from macrohard_lsp.repair.causes.names import both
from macrohard_lsp.repair.causes.near import listed, nearest
from macrohard_lsp.repair.causes.reading import Cause
from macrohard_lsp.repair.causes.sources import Aimed, Sources
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node
from macrohard_lsp.workspace.outline import Definition

_OF_PYTEST = listed(
    "cache capfd capfdbinary caplog capsys capsysbinary doctest_namespace monkeypatch pytestconfig "
    "record_property record_testsuite_property record_xml_attribute recwarn request subtests testdir "
    "tmp_path tmp_path_factory tmpdir tmpdir_factory pytester"
)


def missing_fixture(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    known = dict(_fixtures(sources, cause.path))
    source = sources.source(cause.path)
    yield from _undecorated(cause, sources)
    for name in nearest(cause.name, (*known, *_OF_PYTEST)):
        if name in known:
            # Where the fixture isn't part of the tests, it can be called what they ask for.
            path, item = known[name]
            yield from _called_as_asked(cause, path, item, sources)
        if source is not None:
            edits = list(_asked_for(source, cause.name, name))
            words = f"ask for the fixture `{name}` instead of `{cause.name}`"
            yield from both(sources, {source.path: edits}, words, source.path, cause.line)


def _fixtures(sources: Sources, path: str) -> Iterator[tuple[str, tuple[str, Definition]]]:
    """The fixtures of the workspace by name; those of conftests that don't reach the file are left out."""
    for other, summary in sources.index.files.items():
        folder, _, name = other.rpartition("/")
        if name == "conftest.py" and folder and not path.startswith(folder + "/"):
            continue
        if summary.is_test_file and other != path:
            continue
        for item in summary.definitions:
            if any(_is_fixture(decorator) for decorator in item.decorators):
                yield item.name, (other, item)


def _is_fixture(decorator: str) -> bool:
    return decorator.partition("(")[0].rpartition(".")[2] in {"fixture", "yield_fixture"}


def _undecorated(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    for path, item in sources.index.definitions.get(cause.name, ()):
        source = sources.source(path)
        near = path == cause.path or path.endswith("conftest.py")
        if source is None or not near or item.decorators or item.qualified_name != item.name:
            continue
        bare = "import pytest" not in source.text and "from pytest import fixture" in source.text
        decorator = "@fixture" if bare else "@pytest.fixture"
        edits = [(item.start, item.start, f"{decorator}{source.newline}")]
        if not bare and "import pytest" not in source.text:
            edits.insert(0, insertion(sources, source, "import pytest"))
        yield from both(sources, {path: edits}, f"make `{item.name}` a fixture", path, item.line)


def _called_as_asked(cause: Cause, path: str, item: Definition, sources: Sources) -> Iterator[Aimed]:
    source = sources.source(path)
    if source is None:
        return
    spans = {
        other.path: list(_asked_for(other, item.name, cause.name))
        for other in sources.mentioning(item.name)
        if other.path != path
    }
    names = (n for n in source.nodes if n.kind == "identifier" and n.text == item.name and n.field == "name")
    spans[path] = [
        (node.start, node.end, cause.name) for node in names if item.start <= node.start < item.end
    ]
    words = f"call the fixture `{item.name}` `{cause.name}`, as it is asked for"
    yield from both(sources, spans, words, path, item.line)


def _asked_for(source: SourceContext, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The parameter `old` of every function that has one, and its uses there."""
    for function in source.nodes:
        row = function.get("parameters") if function.kind == "function_definition" else None
        if row is None or not any(_is_parameter(part, old) for part in row.parts):
            continue
        for node in source.inside(function):
            member = node.parent is not None and node.parent.kind == "attribute" and node.field == "attribute"
            if node.kind == "identifier" and node.text == old and not member:
                yield (node.start, node.end, new)


def _is_parameter(part: Node, name: str) -> bool:
    return part.text == name or (part.kind == "typed_parameter" and part.parts[0].text == name)
