"""The class of an object: asked for in another way, the object's or the method's own, the base's behaviour."""

from collections.abc import Iterator

from macrohard_lsp.repair.bindings import parameter_names
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.layout import after, before, indent_of, is_docstring
from macrohard_lsp.repair.operators.placing import COMPARISON, PRIMARY
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_DECORATORS = ("property", "staticmethod", "classmethod")


def _class_of(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`type(x)` and `x.__class__`, `isinstance(x, T)` and `type(x) is T`."""
    if node.kind == "attribute":
        base, attribute = node.parts[0], node.parts[-1]
        if node.role == "load" and attribute.text == "__class__":
            yield replace(source, node, f"type({base.text})", PRIMARY)
        return
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or arguments is None or arguments.kind != "argument_list":
        return
    own = arguments.parts
    if any(part.role != "load" for part in own):
        return
    if function.text == "type" and len(own) == 1:
        base = own[0].text if own[0].kind in {"identifier", "attribute"} else f"({own[0].text})"
        yield replace(source, node, f"{base}.__class__", PRIMARY)
    if function.text == "isinstance" and len(own) == 2:
        operator = "in" if own[1].kind == "tuple" else "is"
        yield replace(source, node, f"type({own[0].text}) {operator} {own[1].text}", COMPARISON, cost=0.2)
        yield replace(source, node, f"issubclass({own[0].text}, {own[1].text})", PRIMARY, cost=0.6)


def _compared_class(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`type(x) is T` as `isinstance(x, T)`."""
    operators = [child.text for child in node.children if child.field == "operators"]
    parts = [part for part in node.parts if part.role == "load"]
    if len(parts) != 2 or operators[0] not in {"is", "==", "in", "is not", "!=", "not in"}:
        return
    left, right = parts
    if left.kind != "call" or left.parts[0].text != "type" or len(left.parts[1].parts) != 1:
        return
    negation = "not " if operators[0] in {"is not", "!=", "not in"} else ""
    text = f"{negation}isinstance({left.parts[1].parts[0].text}, {right.text})"
    yield replace(source, node, text, COMPARISON if negation else PRIMARY)


def _own_class(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A class of this file by its name, and the class of the object at hand, for one another."""
    mine = source.self_name(node)
    function = source.function_of(node)
    if node.role != "load" or mine is None or function is None:
        return
    owner = class_around(node, source)
    name = owner.get("name") if owner is not None else None
    if name is None:
        return
    if node.text == name.text:
        for rank, text in enumerate((f"type({mine})", mine, f"{mine}.__class__")):
            yield replace(source, node, text, PRIMARY, cost=rank_cost(rank))
    elif node.text == mine and node.field == "object":
        if node.parent is not None and node.parent.field == "function":
            yield replace(source, node, "super()", PRIMARY, cost=0.2)
        yield replace(source, node, name.text, PRIMARY, cost=0.6)
        yield replace(source, node, f"type({mine})", PRIMARY, cost=0.8)


def class_around(node: Node, source: SourceContext) -> Node | None:
    """The class whose method `node` is in, however deep."""
    function = source.function_of(node)
    while function is not None:
        owner = source.class_of(function)
        if owner is not None:
            return owner
        function = source.function_of(function)
    return None


def _base_call(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`super().m(…)` with the method's own arguments before or after its body."""
    function = node.parent
    if function is None or function.kind != "function_definition":
        return
    owner, name, parameters = source.class_of(function), function.get("name"), function.get("parameters")
    bases = owner.get("superclasses") if owner is not None else None
    if bases is None or not bases.parts or name is None or parameters is None or "super()" in node.text:
        return
    body = [part for part in node.parts if not is_docstring(part)]
    if not body or indent_of(source, body[0]) is None:
        return
    for extra, arguments in enumerate(dict.fromkeys((", ".join(_passed_on(parameters)), ""))):
        call = f"super().{name.text}({arguments})"
        spans = (before(source, body[0], call), after(source, body[-1], call))
        for rank, (span, where) in enumerate(zip(spans, ("first", "last"), strict=True)):
            if span is not None:
                yield Draft((span,), f"call {show(call)} {where}", 0.3 * rank + 0.4 * extra)


def _passed_on(parameters: Node) -> Iterator[str]:
    """The parameters after the first, as a method passes them on to its base's."""
    by_keyword = False
    for place, parameter in enumerate(parameters.parts):
        bound = parameter.parts[0] if parameter.kind == "typed_parameter" else parameter
        by_keyword = by_keyword or bound.kind in {"keyword_separator", "list_splat_pattern"}
        if not place or bound.kind in {"keyword_separator", "positional_separator"}:
            continue
        if bound.kind in {"list_splat_pattern", "dictionary_splat_pattern"}:
            yield bound.text
        else:
            name = (bound.get("name") or bound).text
            yield f"{name}={name}" if by_keyword else name


def _wrapped(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`functools.wraps` on a function inside another, for what the outer one was given."""
    outer = source.function_of(node)
    parameters = outer.get("parameters") if outer is not None else None
    if parameters is None or (node.parent is not None and node.parent.kind == "decorated_definition"):
        return
    wraps = [name for name in ("wraps", "functools") if name in source.module.imports]
    for name in list(parameter_names(parameters))[:1] if wraps else ():
        decorator = f"@{'functools.wraps' if wraps[0] == 'functools' else 'wraps'}({name})"
        span = before(source, node, decorator)
        if span is not None:
            yield Draft((span,), f"add {show(decorator)}")


def _decorated(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A method as a property, a static or a class method; a decorator taken away."""
    if node.kind == "decorator":
        row = node.parent.parts if node.parent is not None else []
        following = row[row.index(node) + 1] if node in row else None
        if following is not None:
            yield Draft(((node.start, following.start, ""),), f"drop {show(node.text)}", 0.4)
        if node.parts and node.parts[0].text in _DECORATORS:
            others = [name for name in _DECORATORS if name != node.parts[0].text]
            for rank, name in enumerate(others):
                span = (node.parts[0].start, node.parts[0].end, name)
                yield Draft((span,), use(f"@{name}", node.text), 0.3 * rank)
        return
    if source.class_of(node) is None or (
        node.parent is not None and node.parent.kind == "decorated_definition"
    ):
        return
    for rank, name in enumerate(_DECORATORS):
        span = before(source, node, f"@{name}")
        if span is not None:
            yield Draft((span,), f"add {show(f'@{name}')}", 0.3 * rank)


FAMILIES = (
    Family("class-of", 3.9, kinds("call attribute"), _class_of),
    Family("compared-class", 3.6, kinds("comparison_operator"), _compared_class),
    Family("own-class", 4.2, kinds("identifier"), _own_class),
    Family("base-call", 4.6, kinds("block"), _base_call),
    Family("wraps", 4.4, kinds("function_definition"), _wrapped),
    Family("decorated", 4.8, kinds("decorator function_definition"), _decorated),
)
