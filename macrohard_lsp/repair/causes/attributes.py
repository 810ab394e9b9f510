"""An attribute that an object hasn't, or a key that a dictionary hasn't: what is like it, and who else says it."""

import builtins
from collections.abc import Iterator

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.repair.causes.names import both
from macrohard_lsp.repair.causes.near import nearest, only_near
from macrohard_lsp.repair.causes.reading import Cause
from macrohard_lsp.repair.causes.references import rename_attribute
from macrohard_lsp.repair.causes.sources import Aimed, Sources, Spans, nodes_on
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node
from macrohard_lsp.workspace.outline import DefinitionKind

MOST_BASES = 20


def missing_attribute(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`'C' object has no attribute`, and `type object 'C' has no attribute`."""
    source = sources.source(cause.path)
    if source is None or cause.owner == "NoneType":
        return
    members = members_of(sources, cause.owner)
    left_behind = not _is_known(sources, cause.name)
    new_names = [
        item.new.rpartition(".")[2]
        for item in sources.history.of_definition(cause.name)
        if item.old.rpartition(".")[0].rpartition(".")[2] == cause.owner
    ]
    from_test = is_test_path(cause.path)
    others = members or (*source.methods, *source.members)
    only = only_near(cause.name, others)
    for name in dict.fromkeys((*new_names, *nearest(cause.name, others))):
        if from_test:
            yield from _called_as_asked(cause, name, sources)
        words = f"use `.{name}` instead of `.{cause.name}`"
        spans: Spans = _on_line(source, cause, name)
        if left_behind and (name in new_names or name == only):
            spans = rename_attribute(sources, cause.name, name)
        yield from both(sources, spans, words, cause.path, cause.line)
        if not from_test:
            yield from _called_as_asked(cause, name, sources)


def members_of(sources: Sources, name: str) -> tuple[str, ...]:
    """What a class of the workspace, or a builtin one, has: methods, class variables, what is set on `self`."""
    if not any(item.kind is DefinitionKind.CLASS for _, item in sources.index.definitions.get(name, ())):
        known = getattr(builtins, name, None)
        return tuple(n for n in dir(known) if not n.startswith("__")) if isinstance(known, type) else ()
    found: dict[str, None] = {}
    pending, done = [name], set[str]()
    while pending and len(done) < MOST_BASES:
        current = pending.pop()
        if current in done:
            continue
        done.add(current)
        for path, item in sources.index.definitions.get(current, ()):
            if item.kind is DefinitionKind.CLASS and (source := sources.source(path)) is not None:
                found.update(dict.fromkeys(_members_in(source, current)))
                pending.extend(base.rpartition(".")[2] for base in item.bases)
    return tuple(found)


def _members_in(source: SourceContext, name: str) -> Iterator[str]:
    owner = next((node for node in source.nodes if _is_class(node, name)), None)
    for node in source.inside(owner) if owner is not None else ():
        if node.kind == "function_definition" and source.class_of(node) is owner:
            called = node.get("name")
            if called is not None and not called.text.startswith("__"):
                yield called.text
        elif node.kind == "attribute" and node.role == "store":
            base, attribute = node.get("object"), node.get("attribute")
            if base is not None and attribute is not None and base.text == source.self_name(node):
                yield attribute.text
        elif node.kind == "assignment" and source.function_of(node) is None:
            target = node.get("left")
            if target is not None and target.kind == "identifier":
                yield target.text


def _is_class(node: Node, name: str) -> bool:
    called = node.get("name") if node.kind == "class_definition" else None
    return called is not None and called.text == name


def _is_known(sources: Sources, name: str) -> bool:
    """Whether anything in the workspace could be an attribute of that name."""
    if name in sources.index.definitions:
        return True
    return any(
        node.text == name
        and node.parent is not None
        and (
            (node.field == "attribute" and node.parent.role == "store")
            or (node.field == "left" and node.parent.kind == "assignment")
        )
        for source in sources.mentioning(name)
        for node in source.nodes
        if node.kind == "identifier"
    )


def _on_line(source: SourceContext, cause: Cause, name: str) -> Spans:
    attributes = (node.get("attribute") for node in nodes_on(source, cause.line, "attribute"))
    edits = [(at.start, at.end, name) for at in attributes if at is not None and at.text == cause.name]
    return {source.path: edits}


def _called_as_asked(cause: Cause, name: str, sources: Sources) -> Iterator[Aimed]:
    """The attribute `name` of the class, called what was sought, wherever it is used."""
    places = [
        (path, item)
        for path, item in sources.index.definitions.get(name, ())
        if item.qualified_name.split(".")[-2:] == [cause.owner, name]
    ]
    if len(sources.index.definitions.get(name, ())) > len(places) or name not in members_of(
        sources, cause.owner
    ):
        return
    spans = rename_attribute(sources, name, cause.name, cause.owner)
    words = f"call `{cause.owner}.{name}` `{cause.name}`, as it is asked for"
    path, line = (places[0][0], places[0][1].line) if places else (cause.path, cause.line)
    yield from both(sources, spans, words, path, line)


def missing_key(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`KeyError: 'x'`: a key that is spelt otherwise where the dictionary is made."""
    source = sources.source(cause.path)
    if source is None:
        return
    sought = [node for node in nodes_on(source, cause.line, "string_content") if node.text == cause.name]
    for name in nearest(cause.name, _keys(sources, cause)):
        words = f"use the key `{name}` instead of `{cause.name}`"
        edits = [(node.start, node.end, name) for node in sought]
        if not is_test_path(cause.path):
            yield from both(sources, {source.path: edits}, words, source.path, cause.line)
        made = _places_of_key(sources, name)
        spans = {path: [(n.start, n.end, cause.name) for n in nodes] for path, nodes in made.items()}
        called = f"call the key `{name}` `{cause.name}`, as it is asked for"
        if spans:
            path = next(iter(spans))
            yield from both(sources, spans, called, path, made[path][0].line)
        if is_test_path(cause.path):
            yield from both(sources, {source.path: edits}, words, source.path, cause.line)


def _keys(sources: Sources, cause: Cause) -> Iterator[str]:
    """Strings that are keys in the file, in those that it imports and in those that import it, in this order."""
    index, none = sources.index, frozenset[str]()
    near = index.imports.get(cause.path, none) | index.importers.get(cause.path, none)
    for path in (cause.path, *sorted(near)):
        source = sources.source(path)
        yield from (node.text for node in _key_nodes(source)) if source is not None else ()


def _places_of_key(sources: Sources, name: str) -> dict[str, list[Node]]:
    found = {
        source.path: [n for n in _key_nodes(source) if n.text == name] for source in sources.mentioning(name)
    }
    return {path: nodes for path, nodes in found.items() if nodes}


def _key_nodes(source: SourceContext) -> Iterator[Node]:
    for node in source.nodes:
        if node.kind != "string_content" or node.parent is None or node.parent.parent is None:
            continue
        string, holder = node.parent, node.parent.parent
        if (holder.kind == "pair" and string.field == "key") or (
            holder.kind == "subscript" and string.field == "subscript"
        ):
            yield node
