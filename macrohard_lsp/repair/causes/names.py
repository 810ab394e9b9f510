"""A name that is defined nowhere: what was it called before, where could it be imported from, what is it like?"""

import builtins
from collections.abc import Iterator

from macrohard_lsp.repair.causes.importing import import_lines, insertion
from macrohard_lsp.repair.causes.near import nearest
from macrohard_lsp.repair.causes.reading import Cause
from macrohard_lsp.repair.causes.references import rename_in_module
from macrohard_lsp.repair.causes.sources import (
    Aimed,
    Sources,
    Spans,
    is_bound_here,
    is_plain_name,
    without_tests,
)
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

_BUILTINS = tuple(name for name in dir(builtins) if not name.startswith("_"))


def undefined_name(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    source = sources.source(cause.path)
    if source is None:
        return
    uses = [
        node
        for node in source.nodes
        if node.text == cause.name and is_plain_name(node) and not is_bound_here(source, node)
    ]
    here = min(uses, key=lambda node: abs(node.line - cause.line), default=None)
    if here is None:
        return
    yield from _renamed(cause, source, sources)
    for line in import_lines(sources, source, cause.name):
        edit = insertion(sources, source, line)
        yield sources.aimed({source.path: [edit]}, f"add `{line}`", source.path, cause.line)
    yield from _as_attribute(cause, source, here, sources)
    for name in nearest(cause.name, _in_scope(source, here)):
        edits = [(node.start, node.end, name) for node in uses if name in _in_scope(source, node)]
        words = f"use `{name}` instead of `{cause.name}`"
        yield sources.aimed({source.path: edits}, words, source.path, here.line)
    yield from _defined_here(cause, source, sources)
    yield from _through_star(cause, source, sources)


def unbound_local(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """A variable that a function assigns to, but not before: another one was meant, or the module's."""
    source = sources.source(cause.path)
    uses = (
        [node for node in source.nodes if node.text == cause.name and is_plain_name(node)] if source else []
    )
    here = min(uses, key=lambda node: abs(node.line - cause.line), default=None)
    function = source.function_of(here) if source is not None and here is not None else None
    if source is None or here is None or function is None:
        return
    inside = [node for node in uses if function.contains(node)]
    body = function.get("body")
    if cause.name in source.module.variables and body is not None:
        start = body.start
        indent = source.text[source.text.rfind("\n", 0, start) + 1 : start]
        edit = (start, start, f"global {cause.name}{source.newline}{indent}")
        if not indent.strip():
            words = f"let `{cause.name}` be the module's"
            yield sources.aimed({source.path: [edit]}, words, source.path, here.line)
    for name in nearest(cause.name, (*source.names_at(here), *source.module.variables)):
        edits = [(node.start, node.end, name) for node in inside]
        words = f"use `{name}` instead of `{cause.name}`"
        yield sources.aimed({source.path: edits}, words, source.path, here.line)


def _renamed(cause: Cause, source: SourceContext, sources: Sources) -> Iterator[Aimed]:
    """What git says it is called now, everywhere."""
    for item in sources.history.of_definition(cause.name, source.path):
        if item.path != source.path or "." in item.new:
            continue
        spans = rename_in_module(sources, source.path, cause.name, item.new)
        words = f"use `{item.new}`, as `{cause.name}` is called now"
        yield from both(sources, spans, words, source.path, cause.line)


def _defined_here(cause: Cause, source: SourceContext, sources: Sources) -> Iterator[Aimed]:
    """The definition of a like name, called as it is used."""
    for name in nearest(cause.name, (*source.module.functions, *source.module.classes)):
        spans = rename_in_module(sources, source.path, name, cause.name)
        words = f"call `{name}` `{cause.name}`, as it is used"
        yield from both(sources, spans, words, source.path, cause.line)


def _through_star(cause: Cause, source: SourceContext, sources: Sources) -> Iterator[Aimed]:
    """The same in a module of which everything is imported."""
    for item in sources.imports(source):
        path = sources.module_file(source.path, item.module, item.level) if item.name == "*" else None
        for name in nearest(cause.name, sources.top_level(path)) if path is not None else ():
            spans = rename_in_module(sources, path or "", name, cause.name)
            words = f"call `{name}` `{cause.name}`, as it is used"
            yield from both(sources, spans, words, path or "", 1)


def _as_attribute(cause: Cause, source: SourceContext, here: Node, sources: Sources) -> Iterator[Aimed]:
    """`self.x` where `x` stands."""
    mine = source.self_name(here)
    if mine is None:
        return
    known = {*source.attributes.get(mine, {}), *_methods_around(source, here)}
    if cause.name in known:
        words = f"use `{mine}.{cause.name}` instead of `{cause.name}`"
        edit = (here.start, here.end, f"{mine}.{cause.name}")
        yield sources.aimed({source.path: [edit]}, words, source.path, here.line)


def _methods_around(source: SourceContext, node: Node) -> Iterator[str]:
    """The names of the functions that the class around `node` defines."""
    function = source.function_of(node)
    owner = source.class_of(function) if function is not None else None
    if owner is not None:
        for item in source.inside(owner):
            if item.kind == "function_definition" and (name := item.get("name")) is not None:
                yield name.text


def _in_scope(source: SourceContext, node: Node) -> tuple[str, ...]:
    return (*source.names_at(node), *source.callables_at(node), *_BUILTINS)


def both(sources: Sources, spans: Spans, summary: str, path: str, line: int) -> Iterator[Aimed]:
    """A change without what it would touch of tests and, where that isn't all of it, the whole."""
    kept = without_tests(spans)
    own = any(kept.values())
    if own:
        yield _everywhere(sources, kept, summary, path, line)
    if any(edits for name, edits in spans.items() if name not in kept):
        yield _everywhere(sources, spans, f"{summary}, in tests, too" if own else summary, path, line)


def _everywhere(sources: Sources, spans: Spans, summary: str, path: str, line: int) -> Aimed:
    count = sum(1 for edits in spans.values() if edits)
    return sources.aimed(spans, f"{summary} ({count} files)" if count > 1 else summary, path, line)
