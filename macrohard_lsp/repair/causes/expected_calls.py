"""A mock that was called otherwise than a test expects: what `assert_called_with` says of the difference."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.repair.causes.calls import function_name, without
from macrohard_lsp.repair.causes.reading import Cause
from macrohard_lsp.repair.causes.sources import Aimed, Sources
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

MOST_PLACES = 6
_OPENING, _CLOSING = "([{<", ")]}>"
_LITERALS = kinds("string integer float true false none unary_operator")
Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Told:
    """The arguments of a call as a mock shows them: each value in the words of its `repr`."""

    positional: tuple[str, ...]
    keywords: dict[str, str]


def expected_call(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """`expected call not found`: calls that are like the actual one, with what it lacks and without what is too much.

    A value is only put where there was none, or in place of a constant: that a variable had the wrong value says
    nothing of the call.
    """
    if len(cause.names) != 2:
        return
    wanted, given = map(told, cause.names)
    name = cause.owner.rpartition(".")[2]
    found = 0
    for source in sources.mentioning(name):
        if is_test_path(source.path):
            continue
        for call in (node for node in source.nodes if node.kind == "call"):
            if function_name(call) != name or not _is_like(call, given):
                continue
            for spans, words in _mended(call, wanted, given, source):
                yield sources.aimed({source.path: spans}, f"{words} to `{name}`", source.path, call.line)
            found += 1
            if found == MOST_PLACES:
                return


def told(text: str) -> Told:
    """Read the arguments between the parentheses of a call that a mock shows."""
    positional: list[str] = []
    keywords: dict[str, str] = {}
    for part in _split(text):
        name, sign, value = part.partition("=")
        if sign and name.isidentifier():
            keywords[name] = value
        else:
            positional.append(part)
    return Told(tuple(positional), keywords)


def _split(text: str) -> Iterator[str]:
    """At the commas that stand in no bracket and no string."""
    depth, quote, start, escaped = 0, "", 0, False
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        elif character in "'\"":
            quote = character
        elif character == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
        else:
            depth += (character in _OPENING) - (character in _CLOSING)
    if text[start:].strip():
        yield text[start:].strip()


def _is_like(call: Node, given: Told) -> bool:
    """Whether a call passes as many arguments, by the same keywords, as the one that the mock saw."""
    row = call.get("arguments")
    if row is None or row.kind != "argument_list":
        return False
    named = {_keyword(part) for part in row.parts} - {""}
    positional = [part for part in row.parts if part.role == "load"]
    whole = len(named) + len(positional) == len(row.parts)
    return whole and named == given.keywords.keys() and len(positional) == len(given.positional)


def _mended(call: Node, wanted: Told, given: Told, source: SourceContext) -> Iterator[tuple[list[Span], str]]:
    """The edits that make of a call what was wanted, and words for them; of arguments too many, one at most."""
    row = call.get("arguments")
    missing = list(wanted.positional[len(given.positional) :])
    missing += [f"{name}={wish}" for name, wish in wanted.keywords.items() if name not in given.keywords]
    superfluous = [name for name in given.keywords if name not in wanted.keywords]
    shorter, longer = len(given.positional), len(wanted.positional)
    if row is None or longer < shorter or (longer > shorter and given.keywords) or len(superfluous) > 1:
        return
    spans: list[Span] = []
    words: list[str] = []
    for part, wish in _differing(row, wanted, given):
        if part.kind not in _LITERALS or not _is_literal(wish):
            return
        spans.append((part.start, part.end, wish))
        words.append(f"pass `{wish}` instead of `{part.text}`")
    for part in row.parts:
        edit = without(part) if _keyword(part) in superfluous else None
        if edit is not None and missing:
            # What is one too many under another name is another mistake.
            return
        if edit is not None:
            spans.append(edit)
            words.append(f"don't pass `{part.text}`")
    for texts in _added(missing, call, source):
        place = row.parts[-1].end if row.parts else row.start + 1
        added = ", ".join(texts)
        span = (place, place, f", {added}" if row.parts else added)
        yield [*spans, span], ", and ".join([*words, f"pass `{added}`"])
    if spans and not missing:
        yield spans, ", and ".join(words)


def _differing(row: Node, wanted: Told, given: Told) -> Iterator[tuple[Node, str]]:
    """The values that are not those that were wanted, each with the one that was."""
    positional = [part for part in row.parts if part.role == "load"]
    for part, wish, was in zip(positional, wanted.positional, given.positional, strict=False):
        if wish != was:
            yield part, wish
    for part in row.parts:
        name, value = _keyword(part), part.get("value")
        if value is not None and name in wanted.keywords and wanted.keywords[name] != given.keywords[name]:
            yield value, wanted.keywords[name]


def _keyword(argument: Node) -> str:
    return argument.parts[0].text if argument.kind == "keyword_argument" else ""


def _added(missing: list[str], call: Node, source: SourceContext) -> Iterator[list[str]]:
    """The missing arguments as they can be written: a variable of the keyword's name, where there is one, or the
    constant that was expected; none where neither will do.
    """
    at_hand = set(source.names_at(call))
    names = [text.partition("=")[0] for text in missing]
    own = [f"{name}={name}" if name in at_hand else text for name, text in zip(names, missing, strict=True)]
    if not missing:
        return
    if own != missing and all(
        name in at_hand or _has_literal(text) for name, text in zip(names, own, strict=True)
    ):
        yield own
    if all(map(_has_literal, missing)):
        yield missing


def _has_literal(argument: str) -> bool:
    name, sign, value = argument.partition("=")
    return _is_literal(value if sign and name.isidentifier() else argument)


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True
