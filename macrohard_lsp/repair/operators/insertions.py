"""One missing statement in a function: a check that raises or leaves, a parameter stored or brought into shape."""

from collections.abc import Iterator

from macrohard_lsp.repair.bindings import parameter_names
from macrohard_lsp.repair.operators.exceptions import exceptions_of
from macrohard_lsp.repair.operators.family import Draft, Family, Span, rank_cost, show
from macrohard_lsp.repair.operators.guards import returned_constants
from macrohard_lsp.repair.operators.layout import (
    JUMPS,
    SIMPLE,
    after,
    before,
    indent_of,
    inner_indent,
    is_docstring,
    owns_lines,
    siblings,
)
from macrohard_lsp.repair.operators.statements import head, in_loop
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_PARAMETERS_TRIED = 3
_BASES_TRIED = 2
_ATTRIBUTES_TRIED = 6
_EXCEPTIONS_TRIED = 3
_CHECKS = (("not {}", 0.0), ("{} is None", 0.3), ("{} < 0", 0.9))
_SHAPES = (
    "list({})",
    "str({})",
    "tuple({})",
    "{}.strip()",
    "{}.lower()",
    "int({})",
    "{}.copy()",
    "dict({})",
    "sorted({})",
    "set({})",
    "abs({})",
)
_DEFAULTS = ("[]", "{}", "()", "''", "0")
_RESETS = ("None", "[]", "0", "False", "True", "{}")
_RESULTS = ("None", "False", "[]", "''", "True")


def _parameters(function: Node, source: SourceContext, first: Node) -> list[str]:
    """The names of the parameters but the object's, those used least first."""
    parameters = function.get("parameters")
    names = list(parameter_names(parameters)) if parameters is not None else []
    known = source.bindings(function)
    names = [name for name in names if name != source.self_name(first)]
    return sorted(names, key=lambda name: len(known[name]) > 2)


def _body(block: Node) -> tuple[Node, list[Node]] | None:
    """The function whose body `block` is, and the statements of the body."""
    function = block.parent
    body = [part for part in block.parts if not is_docstring(part)]
    return (
        (function, body) if function is not None and function.kind == "function_definition" and body else None
    )


def _at_ends(source: SourceContext, body: list[Node], text: str, cost: float) -> Iterator[Draft]:
    """`text` as the first statement, and as the last where that can be reached."""
    spans: list[Span | None] = [before(source, body[0], text)]
    if body[-1].kind in JUMPS:
        spans.append(before(source, body[-1], text) if len(body) > 1 else None)
    else:
        spans.append(after(source, body[-1], text))
    for place, span in enumerate(spans):
        if span is not None:
            yield Draft((span,), f"add {show(text)}", cost + 0.2 * place)


