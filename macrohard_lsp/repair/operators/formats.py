"""Text with values in it: other conversions and formats, values exchanged, a missing `f` or a wrong placeholder."""

import re
from collections.abc import Iterator
from itertools import pairwise

from macrohard_lsp.repair.operators.family import Draft, Family, show, use
from macrohard_lsp.repair.operators.literals import literal_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_CONVERSIONS = ("!r", "!s")
_SPECIFIERS = (":d", ":.2f", ":g", ":02d", ":x", ":>8", ":,")
_PERCENT = re.compile(r"%(?:\(\w+\))?[#0\- +]*\d*(?:\.\d+)?([srdifgxo])")
_PERCENT_BESIDE = {"s": "rd", "r": "s", "d": "sif", "i": "ds", "f": "gsd", "g": "fs", "x": "dX", "o": "d"}
_BRACES = re.compile(r"\{([\w.\[\]]*)(![rsa])?(:[^{}]*)?\}")
_NAME = re.compile(r"\{(\w+)[^{}]*\}")


def _conversion(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`{x}` with `!r` or without, with another format or none."""
    conversion = next((part for part in node.parts if part.kind == "type_conversion"), None)
    specifier = next((part for part in node.parts if part.kind == "format_specifier"), None)
    if not node.parts or any(child.kind == "=" for child in node.children):
        return
    end = node.parts[0].end
    if conversion is not None:
        yield Draft(((conversion.start, conversion.end, ""),), f"drop {show(conversion.text)}")
    for rank, text in enumerate(_CONVERSIONS):
        if conversion is not None:
            if text != conversion.text:
                yield Draft(((conversion.start, conversion.end, text),), use(text, conversion.text), 0.3)
        else:
            yield Draft(((end, end, text),), f"format {show(node.text)} with {show(text)}", 0.3 + 0.9 * rank)
    if specifier is not None:
        yield Draft(((specifier.start, specifier.end, ""),), f"drop {show(specifier.text)}", 0.2)
    for rank, text in enumerate(_SPECIFIERS):
        words = f"format {show(node.text)} with {show(text)}"
        if specifier is None:
            at = conversion.end if conversion is not None else end
            yield Draft(((at, at, text),), words, 0.9 + 0.15 * rank)
        elif specifier.text != text and not specifier.parts:
            yield Draft(((specifier.start, specifier.end, text),), words, 0.7 + 0.15 * rank)


def _exchanged(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """Two neighbouring values of an f-string in each other's place."""
    values = [part.parts[0] for part in node.parts if part.kind == "interpolation" and part.parts]
    for left, right in pairwise(values):
        if left.text != right.text:
            spans = ((left.start, left.end, right.text), (right.start, right.end, left.text))
            yield Draft(spans, f"swap {show(left.text)} and {show(right.text)}")


def _content(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """The text between the values of an f-string: white space around it, its first and last character."""
    if node.parent is None or node.parent.kind != "string" or "\n" in node.text or "\\" in node.text:
        return
    if not any(part.kind == "interpolation" for part in node.parent.parts):
        return
    text = node.text
    changes = (f"{text} ", f" {text}", text.strip(), text.rstrip(), text.lstrip(), text[:-1], text[1:], "")
    written = [new for new in dict.fromkeys(changes) if new != text and not _splits_braces(text, new)]
    for rank, new in enumerate(written):
        yield Draft(((node.start, node.end, new),), use(repr(new), repr(text)), 0.15 * rank)


def _splits_braces(old: str, new: str) -> bool:
    return old.count("{") != new.count("{") or old.count("}") != new.count("}")


def _placeholders(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`%s` and `%r`, `{}` and `{!r}`, `{0}` and `{1}` exchanged."""
    literal = literal_of(node) if node.role == "load" and ("%" in node.text or "{" in node.text) else None
    if literal is None:
        return
    for match in _PERCENT.finditer(literal.value) if _is_formatted(node) else ():
        for rank, other in enumerate(_PERCENT_BESIDE[match[1]]):
            span = literal.edit(match.start(1), match.end(1), other)
            if span is not None:
                yield Draft((span,), use(match[0][:-1] + other, match[0]), 0.3 * rank)
    fields = list(_BRACES.finditer(literal.value)) if _is_template(node) else []
    for match in fields:
        for rank, text in enumerate(_others(match)):
            span = literal.edit(match.start(), match.end(), text)
            if span is not None and text != match[0]:
                yield Draft((span,), use(text, match[0]), 0.3 * rank)
    for left, right in pairwise(fields):
        first = literal.edit(left.start(), left.end(), right[0])
        second = literal.edit(right.start(), right.end(), left[0])
        if first is not None and second is not None and left[1] != right[1]:
            yield Draft((first, second), f"swap {show(left[0])} and {show(right[0])}", 0.2)


def _others(match: re.Match[str]) -> Iterator[str]:
    name, conversion, specifier = match[1], match[2] or "", match[3] or ""
    yield f"{{{name}{'' if conversion else '!r'}{specifier}}}"
    if specifier:
        yield f"{{{name}{conversion}}}"
    if name.isdigit():
        yield f"{{{int(name) + 1}{conversion}{specifier}}}"
        yield f"{{{max(int(name) - 1, 0)}{conversion}{specifier}}}"


def _is_formatted(node: Node) -> bool:
    parent = node.parent
    operator = parent.get("operator") if parent is not None else None
    if operator is not None:
        return operator.text == "%" and node.field == "left"
    return parent is not None and parent.kind in {"argument_list", "assignment"}


def _is_template(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.kind != "attribute":
        return parent is not None and parent.kind == "assignment"
    return parent.parts[-1].text in {"format", "format_map"}


def _all_formatted(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Every part of an implicitly concatenated string that names variables in braces as an f-string."""
    if node.role != "load":
        return
    names = source.names_at(node)
    mine = source.self_name(node)
    known = {*names, mine}
    plain = [part for part in node.parts if part.kind == "string" and part.text[0] in "'\""]
    wanted = [
        part for part in plain if (found := _NAME.findall(part.text)) and all(one in known for one in found)
    ]
    if wanted:
        spans = tuple((part.start, part.start, "f") for part in wanted)
        yield Draft(spans, f"make {show(wanted[0].text)} an f-string")
        if len(wanted) > 1:
            for rank, part in enumerate(wanted):
                yield Draft(
                    ((part.start, part.start, "f"),), f"make {show(part.text)} an f-string", 0.4 + 0.2 * rank
                )


FAMILIES = (
    Family("format-parts", 2.7, kinds("concatenated_string"), _all_formatted),
    Family("format-swap", 3.6, kinds("string"), _exchanged),
    Family("format-conversion", 3.6, kinds("interpolation"), _conversion),
    Family("placeholder", 3.6, kinds("string concatenated_string"), _placeholders),
    Family("format-content", 4.2, kinds("string_content"), _content),
)
