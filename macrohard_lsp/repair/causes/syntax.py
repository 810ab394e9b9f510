"""A file that is no Python: a colon, a bracket, a quote, a comma or an indentation that one edit puts right."""

import ast
import re
import warnings
from collections.abc import Iterator

from macrohard_lsp.repair.causes import indentation
from macrohard_lsp.repair.causes.indentation import Draft, Lines
from macrohard_lsp.repair.causes.names import both
from macrohard_lsp.repair.causes.near import nearest
from macrohard_lsp.repair.causes.reading import Cause
from macrohard_lsp.repair.causes.sources import Aimed, Sources
from macrohard_lsp.workspace.python_syntax import parse

# Characters that may be parsed in looking for one text; each draft is the whole file again.
MOST_CHARACTERS = 4_000_000
FEWEST_DRAFTS, MOST_DRAFTS = 20, 600
# Lines below an opening bracket or quote at whose end it may have been meant to close.
MOST_LINES_BELOW = 40
# A text that this Python doesn't know is nevertheless one, where its own complaint is about another place.
_ELSEWHERE_LINES = 3
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_BLOCKS = "if elif else for while try except finally with def class async match case"
_KEYWORDS = tuple(
    f"{_BLOCKS} return import from raise yield assert del pass break continue lambda global nonlocal not and or in is "
    "None True False await as".split()
)
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_MARKERS = re.compile(
    r"^<{7}[^\r\n]*\r?\n(?P<ours>.*?)(?:^\|{7}[^\r\n]*\r?\n.*?)?^={7}\r?\n(?P<theirs>.*?)^>{7}[^\r\n]*(?:\r?\n|\Z)",
    re.MULTILINE | re.DOTALL,
)


