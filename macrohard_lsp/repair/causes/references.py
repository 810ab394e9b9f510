"""Every place of the workspace that refers to a name, followed through imports, module attributes and strings."""

import re
from collections.abc import Callable, Iterator

from macrohard_lsp.repair.causes.sources import (
    ImportedName,
    Sources,
    Spans,
    is_bound_here,
    is_plain_name,
)
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

Found = dict[str, list[tuple[int, int, str]]]


def rename_in_module(sources: Sources, path: str, old: str, new: str) -> Spans:
    """Edits of everything that means the module-level name `old` of the file `path`: its definition there, if it has
    one, its uses, who imports it from there, and who from those; strings that hold its dotted name; `__all__`.
    """
    found: Found = {}
    pending, done = [path], set[str]()
    while pending:
        place = pending.pop()
        if place in done:
            continue
        done.add(place)
        source = sources.source(place)
        if source is not None and place == path:
            found.setdefault(place, []).extend(_inside(source, old, new))
        for other in sources.mentioning(old):
            edits, passes_on = _outside(sources, other, place, old, new)
            found.setdefault(other.path, []).extend(edits)
            if passes_on:
                pending.append(other.path)
    return found


def _inside(source: SourceContext, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    """The definition itself, the uses, and the string in `__all__`."""
    for node in source.nodes:
        if node.text == old and (_names_definition(source, node) or _is_use(source, node)):
            yield (node.start, node.end, new)
    yield from _exported(source, old, new)


def _names_definition(source: SourceContext, node: Node) -> bool:
    parent = node.parent
    return (
        node.kind == "identifier"
        and parent is not None
        and parent.kind in {"function_definition", "class_definition"}
        and node.field == "name"
        and source.function_of(parent) is None
        and source.class_of(parent) is None
    )


def _is_use(source: SourceContext, node: Node) -> bool:
    return is_plain_name(node) and not is_bound_here(source, node)


def _exported(source: SourceContext, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    for node in source.nodes:
        if node.kind != "string_content" or node.text != old:
            continue
        statement = source.statement_of(node)
        if re.match(r"__all__\b", statement.text):
            yield (node.start, node.end, new)


def _outside(
    sources: Sources, source: SourceContext, path: str, old: str, new: str
) -> tuple[list[tuple[int, int, str]], bool]:
    """The edits in one other file, and whether others can import the name from there."""
    edits: list[tuple[int, int, str]] = list(_strings(sources, source, path, old, new))
    passes_on = False
    for item in sources.imports(source):
        if item.name not in (old, "*") or sources.module_file(source.path, item.module, item.level) != path:
            continue
        if item.name == old:
            edits.append((item.at.start, item.at.end, new))
        if item.alias is None and (item.name == old or old not in sources.top_level(source.path)):
            edits.extend(_inside(source, old, new))
            passes_on = True
    for bound in module_names_bound(sources, source, path):
        edits.extend(_attributes(source, bound, old, new))
    return edits, passes_on and source.path != path


def module_names_bound(sources: Sources, source: SourceContext, path: str) -> Iterator[str]:
    """The names, dotted for `import a.b`, by which a file knows the module in the file `path`."""
    for item in sources.imports(source):
        if item.name is None:
            if sources.module_file(source.path, item.module) == path:
                yield item.bound
        elif _submodule(sources, source, item) == path:
            yield item.bound


def _submodule(sources: Sources, source: SourceContext, item: ImportedName) -> str | None:
    """The file of `name` in `from module import name`, where that is a module."""
    if item.name is None or item.name == "*":
        return None
    module = f"{item.module}.{item.name}" if item.module else item.name
    return sources.module_file(source.path, module, item.level)


def _attributes(source: SourceContext, bound: str, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    for node in source.nodes:
        base, attribute = (
            (node.get("object"), node.get("attribute")) if node.kind == "attribute" else (None, None)
        )
        if base is not None and attribute is not None and attribute.text == old and base.text == bound:
            yield (attribute.start, attribute.end, new)


def _strings(
    sources: Sources, source: SourceContext, path: str, old: str, new: str
) -> Iterator[tuple[int, int, str]]:
    """Strings that are the name's dotted name, as `mock.patch` and entry points have them."""
    for name in sources.names_of_module(path):
        yield from dotted_strings(source, f"{name}.{old}", f"{name}.{new}")
        yield from dotted_strings(source, f"{name}:{old}", f"{name}:{new}")


def dotted_strings(source: SourceContext, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    shape = re.compile(rf"(?:[\w-]+\s*=\s*)?({re.escape(old)})(?:[.:][\w.:]+)?(?:\s*\[.*\])?")
    for node in source.nodes:
        if node.kind == "string_content" and (match := shape.fullmatch(node.text)):
            yield (node.start + match.start(1), node.start + match.end(1), new)


def rename_attribute(sources: Sources, old: str, new: str, definition_in: str = "") -> Spans:
    """Edits of every `.old` that isn't a module's, and of the methods and class variables of that name; of those only
    in the class `definition_in`, where one is named.
    """
    found: Found = {}
    for source in sources.mentioning(old):
        modules = {item.bound for item in sources.imports(source) if item.name is None}
        edits: list[tuple[int, int, str]] = []
        for node in source.nodes:
            if node.text != old or node.kind != "identifier" or node.parent is None:
                continue
            parent = node.parent
            if parent.kind == "attribute" and node.field == "attribute":
                base = parent.get("object")
                if base is None or base.text not in modules:
                    edits.append((node.start, node.end, new))
            elif definition_in and _in_class_body(source, node) == definition_in:
                edits.append((node.start, node.end, new))
        found[source.path] = edits
    return found


def _in_class_body(source: SourceContext, node: Node) -> str | None:
    """The class of which `node` names a method or a variable."""
    parent = node.parent
    if parent is None:
        return None
    if parent.kind == "function_definition" and node.field == "name":
        owner = source.class_of(parent)
    elif node.field == "left" and parent.kind == "assignment":
        statement = parent.parent
        block = statement.parent if statement is not None else None
        owner = block.parent if block is not None else None
        owner = owner if owner is not None and owner.kind == "class_definition" else None
    else:
        return None
    name = owner.get("name") if owner is not None else None
    return name.text if name is not None else None


def edit_keywords(
    sources: Sources, called: str, edit: Callable[[Node], tuple[int, int, str] | None]
) -> Spans:
    """What `edit` makes of the keyword arguments of calls of something of the bare name `called`."""
    found: Found = {}
    for source in sources.mentioning(called):
        for node in source.nodes:
            if node.kind == "keyword_argument" and called_name(node) == called:
                made = edit(node)
                if made is not None:
                    found.setdefault(source.path, []).append(made)
    return found


def called_name(node: Node) -> str | None:
    """The last part of the name that is called with this argument."""
    row = node.parent
    call = row.parent if row is not None and row.kind == "argument_list" else None
    function = call.get("function") if call is not None else None
    if function is None:
        return None
    attribute = function.get("attribute") if function.kind == "attribute" else function
    return attribute.text if attribute is not None else None


def rename_module(sources: Sources, old: str, new: str) -> Spans:
    """Edits of every import, use and string of the module with the dotted name `old`, which is called `new` now."""
    found: Found = {}
    for source in sources.mentioning(old.rpartition(".")[2]):
        found[source.path] = [
            *_module_imports(sources, source, old, new),
            *dotted_strings(source, old, new),
        ]
    return found


def _module_imports(
    sources: Sources, source: SourceContext, old: str, new: str
) -> Iterator[tuple[int, int, str]]:
    package, _, last = old.rpartition(".")
    new_package, _, new_last = new.rpartition(".")
    for item in sources.imports(source):
        module = sources.absolute(source.path, item.module, item.level)
        if item.name is None:
            if item.module == old or item.module.startswith(old + "."):
                yield (item.at.start, item.at.start + len(old), new)
                if item.alias is None:
                    yield from _dotted_uses(source, old, new)
        elif item.module_at is not None and (module == old or module.startswith(old + ".")):
            yield _from(item, item.module_at, old, new, module)
        elif item.name == last and module == package and package == new_package:
            yield (item.at.start, item.at.end, new_last)
            if item.alias is None:
                yield from _plain_uses(source, last, new_last)
        elif item.name == last and module == package and item.is_alone and item.module_at is not None:
            yield (item.module_at.start, item.module_at.end, new_package)
            yield (item.at.start, item.at.end, new_last)


def _from(item: ImportedName, module_at: Node, old: str, new: str, module: str) -> tuple[int, int, str]:
    """A relative import stays one where only the last part of the name has changed."""
    rest = module[len(old) :]
    package, new_package = old.rpartition(".")[0], new.rpartition(".")[0]
    if not item.level or package != new_package:
        return (module_at.start, module_at.end, new + rest)
    written = module_at.text
    last, new_last = old.rpartition(".")[2], new.rpartition(".")[2]
    kept = written[: len(written) - len(last + rest)]
    return (module_at.start, module_at.end, kept + new_last + rest)


def _dotted_uses(source: SourceContext, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    if "." not in old:
        yield from _plain_uses(source, old, new)
        return
    for node in source.nodes:
        if node.kind == "attribute" and node.text == old:
            yield (node.start, node.end, new)


def _plain_uses(source: SourceContext, old: str, new: str) -> Iterator[tuple[int, int, str]]:
    for node in source.nodes:
        if node.text == old and is_plain_name(node) and not is_bound_here(source, node):
            yield (node.start, node.end, new)