def _stored(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`self.x = x`, `self.x[k] = v`: what a method was given and does nothing with."""
    found = _body(node)
    mine = source.self_name(node.parts[0]) if found is not None and node.parts else None
    if found is None or mine is None:
        return
    function, body = found
    known = source.attributes.get(mine, {})
    names = _parameters(function, source, body[0])
    for rank, name in enumerate(names[:_PARAMETERS_TRIED]):
        unused = len(source.bindings(function)[name]) <= 2
        text = f"{mine}.{name} = {name}"
        if (name in known or unused) and text not in node.text:
            cost = rank_cost(rank) + (0.0 if unused else 1.2) + (0.0 if name in known else 0.6)
            yield from _at_ends(source, body, text, cost)
    if len(names) > 1:
        for rank, attribute in enumerate(_kept_by_key(mine, source)):
            for key, value in ((names[0], names[1]), (names[1], names[0])):
                yield from _at_ends(
                    source, body, f"{mine}.{attribute}[{key}] = {value}", 0.8 + rank_cost(rank)
                )


def _kept_by_key(mine: str, source: SourceContext) -> list[str]:
    """Attributes of the object that are taken apart by a key somewhere in the file."""
    found = (
        node.parts[0].parts[-1].text
        for node in source.nodes
        if node.kind == "subscript"
        and node.parts[0].kind == "attribute"
        and node.parts[0].parts[0].text == mine
    )
    return list(dict.fromkeys(found))[:_PARAMETERS_TRIED]


def _reset(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`self.x = None`, `self.m()`: what other methods of the object assign and call."""
    found = _body(node)
    mine = source.self_name(node.parts[0]) if found is not None and node.parts else None
    if found is None or mine is None:
        return
    _, body = found
    known = source.attributes.get(mine, {})
    near = sorted(known, key=lambda name: min(abs(place - node.order) for place in known[name]))
    plain = [name for name in near if name not in source.methods][:_ATTRIBUTES_TRIED]
    for rank, name in enumerate(plain):
        for place, value in enumerate(_RESETS):
            yield from _at_ends(
                source, body, f"{mine}.{name} = {value}", rank_cost(rank) + 0.5 * rank_cost(place)
            )
    for rank, name in enumerate([name for name in near if name in source.methods][:_PARAMETERS_TRIED]):
        yield from _at_ends(source, body, f"{mine}.{name}()", rank_cost(rank))


def _shaped(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A parameter brought into shape before anything is done with it: `x = list(x)`, `x = x or []`."""
    found = _body(node)
    if found is None:
        return
    function, body = found
    for rank, name in enumerate(_parameters(function, source, body[0])[:_PARAMETERS_TRIED]):
        texts = [shape.format(name) for shape in _SHAPES] + [f"{name} or {default}" for default in _DEFAULTS]
        for place, text in enumerate(texts):
            span = before(source, body[0], f"{name} = {text}")
            if span is not None:
                yield Draft(
                    (span,), f"add {show(f'{name} = {text}')}", rank_cost(rank) + 0.5 * rank_cost(place)
                )


def _checked(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if not x: raise …` as the first statement, with what the file raises anyway."""
    found = _body(node)
    if found is None:
        return
    function, body = found
    kinds_raised = list(dict.fromkeys([*exceptions_of(source), "ValueError", "TypeError"]))[
        :_EXCEPTIONS_TRIED
    ]
    for rank, name in enumerate(_parameters(function, source, body[0])[:_PARAMETERS_TRIED]):
        for check, cost in _CHECKS:
            for place, kind in enumerate(kinds_raised):
                test, extra = check.format(name), cost + rank_cost(rank) + rank_cost(place)
                yield from _guarded(source, body[0], test, f"raise {kind}({name})", extra)


def _left_early(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if x is None: return …` before a statement that looks into `x`."""
    function = source.function_of(node)
    if function is None or node not in siblings(node):
        return
    known = set(source.names_at(node))
    bases = [
        inner.text
        for inner in source.inside(node)
        if inner.role == "load" and inner.kind == "identifier" and inner.field in {"object", "value"}
    ]
    jumps = ["continue"] if in_loop(node) else []
    results = list(dict.fromkeys([*returned_constants(function, source), *_RESULTS]))
    jumps += [f"return {value}" for value in results[: 3 if jumps else 5]]
    names = [name for name in dict.fromkeys(bases) if name in known]
    for rank, name in enumerate(names[:_BASES_TRIED]):
        for place, jump in enumerate([*jumps, f"return {name}"]):
            for check, cost in _CHECKS[:2]:
                extra = cost + rank_cost(rank) + rank_cost(place)
                yield from _guarded(source, node, check.format(name), jump, extra)


def _other_kind(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`if not isinstance(other, …): return NotImplemented` at the start of a method, with its own class."""
    found = _body(node)
    owner = source.class_of(found[0]) if found is not None else None
    name = owner.get("name") if owner is not None else None
    if found is None or name is None:
        return
    function, body = found
    for rank, parameter in enumerate(_parameters(function, source, body[0])[:_BASES_TRIED]):
        test = f"not isinstance({parameter}, {name.text})"
        for place, result in enumerate(("NotImplemented", "False")):
            yield from _guarded(source, body[0], test, f"return {result}", rank_cost(rank) + 0.3 * place)


def _guarded(source: SourceContext, statement: Node, test: str, jump: str, cost: float) -> Iterator[Draft]:
    span = before(source, statement, f"if {test}:", inner_indent(source, statement) + jump)
    if span is not None:
        yield Draft((span,), f"{show(jump)} if {show(test)}", cost)


def _tolerated(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A statement of one line in a `try` that passes over what it most likely raises."""
    indent = indent_of(source, node)
    if (
        indent is None
        or node not in siblings(node)
        or node.line != node.end_line
        or not owns_lines(source, node)
    ):
        return
    if source.function_of(node) is None or node.kind in JUMPS - {"return_statement"}:
        return
    unit = inner_indent(source, node)
    handlers = ["continue"] if in_loop(node) else []
    handlers += ["return None"] if node.kind == "return_statement" else ["pass"]
    end = source.text.find("\n", node.end)
    end = len(source.text) if end < 0 else end - (source.text[end - 1] == "\r")
    opening = f"try:{source.newline}{indent}{unit}"
    for rank, kind in enumerate(_likely_exceptions(node, source)):
        for place, handler in enumerate(handlers):
            clause = f"{source.newline}{indent}except {kind}:{source.newline}{indent}{unit}{handler}"
            spans = ((node.start, node.start, opening), (end, end, clause))
            words = f"{show(handler)} where {head(node)} raises {show(kind)}"
            yield Draft(spans, words, rank_cost(rank) + 0.3 * place)


def _likely_exceptions(node: Node, source: SourceContext) -> list[str]:
    inside = {inner.kind for inner in source.inside(node)}
    likely = ["(KeyError, IndexError)"] if "subscript" in inside else []
    likely += ["AttributeError"] if "attribute" in inside else []
    likely += ["ValueError", "TypeError"] if "call" in inside else []
    return list(dict.fromkeys([*exceptions_of(source)[:1], *likely]))[:_EXCEPTIONS_TRIED]


_STATEMENTS = SIMPLE | kinds("if_statement for_statement while_statement")
FAMILIES = (
    Family("store-parameter", 3.8, kinds("block"), _stored),
    Family("leave-early", 4.8, _STATEMENTS, _left_early),
    Family("other-kind", 4.8, kinds("block"), _other_kind),
    Family("shape-parameter", 5.0, kinds("block"), _shaped),
    Family("reset", 5.2, kinds("block"), _reset),
    Family("raise-early", 5.4, kinds("block"), _checked),
    Family("tolerate", 5.8, SIMPLE, _tolerated),
)
