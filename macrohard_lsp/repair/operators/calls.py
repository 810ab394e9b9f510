"""Calls: what is passed on to them, spread or not, taken from calls beside them, and on which object they are made."""

from collections.abc import Iterator
from functools import lru_cache

from macrohard_lsp.repair.bindings import parameter_names
from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, replace, show, use
from macrohard_lsp.repair.operators.placing import PRIMARY, level_of
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

_NAMES_TRIED = 4
# A base or a number of digits that nothing in the program mentions is rarely what was left out.
_BARE_NUMBER = 1.5
_CALLS_SEARCHED = 8
# What was found in a file is kept while it is among the last so many that were asked about.
_FILES_KNOWN = 8
# What well-known functions of the standard library are given when something goes wrong without it.
_USUAL_ROWS = (
    ("open read_text write_text", 'encoding="utf-8"; newline=""; errors="replace"'),
    ("decode", 'errors="replace"; "utf-8"; errors="ignore"'),
    ("encode", '"utf-8"; errors="replace"; errors="ignore"'),
    ("dump dumps", "ensure_ascii=False; default=str; sort_keys=True"),
    ("mkdir", "parents=True, exist_ok=True; exist_ok=True; parents=True"),
    ("makedirs", "exist_ok=True"),
    ("zip", "strict=True"),
    ("unlink", "missing_ok=True"),
    ("rmtree", "ignore_errors=True"),
    ("int", "2; 16; 0; 8"),
    ("round", "2; 1; 0"),
    ("sum", "[]; (); 0.0"),
    ("sub", "count=1"),
    ("split rsplit", "maxsplit=1"),
    ("splitlines", "keepends=True"),
    ("print", 'end=""; flush=True; sep=""'),
    ("run", "check=True; text=True"),
    ("parse_qs parse_qsl", "keep_blank_values=True"),
    ("quote", 'safe=""; safe="/"'),
    ("escape", "quote=False; quote=True"),
    ("isoformat", 'sep=" "; timespec="seconds"'),
    ("lru_cache", "maxsize=None"),
    ("now", "timezone.utc; tz=timezone.utc"),
    ("astimezone", "timezone.utc"),
    ("gather", "return_exceptions=True"),
    ("walk", "followlinks=True"),
    ("dataclass", "frozen=True"),
    ("field", "repr=False; compare=False; init=False"),
    ("signature", "follow_wrapped=False"),
    ("getLogger get_logger", "__name__"),
)
_USUAL = {name: row.split("; ") for names, row in _USUAL_ROWS for name in names.split()}
_SPLATS = kinds("list_splat_pattern dictionary_splat_pattern")
_BY_KEYWORD = kinds("keyword_argument dictionary_splat")
_SPREADABLE = kinds("identifier attribute call subscript list_comprehension")


def _passed_on(node: Node, source: SourceContext) -> Iterator[Draft]:
    """A parameter of the functions around passed on, as a keyword, to a call that takes one of its name."""
    call, function = node.parent, source.function_of(node)
    if call is None or call.kind != "call" or function is None or node.kind != "argument_list":
        return
    names = list(_parameters_around(node))
    present = {part.parts[0].text for part in node.parts if part.kind == "keyword_argument"}
    present |= {part.text for part in node.parts}
    mine = source.self_name(node)
    taken = taken_by(call, source)
    wanted = [name for name in dict.fromkeys(names) if name not in present and name != mine]
    uses = {name: len(source.bindings(function).get(name, ())) for name in wanted}
    # What the callee is known to take first, then what nothing else in the function uses.
    order = sorted(wanted, key=lambda name: (name not in taken, uses[name]))
    for rank, name in enumerate(order[:_NAMES_TRIED]):
        unused = uses[name] <= 2
        cost = 0.0 if name in taken else 1.4
        words = f"pass {show(name)} on to {show(call.parts[0].text)}"
        yield Draft(
            (_appended(node, f"{name}={name}"),), words, cost + rank_cost(rank) + (0.0 if unused else 0.5)
        )


def _parameters_around(node: Node) -> Iterator[str]:
    for ancestor in node.ancestors():
        if ancestor.kind == "function_definition" and (parameters := ancestor.get("parameters")) is not None:
            yield from parameter_names(parameters)


