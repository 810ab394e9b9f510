"""A call that doesn't fit what is called: a keyword, the number of arguments, a missing `self` or `await`."""

from collections.abc import Iterator

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.repair.causes.names import both
from macrohard_lsp.repair.causes.near import nearest
from macrohard_lsp.repair.causes.reading import Cause
from macrohard_lsp.repair.causes.references import edit_keywords
from macrohard_lsp.repair.causes.sources import Aimed, Sources, Spans, nodes_on
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node
from macrohard_lsp.workspace.outline import Definition, DefinitionKind, ParameterKind

_SPLATS = (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)
Place = tuple[str, Definition]


def unexpected_keyword(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`f() got an unexpected keyword argument`."""
    places = _definitions(cause, sources)
    called = _bare(cause.owner)
    for path, item in places:
        known = [p.name for p in item.parameters if p.kind not in _SPLATS and p.name not in ("self", "cls")]
        was = [
            old.renamed[cause.name]
            for old in sources.history.parameters
            if (old.path, old.name) == (path, item.qualified_name) and cause.name in old.renamed
        ]
        names = dict.fromkeys((*was, *nearest(cause.name, known), *(known if len(known) == 1 else ())))
        from_test = is_test_path(cause.path)
        for name in names:
            if from_test:
                yield from _parameter_as_asked(cause, path, item, name, sources)
            spans = edit_keywords(sources, called, lambda node, new=name: _rename(node, cause.name, new))
            words = f"pass `{name}` instead of `{cause.name}` to `{called}`"
            yield from both(sources, spans, words, cause.path, cause.line)
            if not from_test:
                yield from _parameter_as_asked(cause, path, item, name, sources)
    spans = edit_keywords(sources, called, lambda node: _remove(node, cause.name))
    yield from both(sources, spans, f"don't pass `{cause.name}` to `{called}`", cause.path, cause.line)


def missing_arguments(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`f() missing 1 required positional argument`: something of that name may be at hand."""
    source, called = sources.source(cause.path), _bare(cause.owner)
    places = _definitions(cause, sources)
    if source is not None:
        for call in _calls(source, cause.line, called):
            yield from _pass_along(cause, source, call, sources)
    for path, item in places:
        yield from _without_required(cause, path, item, sources)


def too_many_arguments(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`f() takes 1 positional argument but 2 were given`: `self` is missing, or one argument too many is passed."""
    for path, item in _definitions(cause, sources):
        owned = item.kind is DefinitionKind.METHOD and "staticmethod" not in item.decorators
        if owned and not (item.parameters and item.parameters[0].name in ("self", "cls")):
            yield from _with_self(path, item, sources)
    if "takes no arguments" in cause.message:
        yield from _constructor(cause, sources)
    source, called = sources.source(cause.path), _bare(cause.owner)
    for call in _calls(source, cause.line, called) if source is not None else ():
        row = call.get("arguments")
        for part in reversed(row.parts if row is not None else []):
            edit = without(part)
            if source is not None and edit is not None and part.kind != "keyword_argument":
                words = f"don't pass `{part.text}` to `{called}`"
                yield sources.aimed({source.path: [edit]}, words, source.path, call.line)


def not_awaited(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """A coroutine where its result was meant: `await` it, if the function around may."""
    source = sources.source(cause.path)
    if source is None:
        return
    coroutines = {
        item.name for summary in sources.index.files.values() for item in summary.definitions if item.is_async
    }
    calls = [n for n in source.nodes if n.kind == "call" and function_name(n) in coroutines]
    near = [n for n in calls if source.scope_of(n) in _scopes_on(source, cause.line)]
    for call in sorted(near, key=lambda node: abs(node.line - cause.line)):
        function = source.function_of(call)
        waits = call.parent is not None and call.parent.kind == "await"
        if waits or function is None or not any(child.kind == "async" for child in function.children):
            continue
        bare = call.parent is not None and call.parent.kind in {
            "assignment",
            "expression_statement",
            "return_statement",
        }
        new = f"await {call.text}" if bare else f"(await {call.text})"
        words = f"await `{function_name(call)}`"
        yield sources.aimed({source.path: [(call.start, call.end, new)]}, words, source.path, call.line)


def not_awaitable(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`await` of something that is no coroutine."""
    source = sources.source(cause.path)
    for node in nodes_on(source, cause.line, "await") if source is not None else ():
        inner = node.parts[0] if node.parts else None
        if source is not None and inner is not None:
            edit = (node.start, inner.start, "")
            words = f"don't await `{inner.text}`"
            yield sources.aimed({source.path: [edit]}, words, source.path, node.line)


def _definitions(cause: Cause, sources: Sources) -> list[Place]:
    """What the message names: by its qualified name where it has one, else by the last part of it."""
    last = cause.owner.rpartition(".")[2]
    found = [
        place
        for place in sources.index.definitions.get(last, ())
        if place[1].kind is not DefinitionKind.CLASS
    ]
    exact = [place for place in found if place[1].qualified_name == cause.owner]
    return exact or found


def _bare(owner: str) -> str:
    """The name by which it is called: a class's for its constructor."""
    *before, last = owner.split(".")
    return before[-1] if last in ("__init__", "__new__") and before else last


def _calls(source: SourceContext, line: int, called: str) -> list[Node]:
    return [node for node in nodes_on(source, line, "call") if function_name(node) == called]


def function_name(call: Node) -> str | None:
    function = call.get("function")
    if function is None:
        return None
    attribute = function.get("attribute") if function.kind == "attribute" else function
    return attribute.text if attribute is not None else None


def _scopes_on(source: SourceContext, line: int) -> list[Node]:
    return [source.scope_of(node) for node in source.nodes if node.line == line and node.named]


def _rename(node: Node, old: str, new: str) -> tuple[int, int, str] | None:
    name = node.get("name")
    return (name.start, name.end, new) if name is not None and name.text == old else None


def _remove(node: Node, old: str) -> tuple[int, int, str] | None:
    name = node.get("name")
    return without(node) if name is not None and name.text == old else None


def without(argument: Node) -> tuple[int, int, str] | None:
    """The edit that takes an argument out of its call, with one comma."""
    row = argument.parent
    if row is None or row.kind != "argument_list":
        return None
    place = row.children.index(argument)
    before, after = row.children[place - 1], row.children[place + 1]
    if before.kind == ",":
        return (before.start, argument.end, "")
    if after.kind == ",":
        follower = row.children[place + 2]
        return (argument.start, follower.start, "")
    return (argument.start, argument.end, "")


def _parameter_as_asked(
    cause: Cause, path: str, item: Definition, name: str, sources: Sources
) -> Iterator[Aimed]:
    """The parameter `name`, called what was passed: in the function, and where it is passed by its name."""
    source = sources.source(path)
    function = _function_node(source, item) if source is not None else None
    if source is None or function is None:
        return
    called = _bare(cause.owner)
    spans: dict[str, list[tuple[int, int, str]]] = {
        other: list(edits)
        for other, edits in edit_keywords(
            sources, called, lambda node: _rename(node, name, cause.name)
        ).items()
    }
    inside = [
        (node.start, node.end, cause.name)
        for node in source.inside(function)
        if node.kind == "identifier" and node.text == name and not _is_member(node)
    ]
    spans.setdefault(path, []).extend(inside)
    words = f"call the parameter `{name}` of `{called}` `{cause.name}`, as it is passed"
    yield from both(sources, spans, words, path, item.line)


def _is_member(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    return (parent.kind == "attribute" and node.field == "attribute") or (
        parent.kind == "keyword_argument" and node.field == "name"
    )


def _function_node(source: SourceContext, item: Definition) -> Node | None:
    for node in source.nodes:
        if node.kind == "function_definition" and item.start <= node.start < item.end:
            name = node.get("name")
            if name is not None and name.text == item.name:
                return node
    return None


def _pass_along(cause: Cause, source: SourceContext, call: Node, sources: Sources) -> Iterator[Aimed]:
    row = call.get("arguments")
    if row is None or row.kind != "argument_list":
        return
    at_hand = set(source.names_at(call))
    mine = source.self_name(call)
    members = set(source.attributes.get(mine, {})) if mine is not None else set[str]()
    values: list[str] = []
    for name in cause.names:
        value = name if name in at_hand else f"{mine}.{name}" if name in members else None
        if value is None:
            return
        values.append(f"{name}={value}")
    last = row.parts[-1] if row.parts else None
    place = last.end if last is not None else row.start + 1
    text = (", " if last is not None else "") + ", ".join(values)
    words = f"pass `{', '.join(values)}` to `{_bare(cause.owner)}`"
    yield sources.aimed({source.path: [(place, place, text)]}, words, source.path, call.line)


def _without_required(cause: Cause, path: str, item: Definition, sources: Sources) -> Iterator[Aimed]:
    """Parameters that came to a function lately and that its callers know nothing of get a default."""
    new = {
        name
        for old in sources.history.parameters
        if (old.path, old.name) == (path, item.qualified_name)
        for name in old.added
    }
    source = sources.source(path)
    function = _function_node(source, item) if source is not None else None
    parameters = function.get("parameters") if function is not None else None
    if source is None or parameters is None or not new.issuperset(cause.names) or not cause.names:
        return
    edits: list[tuple[int, int, str]] = []
    for part in parameters.parts:
        typed = part.kind == "typed_parameter"
        name = part.parts[0].text if typed else part.text
        if name in cause.names:
            edits.append((part.end, part.end, " = None" if typed else "=None"))
    words = f"give the new parameter `{', '.join(cause.names)}` of `{item.name}` the default None"
    yield from both(sources, {path: edits}, words, path, item.line)


def _with_self(path: str, item: Definition, sources: Sources) -> Iterator[Aimed]:
    source = sources.source(path)
    function = _function_node(source, item) if source is not None else None
    row = function.get("parameters") if function is not None else None
    if source is None or function is None or row is None:
        return
    first = "cls" if "classmethod" in item.decorators else "self"
    edit = (row.start + 1, row.start + 1, f"{first}, " if row.parts else first)
    with_first = sources.aimed({path: [edit]}, f"give `{item.name}` the parameter `{first}`", path, item.line)
    start = source.text.rfind("\n", 0, function.start) + 1
    indent = source.text[start : function.start]
    decorate = (function.start, function.start, f"@staticmethod{source.newline}{indent}")
    static = sources.aimed({path: [decorate]}, f"make `{item.name}` a static method", path, item.line)
    uses = any(node.kind == "identifier" and node.text == first for node in source.inside(function))
    yield from (with_first, static) if uses or not row.parts else (static, with_first)


def _constructor(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """A method that was meant to be `__init__`."""
    for path, item in sources.index.definitions.get(cause.owner, ()):
        source = sources.source(path)
        owner = item.qualified_name
        if item.kind is not DefinitionKind.CLASS or source is None:
            continue
        methods = [
            d for d in sources.index.files[path].definitions if d.qualified_name == f"{owner}.{d.name}"
        ]
        for name in nearest("__init__", (method.name for method in methods)):
            method = next(method for method in methods if method.name == name)
            node = _function_node(source, method)
            called = node.get("name") if node is not None else None
            if called is not None:
                edits: Spans = {path: [(called.start, called.end, "__init__")]}
                yield from both(sources, edits, f"call `{name}` `__init__`", path, method.line)