def not_python(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """Edits after which the file is Python, in order of likelihood."""
    text = sources.text(cause.path)
    if text is None or not cause.path.endswith((".py", ".pyi")):
        return
    seen: set[str] = {text}
    most = max(FEWEST_DRAFTS, min(MOST_DRAFTS, MOST_CHARACTERS // max(len(text), 1)))
    for edits, words in _drafts(text, cause.line, cause.message):
        after = _applied(text, edits)
        if after in seen:
            continue
        seen.add(after)
        if len(seen) > most:
            return
        if _is_python(after, cause.line):
            yield from both(sources, {cause.path: edits}, words, cause.path, cause.line)


def _drafts(text: str, line: int, message: str) -> Iterator[Draft]:
    if _MARKERS.search(text):
        yield from _without_markers(text)
    if "indent" in message or "tabs" in message:
        yield from indentation.drafts(text, line, message)
    lines = Lines(text)
    number = min(line, len(lines.rows)) - 1
    yield from _as_python_says(lines, number, message)
    above = lines.before(number)
    for at in (number, *([above] if above is not None else [])):
        yield from _keywords(lines, at)
        yield from _colon(lines, at)
        yield from _tokens(lines, at)
    if "indent" not in message:
        yield from indentation.drafts(text, line, "")


def _without_markers(text: str) -> Iterator[Draft]:
    for side, words in (("ours", "keep this side of the merge conflict"), ("theirs", "keep the other side")):
        found = _MARKERS.finditer(text)
        yield [(match.start(), match.end(), match[side]) for match in found], words


def _as_python_says(lines: Lines, number: int, message: str) -> Iterator[Draft]:
    """What the parser's own words name."""
    if match := re.search(r"'([(\[{])' was never closed", message):
        yield from _closed(lines, number, _CLOSING[match[1]])
    elif match := re.search(r"unmatched '(.)'", message):
        yield from _taken_out(lines, number, match[1])
    elif match := re.search(r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", message):
        yield from _other_token(lines, number, match[1], _CLOSING[match[2]])
        yield from _closed_before(lines, number, match[1], _CLOSING[match[2]])
    elif "unterminated" in message:
        yield from _quoted(lines, number, triple="triple" in message)
    elif "Missing parentheses in call to" in message:
        yield from _called(lines, number)
    elif "multiple exception types must be parenthesized" in message:
        row, start = lines.rows[number], lines.index.line_start(number)
        if match := re.search(r"except\s+(\w+)\s*(,\s*)(\w+)", row):
            yield [(start + match.start(2), start + match.end(2), " as ")], "use `as` in `except`"
    if "'='" in message or "cannot assign" in message:
        yield from _other_token(lines, number, "=", "==")


def _closed(lines: Lines, number: int, closing: str) -> Iterator[Draft]:
    """The bracket at the end of this line or one below, before what ends a statement or begins a block."""
    for at in range(number, min(number + MOST_LINES_BELOW, len(lines.rows))):
        if lines.is_code(at):
            yield from ((edits, words) for edits, words in _at_ends(lines, at, closing))


def _at_ends(lines: Lines, number: int, new: str) -> Iterator[Draft]:
    """`new` at the end of a line, before its comment, and before each of the last characters that may follow."""
    row, start = _without_comment(lines.rows[number]), lines.index.line_start(number)
    place = len(row.rstrip())
    words = f"add the missing `{new}` in line {number + 1}"
    while place > 0:
        if row[place - 1 : place] == ":" and new != ":":
            yield [(start + place - 1, start + place - 1, new)], words
        yield [(start + place, start + place, new)], words
        if row[place - 1] not in ")]},:;":
            return
        place -= 1


def _taken_out(lines: Lines, number: int, token: str) -> Iterator[Draft]:
    row, start = lines.rows[number], lines.index.line_start(number)
    for place in reversed([place for place, character in enumerate(row) if character == token]):
        words = f"take out the `{token}` that is too many in line {number + 1}"
        yield [(start + place, start + place + 1, "")], words


def _other_token(lines: Lines, number: int, old: str, new: str) -> Iterator[Draft]:
    row, start = lines.rows[number], lines.index.line_start(number)
    for match in re.finditer(rf"(?<![=<>!:+*/%&|^-]){re.escape(old)}(?!=)", row):
        words = f"use `{new}` instead of `{old}` in line {number + 1}"
        yield [(start + match.start(), start + match.end(), new)], words


def _closed_before(lines: Lines, number: int, token: str, closing: str) -> Iterator[Draft]:
    row, start = lines.rows[number], lines.index.line_start(number)
    for place in (place for place, character in enumerate(row) if character == token):
        words = f"add the missing `{closing}` in line {number + 1}"
        yield [(start + place, start + place, closing)], words


def _quoted(lines: Lines, number: int, *, triple: bool) -> Iterator[Draft]:
    """The quote that isn't closed, closed: at the end of its line, or of one below where it spans lines."""
    row, start = lines.rows[number], lines.index.line_start(number)
    if triple:
        mark = '"""' if row.rfind('"""') >= row.rfind("'''") else "'''"
        for at in range(number, min(number + MOST_LINES_BELOW, len(lines.rows))):
            end = lines.index.line_start(at) + len(lines.rows[at].rstrip())
            yield [(end, end, mark)], f"close the string of line {number + 1}"
        return
    for mark in dict.fromkeys(character for character in row if character in "'\""):
        other = "'" if mark == '"' else '"'
        words = f"close the string of line {number + 1}"
        for place in reversed([place for place, character in enumerate(row) if character == other]):
            yield [(start + place, start + place + 1, mark)], words
        place = len(row.rstrip())
        while place > 0:
            yield [(start + place, start + place, mark)], words
            if row[place - 1] not in ")]},:; ":
                break
            place -= 1


def _called(lines: Lines, number: int) -> Iterator[Draft]:
    """`print x` and `exec x` of an older Python."""
    row, start = lines.rows[number], lines.index.line_start(number)
    if match := re.match(r"(\s*(?:print|exec))(\s+)(.*?)\s*$", _without_comment(row)):
        edits = [
            (start + match.start(2), start + match.end(2), "("),
            (start + match.end(3), start + match.end(3), ")"),
        ]
        yield edits, f"call `{match[1].strip()}` with parentheses"


def _keywords(lines: Lines, number: int) -> Iterator[Draft]:
    """Keywords that are misspelt, and those of other languages."""
    row, start = lines.rows[number], lines.index.line_start(number)
    for old, new in (
        ("else if", "elif"),
        ("elseif", "elif"),
        ("&&", "and"),
        ("||", "or"),
        ("function", "def"),
    ):
        if (place := row.find(old)) >= 0:
            words = f"use `{new}` instead of `{old}`"
            yield [(start + place, start + place + len(old), new)], words
    for match in re.finditer(r"[A-Za-z_]+", row):
        if match[0] not in _KEYWORDS:
            for name in nearest(match[0], _KEYWORDS):
                words = f"use `{name}` instead of `{match[0]}`"
                yield [(start + match.start(), start + match.end(), name)], words


def _colon(lines: Lines, number: int) -> Iterator[Draft]:
    row, start = _without_comment(lines.rows[number]).rstrip(), lines.index.line_start(number)
    first = re.match(r"\s*(\w+)", row)
    if first is not None and first[1] in _BLOCKS.split() and not row.endswith(":"):
        end = start + len(row)
        yield [(end, end, ":")], f"add the missing `:` in line {number + 1}"
        if row[-1:] in ".,;=" or row[-1:] == ")":
            yield [(end - 1, end, ":")], f"end line {number + 1} with `:`"


def _tokens(lines: Lines, number: int) -> Iterator[Draft]:
    """One piece of punctuation put in between two tokens, or taken out."""
    row, start = lines.rows[number], lines.index.line_start(number)
    matches = list(_TOKEN.finditer(_without_comment(row)))
    ends = [len(matches[0][0]) if matches and matches[0][0].isspace() else 0, *(m.end() for m in matches)]
    for new in (")", ",", ":", "]", "}", "(", "[", "{", "=", ".", "'", '"'):
        for place in reversed(dict.fromkeys(ends)):
            yield [(start + place, start + place, new)], f"add the missing `{new}` in line {number + 1}"
    for match in reversed(matches):
        if not match[0].isspace() and not match[0][0].isalnum() and match[0] != "_":
            words = f"take out the `{match[0]}` that is too many in line {number + 1}"
            yield [(start + match.start(), start + match.end(), "")], words


def _without_comment(row: str) -> str:
    quote = ""
    for place, character in enumerate(row):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#":
            return row[:place]
    return row


def _applied(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _is_python(text: str, line: int) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        elsewhere = error.lineno is not None and abs(error.lineno - line) > _ELSEWHERE_LINES
        return elsewhere and not parse(text).has_error
    except (ValueError, RecursionError, MemoryError):
        return False
    return True