def _splats(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`*args` and `**kwargs` of the function around passed on to a call that doesn't get them."""
    call, function = node.parent, source.function_of(node)
    parameters = function.get("parameters") if function is not None else None
    if call is None or call.kind != "call" or parameters is None or node.kind != "argument_list":
        return
    given = {part.text for part in node.parts}
    splats = [part for part in parameters.parts if part.kind in _SPLATS and part.text not in given]
    by_keyword = any(part.kind in _BY_KEYWORD for part in node.parts)
    for rank, splat in enumerate(splats):
        if splat.kind == "dictionary_splat_pattern" or not by_keyword:
            words = f"pass {show(splat.text)} on to {show(call.parts[0].text)}"
            yield Draft((_appended(node, splat.text),), words, 0.3 * rank)
    if len(splats) > 1 and not by_keyword:
        text = ", ".join(splat.text for splat in splats)
        yield Draft((_appended(node, text),), f"pass {show(text)} on to {show(call.parts[0].text)}", 0.2)


def _appended(arguments: Node, text: str) -> tuple[int, int, str]:
    if not arguments.parts:
        return (arguments.start + 1, arguments.start + 1, text)
    end = arguments.parts[-1].end
    return (end, end, f", {text}")


def taken_by(call: Node, source: SourceContext) -> tuple[str, ...]:
    """The parameters of the function or class of this file that is called, in order, as far as they are known."""
    name = _last_name(call)
    definition = _definitions(source).get(name) if name else None
    parameters = definition.get("parameters") if definition is not None else None
    found = list(parameter_names(parameters)) if parameters is not None else []
    if definition is not None and source.class_of(definition) is not None:
        found = found[1:]
    for other in (call, *_calls_of(call, source)):
        found += [part.parts[0].text for part in _arguments(other) if part.kind == "keyword_argument"]
    return tuple(dict.fromkeys(found))


def _last_name(call: Node) -> str:
    function = call.get("function")
    if function is None:
        return ""
    return function.parts[-1].text if function.kind == "attribute" else function.text


@lru_cache(maxsize=_FILES_KNOWN)
def _definitions(source: SourceContext) -> dict[str, Node]:
    """The functions of the file by name; a class stands for its constructor."""
    found: dict[str, Node] = {}
    for node in source.nodes:
        if node.kind == "function_definition" and (name := node.get("name")) is not None:
            owner = source.class_of(node)
            called = owner.get("name") if owner is not None and name.text == "__init__" else name
            if called is not None:
                found.setdefault(called.text, node)
    return found


@lru_cache(maxsize=_FILES_KNOWN)
def _calls(source: SourceContext) -> dict[str, list[Node]]:
    """The calls of the file by the last part of the name of what they call."""
    found: dict[str, list[Node]] = {}
    for node in source.nodes:
        if node.kind == "call" and (name := _last_name(node)):
            found.setdefault(name, []).append(node)
    return found


def _calls_of(call: Node, source: SourceContext) -> list[Node]:
    """Other calls of what `call` calls, nearest first."""
    calls = [node for node in _calls(source).get(_last_name(call), ()) if node is not call]
    return sorted(calls, key=lambda node: abs(node.order - call.order))[:_CALLS_SEARCHED]


def _arguments(call: Node) -> list[Node]:
    arguments = call.get("arguments")
    return arguments.parts if arguments is not None and arguments.kind == "argument_list" else []


def _as_elsewhere(node: Node, source: SourceContext) -> Iterator[Draft]:
    """An argument that other calls of the same function are given and this one isn't."""
    call = node.parent
    if call is None or call.kind != "call" or node.kind != "argument_list":
        return
    own = {part.parts[0].text if part.kind == "keyword_argument" else part.text for part in node.parts}
    written: dict[str, None] = {}
    for other in _calls_of(call, source):
        for place, part in enumerate(_arguments(other)):
            if part.line != part.end_line or "splat" in part.kind:
                continue
            by_keyword = part.kind == "keyword_argument"
            name = part.parts[0].text if by_keyword else part.text
            if name not in own and (by_keyword or (part.role == "load" and place >= len(node.parts))):
                written[part.text] = None
    last = node.parts[-1] if node.parts else None
    for rank, text in enumerate(written):
        if last is not None and (last.kind in {"keyword_argument", "dictionary_splat"}) and "=" not in text:
            continue
        words = f"pass {show(text)} as other calls do"
        yield Draft((_appended(node, text),), words, rank_cost(rank))


def _usual(node: Node, source: SourceContext) -> Iterator[Draft]:
    """What functions of the standard library are usually given."""
    call = node.parent
    if call is None or call.kind != "call" or node.kind != "argument_list":
        return
    name = _last_name(call)
    if name not in _USUAL or name in source.module.functions:
        return
    present = {part.parts[0].text for part in node.parts if part.kind == "keyword_argument"}
    by_keyword = any(part.kind == "keyword_argument" for part in node.parts)
    for rank, text in enumerate(_USUAL[name]):
        keyword = text.partition("=")[0] if "=" in text else ""
        if keyword not in present and (keyword or not by_keyword):
            cost = 0.3 * rank + (_BARE_NUMBER if text[0].isdigit() else 0.0)
            yield Draft((_appended(node, text),), f"add the argument {show(text)}", cost)


def _spread(node: Node, _source: SourceContext) -> Iterator[Draft]:
    """`f(x)` as `f(*x)` and `f(**x)`, and the other way round."""
    parent = node.parent
    if node.kind in {"list_splat", "dictionary_splat"}:
        if parent is not None and parent.kind in {"argument_list", "list", "tuple", "set"} and node.parts:
            inner = node.parts[0]
            earlier = parent.parts[: parent.parts.index(node)]
            if parent.kind == "argument_list" and any(part.kind in _BY_KEYWORD for part in earlier):
                return
            yield Draft(((node.start, inner.start, ""),), f"pass {show(inner.text)} as one argument", 0.2)
        return
    if node.role != "load" or parent is None or parent.kind not in {"argument_list", "list", "tuple"}:
        return
    arguments = parent.kind == "argument_list"
    if arguments and not any(
        part.kind == "keyword_argument" for part in parent.parts[: parent.parts.index(node)]
    ):
        yield Draft(((node.start, node.start, "*"),), f"spread {show(node.text)}", 0.0)
    elif not arguments:
        yield Draft(((node.start, node.start, "*"),), f"spread {show(node.text)}", 0.4)
    if arguments and node is parent.parts[-1]:
        yield Draft(((node.start, node.start, "**"),), f"spread {show(node.text)} as keywords", 0.5)


def _exchanged(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`a.m(b)` as `b.m(a)`."""
    function = node.get("function")
    base = function.get("object") if function is not None and function.kind == "attribute" else None
    arguments = _arguments(node)
    if function is None or base is None or len(arguments) != 1 or arguments[0].role != "load":
        return
    argument = arguments[0]
    if base.text == argument.text or base.text in source.module.imports:
        return
    head = (
        argument.text
        if level_of(argument) >= PRIMARY and argument.kind != "integer"
        else f"({argument.text})"
    )
    text = f"{head}.{function.parts[-1].text}({base.text})"
    yield replace(source, node, text, PRIMARY, summary=use(text, node.text))


def _late_binding(node: Node, source: SourceContext) -> Iterator[Draft]:
    """`lambda: x` as `lambda x=x: x`, so that each keeps the value of its time."""
    parameters, body = node.get("parameters"), node.get("body")
    if body is None:
        return
    bound = set(parameter_names(parameters)) if parameters is not None else set[str]()
    known = set(source.names_at(node)) - bound
    used = [
        inner.text for inner in source.inside(body) if inner.kind == "identifier" and inner.role == "load"
    ]
    for rank, name in enumerate([name for name in dict.fromkeys(used) if name in known][:_NAMES_TRIED]):
        at = parameters.end if parameters is not None else node.start + len("lambda")
        text = f", {name}={name}" if parameters is not None else f" {name}={name}"
        yield Draft(((at, at, text),), f"bind {show(name)} when the function is made", rank_cost(rank))


FAMILIES = (
    Family("pass-on", 3.4, kinds("argument_list"), _passed_on),
    Family("pass-splats", 3.8, kinds("argument_list"), _splats),
    Family("as-elsewhere", 3.6, kinds("argument_list"), _as_elsewhere),
    Family("usual-argument", 4.2, kinds("argument_list"), _usual),
    Family("spread", 4.2, _SPREADABLE | kinds("list_splat dictionary_splat"), _spread),
    Family("receiver-swap", 4.4, kinds("call"), _exchanged),
    Family("late-binding", 4.6, kinds("lambda"), _late_binding),
)
