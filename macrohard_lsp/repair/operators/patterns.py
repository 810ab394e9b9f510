"""Regular expressions: what they repeat, match, group, where they hold, and the flags they are read with."""

from collections.abc import Callable, Iterator, Sequence

from macrohard_lsp.repair.operators import pattern_edits
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, show
from macrohard_lsp.repair.operators.literals import Literal, literal_of
from macrohard_lsp.repair.operators.pattern_edits import Change, Token
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_MODULES = frozenset({"re", "regex"})
_FUNCTIONS = kinds("compile match search fullmatch sub subn split findall finditer template")
# How many positional arguments there are before the flags.
_BEFORE_FLAGS = {"compile": 1, "sub": 4, "subn": 4, "split": 3}
_FLAGS = ("IGNORECASE", "MULTILINE", "DOTALL", "ASCII", "VERBOSE")
_SIGNS = frozenset("\\[(*+?^$|.")
# Compiling a longer one for each change of it would hold up the search.
_LONGEST = 500
_FLAG_KINDS = kinds("attribute binary_operator")
_SITES = kinds("string concatenated_string")

Edits = Callable[[Sequence[Token], str, SourceContext], Iterator[Change]]


def _pattern(node: Node) -> Literal | None:
    if node.role != "load":
        return None
    named = _call_of(node) is not None
    if not named and node.text[0] not in "rRbB":
        return None
    literal = literal_of(node)
    if literal is None or not 0 < len(literal.value) <= _LONGEST:
        return None
    likely = named or (literal.is_raw and _SIGNS.intersection(literal.value))
    return literal if likely and pattern_edits.is_valid(literal.value) else None


def _call_of(node: Node) -> Node | None:
    """The call of `re.…` whose pattern `node` is."""
    parent = node.parent
    call = parent.parent if parent is not None and parent.kind == "argument_list" else None
    if call is None or parent is None or parent.parts[0] is not node:
        return None
    return call if _function_of_module(call) else None


def _function_of_module(call: Node) -> str:
    """The name of the function of `re` that is called; empty where none is."""
    function = call.get("function")
    base = function.get("object") if function is not None and function.kind == "attribute" else None
    if function is None or base is None or base.text not in _MODULES:
        return ""
    name = function.parts[-1].text
    return name if name in _FUNCTIONS else ""


def _family(name: str, prior: float, edits: Edits) -> Family:
    def drafts(node: Node, source: SourceContext) -> Iterator[Draft]:
        literal = _pattern(node)
        if literal is None:
            return
        value = literal.value
        for change in edits(pattern_edits.tokens_of(value), value, source):
            start, end, new, cost = change
            span = literal.edit(start, end, new)
            if span is not None and pattern_edits.stays_valid(value, change):
                yield Draft((span,), _words(value[start:end], new), cost)

    return Family(name, prior, _SITES, drafts)


def _words(old: str, new: str) -> str:
    if not old:
        return f"add {show(new)} to the pattern"
    return f"use {show(new)} for {show(old)} in the pattern" if new else f"drop {show(old)} from the pattern"


def _quantified(tokens: Sequence[Token], value: str, _source: SourceContext) -> Iterator[Change]:
    return pattern_edits.quantified(tokens, value)


def _matched(tokens: Sequence[Token], _value: str, source: SourceContext) -> Iterator[Change]:
    return pattern_edits.matched(tokens, list(dict.fromkeys("".join(source.literals))))


def _anchored(tokens: Sequence[Token], value: str, _source: SourceContext) -> Iterator[Change]:
    return pattern_edits.anchored(tokens, len(value))


def _inserted(tokens: Sequence[Token], _value: str, _source: SourceContext) -> Iterator[Change]:
    return pattern_edits.inserted(tokens)


def _surrounded(tokens: Sequence[Token], _value: str, _source: SourceContext) -> Iterator[Change]:
    return pattern_edits.surrounded(tokens)


def _grouped(tokens: Sequence[Token], value: str, _source: SourceContext) -> Iterator[Change]:
    return pattern_edits.grouped(tokens, value)


def _flags(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """A flag added to a call of `re`, or another one in place of one there."""
    function, arguments = _function_of_module(node), node.get("arguments")
    if not function or arguments is None or arguments.kind != "argument_list":
        return
    given = next((part for part in arguments.parts if _is_flag(part)), None)
    module = node.children[0].children[0].text
    present = given.text if given is not None else ""
    for rank, name in enumerate(flag for flag in _FLAGS if flag not in present):
        flag = f"{module}.{name}"
        if given is not None:
            value = given.get("value") or given
            words = f"read the pattern with {show(flag)} too"
            yield Draft(((value.end, value.end, f" | {flag}"),), words, rank_cost(rank))
            if value.kind == "attribute":
                words = f"read the pattern with {show(flag)} instead"
                yield Draft(((value.start, value.end, flag),), words, 0.5 + rank_cost(rank))
        elif arguments.parts:
            positional = len(arguments.parts) == _BEFORE_FLAGS.get(function, 2)
            text = flag if positional else f"flags={flag}"
            end = arguments.parts[-1].end
            words = f"read the pattern with {show(flag)}"
            yield Draft(((end, end, f", {text}"),), words, rank_cost(rank))


def _is_flag(argument: Node) -> bool:
    value = argument.get("value") if argument.kind == "keyword_argument" else argument
    if argument.kind == "keyword_argument" and argument.parts[0].text == "flags":
        return True
    return value is not None and value.text.partition(".")[0] in _MODULES and value.kind in _FLAG_KINDS


FAMILIES = (
    _family("pattern-quantifier", 2.9, _quantified),
    _family("pattern-class", 2.9, _matched),
    _family("pattern-anchor", 3.2, _anchored),
    _family("pattern-insert", 3.8, _inserted),
    _family("pattern-context", 3.8, _surrounded),
    _family("pattern-group", 3.6, _grouped),
    Family("pattern-flag", 3.8, kinds("call"), _flags),
)
