"""What stands in when something is missing, None or of another kind: keys, attributes, empty collections."""

from collections.abc import Iterator

from macrohard_lsp.repair.ingredients import is_condition
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show
from macrohard_lsp.repair.operators.placing import AND, COMPARISON, CONDITIONAL, NOT, OR, PRIMARY, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMED = kinds("identifier attribute subscript call")
_DEFAULTS = ("''", "[]", "{}", "0", "False", "()")
_TYPES = ("str", "dict", "(list, tuple)", "list", "tuple", "int", "bytes", "type", "(int, float)")
_HEADS = {("call", "function"), ("attribute", "object"), ("subscript", "value")}
_NAMES_TRIED = 2
_BASES_TRIED = 3


def _key(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x[k]` as `x.get(k)` and as `x.get(k, d)`."""
    value, index = node.get("value"), node.get("subscript")
    if node.role != "load" or value is None or index is None or index.kind in {"slice", "integer"}:
        return
    if (
        len([child for child in node.children if child.field == "subscript"]) > 1
        or index.kind == "unary_operator"
    ):
        return
    cost = 0.0 if index.kind == "string" else 0.4
    yield replace(source, node, f"{value.text}.get({index.text})", PRIMARY, cost=cost)
    names = [name for name in source.names_at(node) if name != value.text][:_NAMES_TRIED]
    for rank, default in enumerate((index.text, *_DEFAULTS, *names)):
        text = f"{value.text}.get({index.text}, {default})"
        yield replace(source, node, text, PRIMARY, cost=cost + 0.5 + rank_cost(rank))


def _got(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x.get(k)` as `x[k]` and as `x.get(k, d)`; `x.pop(k)` as `x.pop(k, None)`."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or function.kind != "attribute" or arguments is None:
        return
    if arguments.kind != "argument_list" or not 1 <= len(arguments.parts) <= 2:
        return
    base, name = function.parts[0], function.parts[-1].text
    key = arguments.parts[0]
    if name not in {"get", "pop", "setdefault"} or key.role != "load":
        return
    if name == "get":
        yield replace(source, node, f"{base.text}[{key.text}]", PRIMARY)
    if len(arguments.parts) == 2:
        default = arguments.parts[1]
        if name == "get" and default.role == "load" and level_of(default) > CONDITIONAL:
            yield replace(source, node, f"{base.text}.get({key.text}) or {default.text}", OR, cost=0.4)
        return
    names = [text for text in source.names_at(node) if text not in {base.text, key.text}][:_NAMES_TRIED]
    choices = (("None",) if name == "pop" else ()) + (key.text, *_DEFAULTS, *names)
    for rank, default in enumerate(choices):
        words = f"take {show(default)} where the key is missing"
        yield Draft(((key.end, key.end, f", {default}"),), words, 0.1 + rank_cost(rank))


def _attribute(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x.name` as `getattr(x, "name", None)`."""
    base, attribute = node.get("object"), node.get("attribute")
    if node.role != "load" or node.field == "function" or base is None or attribute is None:
        return
    if node.parent is not None and node.parent.kind in {"decorator", "raise_statement", "except_clause"}:
        return
    for rank, default in enumerate(("None", "()", "False", "''", base.text)):
        text = f"getattr({base.text}, '{attribute.text}', {default})"
        words = f"take {show(default)} where {show(node.text)} is missing"
        yield replace(source, node, text, PRIMARY, summary=words, cost=rank_cost(rank))


def _attribute_default(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`getattr(x, n)` as `getattr(x, n, None)`, `next(x)` as `next(x, None)`."""
    function, arguments = node.get("function"), node.get("arguments")
    expected = {"getattr": 2, "next": 1, "max": 1, "min": 1}
    if function is None or arguments is None or function.text not in expected:
        return
    if arguments.kind == "generator_expression" and function.text != "getattr":
        keyword = "default=" if function.text in {"max", "min"} else ""
        for rank, default in enumerate(("None", "0", "''", "False")):
            text = f"({arguments.text}, {keyword}{default})"
            words = f"let {show(function.text)} fall back to {show(default)}"
            yield Draft(((arguments.start, arguments.end, text),), words, rank_cost(rank))
    if (
        arguments.kind != "argument_list"
        or not arguments.parts
        or expected.get(function.text) != len(arguments.parts)
    ):
        return
    end = arguments.parts[-1].end
    prefix = "default=" if function.text in {"max", "min"} else ""
    if arguments.parts[-1].kind == "generator_expression" or arguments.parts[-1].role != "load":
        return
    for rank, default in enumerate(("None", "''", "0", "()", "False")):
        words = f"let {show(function.text)} fall back to {show(default)}"
        yield Draft(((end, end, f", {prefix}{default}"),), words, rank_cost(rank))


def _iterated(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`for x in y` as `for x in y or ()`; the same in calls that go through their argument."""
    parent = node.parent
    if node.role != "load" or parent is None or not _is_iterated(node, parent):
        return
    base = node.parts[0] if node.kind == "call" and node.parts[0].kind == "attribute" else None
    for rank, default in enumerate(("()", "[]", "{}")):
        yield replace(source, node, f"{node.text} or {default}", OR, cost=0.3 * rank)
    if base is not None and base.parts[-1].text in {"items", "keys", "values"}:
        text = f"({base.parts[0].text} or {{}}).{base.parts[-1].text}()"
        yield replace(source, node, text, PRIMARY, cost=0.2)


def _is_iterated(node: Node, parent: Node) -> bool:
    if parent.kind in {"for_statement", "for_in_clause"}:
        return node.field == "right"
    if parent.kind in {"list_splat", "dictionary_splat"}:
        return True
    if parent.kind != "argument_list" or parent.parent is None:
        return False
    function = parent.parent.get("function")
    return function is not None and function.text in {
        "list",
        "tuple",
        "set",
        "dict",
        "sorted",
        "len",
        "enumerate",
        "sum",
    }


def _guarded_value(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x.y` and `x[0]` only where `x` is there: `x and x.y`, `x.y if x is not None else None`."""
    parent = node.parent
    if node.role != "load" or parent is None or (parent.kind, node.field) in _HEADS:
        return
    if parent.kind in {"expression_statement", "decorator", "raise_statement", "except_clause"}:
        return
    bases = list(dict.fromkeys(_bases(node, source)))[:_BASES_TRIED]
    for rank, base in enumerate(bases):
        cost = rank_cost(rank)
        if is_condition(node):
            yield replace(source, node, f"{base} and {node.text}", AND, cost=cost)
            continue
        yield replace(source, node, f"{node.text} if {base} is not None else None", CONDITIONAL, cost=cost)
        yield replace(source, node, f"{node.text} if {base} else None", CONDITIONAL, cost=cost + 0.2)
        yield replace(source, node, f"{node.text} if {base} else {base}", CONDITIONAL, cost=cost + 0.6)
        yield replace(source, node, f"{base} and {node.text}", AND, cost=cost + 0.5)


def _bases(node: Node, source: SourceContext) -> Iterator[str]:
    """What has to be there for `node` to have a value, the innermost last."""
    mine = source.self_name(node)
    current: Node | None = node
    while current is not None and current.kind in {"attribute", "subscript", "call"}:
        current = current.get("object") or current.get("value") or current.get("function")
        if current is not None and current.kind in {"identifier", "attribute", "subscript"}:
            called = current.field == "function"
            if not called and current.text != mine:
                yield current.text


def _of_kind(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`isinstance(x, T) and …` in front of a condition that looks into `x`."""
    parent = node.parent
    returned = parent is not None and parent.kind == "return_statement" and node.kind == "comparison_operator"
    if (
        node.role != "load"
        or not (is_condition(node) or returned)
        or (parent is not None and parent.kind == "boolean_operator")
    ):
        return
    looked_into = [
        inner.text
        for inner in source.inside(node)
        if inner.role == "load"
        and inner.kind == "identifier"
        and (
            inner.field in {"object", "value"}
            or (inner.parent is not None and inner.parent.kind == "argument_list")
        )
    ]
    own = f"({node.text})" if level_of(node) < AND else node.text
    known = set(source.names_at(node))
    for rank, base in enumerate(
        [name for name in dict.fromkeys(looked_into) if name in known][:_NAMES_TRIED]
    ):
        for place, kind in enumerate((*_own_class(node, source), *_TYPES)):
            check = f"isinstance({base}, {kind})"
            cost = rank_cost(rank) + 0.5 * rank_cost(place)
            words = f"check {show(check)} before the condition"
            yield replace(source, node, f"{check} and {own}", AND, summary=words, cost=cost)
            if node.kind == "not_operator" or place < _BASES_TRIED:
                text = f"not {check} or {own}"
                yield replace(
                    source, node, text, OR, summary=f"let {show(f'not {check}')} pass", cost=cost + 0.5
                )


def _own_class(node: Node, source: SourceContext) -> list[str]:
    function = source.function_of(node)
    owner = source.class_of(function) if function is not None else None
    name = owner.get("name") if owner is not None else None
    return [name.text] if name is not None else []


def _length(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if x` as `if len(x)`, `len(x) > 1`; `len(x)` as `x`."""
    if node.role != "load" or not is_condition(node):
        return
    if node.kind == "call" and node.parts[0].text == "len" and node.parts[1].parts:
        yield replace(source, node, node.parts[1].parts[0].text, level_of(node.parts[1].parts[0]))
        return
    for rank, test in enumerate((f"len({node.text}) > 1", f"len({node.text}) == 1", f"len({node.text})")):
        yield replace(source, node, test, PRIMARY if test[-1] == ")" else COMPARISON, cost=0.3 * rank)


def _condition_of_default(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x if x is not None else d` as `x or d`, and `x if x else d` as `x if x is not None else d`."""
    body, condition, other = node.parts if len(node.parts) == 3 else (None, None, None)
    if body is None or condition is None or other is None:
        return
    if condition.text in {f"{body.text} is not None", f"{body.text} != None"} and level_of(other) >= OR:
        yield replace(source, node, f"{body.text} or {other.text}", OR)
    if level_of(condition) > NOT and condition.kind in _NAMED:
        yield Draft(
            ((condition.end, condition.end, " is not None"),), f"test {show(condition.text)} for None"
        )


FAMILIES = (
    Family("key", 3.9, kinds("subscript"), _key),
    Family("got", 3.6, kinds("call"), _got),
    Family("missing-attribute", 4.0, kinds("attribute"), _attribute),
    Family("fall-back", 4.2, kinds("call"), _attribute_default),
    Family("iterated", 3.9, kinds("identifier attribute subscript call"), _iterated),
    Family("guarded-value", 4.2, kinds("attribute subscript call"), _guarded_value),
    Family(
        "of-kind",
        4.8,
        kinds("call attribute comparison_operator not_operator subscript identifier"),
        _of_kind,
    ),
    Family("length", 4.6, kinds("identifier attribute subscript call"), _length),
    Family("conditional-default", 3.6, kinds("conditional_expression"), _condition_of_default),
)
