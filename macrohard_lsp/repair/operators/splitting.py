"""Splitting, replacing and looking into text: how often, from which end, in which of several ways."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show
from macrohard_lsp.repair.operators.placing import COMPARISON, PRIMARY, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_LITERALS_TRIED = 8


def _method(node: Node) -> tuple[Node, str, list[Node]] | None:
    """The object, the name and the positional arguments of a method call that has no other arguments."""
    function, arguments = node.get("function"), node.get("arguments")
    if function is None or function.kind != "attribute" or arguments is None:
        return None
    if arguments.kind != "argument_list" or any(part.role != "load" for part in arguments.parts):
        return None
    return function.parts[0], function.parts[-1].text, arguments.parts


def _split(node: Node, source: SourceContext) -> Iterator[Draft]:
    method = _method(node)
    if method is None or node.role != "load":
        return
    base, name, arguments = method
    texts = [part.text for part in arguments]
    for cost, other, new in _ways(name, texts):
        call = f".{other}({', '.join(new)})"
        yield replace(source, node, base.text + call, PRIMARY, summary=f"use {show(call)}", cost=cost)


def _ways(name: str, texts: list[str]) -> Iterator[tuple[float, str, list[str]]]:
    if name in {"split", "rsplit"} and len(texts) == 1:
        other = "rsplit" if name == "split" else "split"
        yield 0.0, name, [*texts, "1"]
        yield 0.3, other, [*texts, "1"]
        yield 0.8, "partition" if name == "split" else "rpartition", texts
        yield 1.0, name, []
        if texts[0].strip("'\"") == "\\n":
            yield 0.1, "splitlines", []
    if name in {"split", "rsplit"} and not texts:
        yield 0.4, name, ["None", "1"]
    if name in {"split", "rsplit"} and len(texts) == 2:
        yield 0.2, name, texts[:1]
        yield 0.3, "rsplit" if name == "split" else "split", texts
    if name in {"partition", "rpartition"}:
        yield 0.6, name.replace("partition", "split"), [*texts, "1"]
    if name == "splitlines" and not texts:
        yield 0.2, name, ["True"]
        yield 0.4, "split", ['"\\n"']
    if name == "replace" and len(texts) == 2:
        yield 0.2, name, [*texts, "1"]
        yield 0.6, name, texts[::-1]
    if name == "replace" and len(texts) == 3:
        yield 0.2, name, texts[:2]


def _end_of_split(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`x.split(y)[0]` as `[-1]`, and the other way round, from either end."""
    value, index = node.get("value"), node.get("subscript")
    method = _method(value) if value is not None and value.kind == "call" else None
    if value is None or method is None or index is None or index.text not in {"0", "-1", "1", "2"}:
        return
    base, name, arguments = method
    if name not in {"split", "rsplit", "partition", "rpartition"}:
        return
    other = "-1" if index.text == "0" else "0"
    turned = (index.start, index.end, other)
    yield Draft((turned,), f"take the part {show(f'[{other}]')}")
    if len(arguments) == 1 and name in {"split", "rsplit"}:
        text = f".{'rsplit' if name == 'split' else 'split'}({arguments[0].text}, 1)"
        call = (base.end, value.end, text)
        yield Draft((call,), f"split with {show(text)}", 0.5)
        yield Draft((call, turned), f"take {show(f'{text}[{other}]')}", 0.7)


def _containment(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a in b`, `a == b`, `b.startswith(a)` and `b.endswith(a)` for one another."""
    if node.kind == "call":
        method = _method(node)
        if method is None or method[1] not in {"startswith", "endswith"} or len(method[2]) != 1:
            return
        whole, part = method[0], method[2][0]
        if part.kind == "tuple":
            yield replace(source, node, f"{_operand(whole)} in {part.text}", COMPARISON, cost=0.4)
            return
        yield replace(source, node, f"{_operand(part)} in {_operand(whole)}", COMPARISON, cost=0.3)
        yield replace(source, node, f"{_operand(whole)} == {_operand(part)}", COMPARISON, cost=0.4)
        return
    parts = [part for part in node.parts if part.role == "load"]
    operators = [child.text for child in node.children if child.field == "operators"]
    if len(parts) != 2 or operators[0] not in {"in", "not in", "==", "!="}:
        return
    inside = operators[0] in {"in", "not in"}
    part, whole = parts if inside else parts[::-1]
    if part.kind != "string" or whole.kind not in {"identifier", "attribute", "call", "subscript"}:
        return
    negation = "not " if operators[0] in {"not in", "!="} else ""
    for rank, name in enumerate(("startswith", "endswith")):
        text = f"{negation}{whole.text}.{name}({part.text})"
        yield replace(source, node, text, COMPARISON if negation else PRIMARY, cost=0.3 * rank)
    if not inside:
        operator = "not in" if negation else "in"
        yield replace(source, node, f"{part.text} {operator} {whole.text}", COMPARISON, cost=0.4)


def _operand(node: Node) -> str:
    return node.text if level_of(node) > COMPARISON else f"({node.text})"


def _one_of_several(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`x == "a"` as `x in ("a", "b")`, `x.startswith("a")` as `x.startswith(("a", "b"))`."""
    if node.kind == "call":
        method = _method(node)
        own = method[2][0] if method and method[1] in {"startswith", "endswith"} and method[2] else None
    else:
        operators = [child for child in node.children if child.field == "operators"]
        own = node.parts[-1] if len(operators) == 1 and operators[0].text in {"==", "!="} else None
    if own is None or own.kind != "string" or own.role != "load":
        return
    for rank, text in enumerate(other_strings(own, source)[:_LITERALS_TRIED]):
        row = f"({own.text}, {text})"
        words = f"let {show(text)} pass the test too"
        if node.kind == "call":
            yield Draft(((own.start, own.end, row),), words, rank_cost(rank))
        else:
            operator = next(child for child in node.children if child.field == "operators")
            word = "in" if operator.text == "==" else "not in"
            yield Draft(((operator.start, own.end, f"{word} {row}"),), words, rank_cost(rank))


def other_strings(own: Node, source: SourceContext) -> list[str]:
    """Strings of the tests and of the file that are not `own`, as `own` is written, the tests' first."""
    quote = own.text[-1]
    written = [f"{quote}{text}{quote}" for text in source.literals if _is_plain(text, quote)]
    of_file = [item.text for item in source.strings if item.text[0] in "'\""]
    return [text for text in dict.fromkeys([*written, *of_file]) if text != own.text]


def _is_plain(text: str, quote: str) -> bool:
    return bool(text) and text.isprintable() and not {quote, "\\"} & set(text)


FAMILIES = (
    Family("split", 3.4, kinds("call"), _split),
    Family("end-of-split", 3.3, kinds("subscript"), _end_of_split),
    Family("containment", 3.9, kinds("comparison_operator call"), _containment),
    Family("one-of-several", 4.2, kinds("comparison_operator call"), _one_of_several),
)
