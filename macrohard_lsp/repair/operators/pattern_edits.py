"""A regular expression taken apart, and the small changes that its parts may need. Pure text, no syntax tree."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from macrohard_lsp.repair.operators.family import rank_cost

# A change of the value: from, to, the new text, what it costs above the family's prior.
Change = tuple[int, int, str, float]

_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<other>\(\?(?:[aiLmsux]+|\#[^)]*|P=\w+)\))"
    r"|(?P<look>\(\?<?[=!])"
    r"|(?P<open>\((?:\?(?:P<\w+>|:|>|[a-zA-Z-]+:|\(\w+\)))?)"
    r"|(?P<close>\))"
    r"|(?P<quantifier>(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})[?+]?)"
    r"|(?P<escape>\\.)"
    r"|(?P<dot>\.)"
    r"|(?P<anchor>[\^$])"
    r"|(?P<bar>\|)"
    r"|(?P<char>.)",
    re.DOTALL,
)
_SET = re.compile(r"(?<!\\)\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
# What only stands where something of a fixed length does, or what depends on another part of the pattern.
_FIXED = re.compile(r"\(\?(?:<[=!]|\(|>)|[*+?}]\+")
_REPEATED = re.compile(r"[*+?]\??|\{\d+,?\d*\}\??")
_QUANTIFIERS = {"*": ("+", "", "?"), "+": ("*", "", "?", "{2,}"), "?": ("*", "", "+")}
_ESCAPES = {
    "\\d": ("\\w", "[\\d.]", "[\\d_]", "[0-9]", "\\S"),
    "\\w": ("[\\w-]", "[\\w.-]", "\\S", "[a-zA-Z]", "[\\w.]", "\\d", "[a-zA-Z0-9]", "[^\\W\\d]"),
    "\\s": (" ", "[ \\t]", "\\S", "[^\\S\\n]"),
    "\\S": ("\\w", ".", "\\s", "[^\\s]"),
    "\\D": ("\\d", "."),
    "\\W": ("\\w", "[\\W_]", "\\s"),
    "\\b": ("", "\\B", "^"),
    "\\B": ("", "\\b"),
    "\\A": ("^", ""),
    "\\Z": ("$", ""),
    "\\n": ("\\r?\\n", "\\s", "[\\r\\n]"),
    "\\.": (".", "[.,]", "[._-]"),
}  # fmt: skip
_ADDED = (
    "_",
    "-",
    ".",
    "\\s",
    "\\d",
    " ",
    "\\w",
    "+",
    "/",
    ":",
    "'",
    ",",
    "A-Z",
    "a-z",
    "0-9",
    "@",
    "%",
    "*",
    "\\n",
)
_ITEM = re.compile(r"\\.-\\.|\\.|.-[^\]]|.", re.DOTALL)
_RISKY = ("[", "--", "&&", "~~", "||")
_SEPARATORS = (":", "=", ",", ";", "<", ">", "-", "/", "\\-", "\\(", "\\)", "\\[", "\\]", "\\|", "\\.")
# What a match may have to stand clear of, before and after it, likelier first.
_NOT_BEFORE = ("(?<!\\w)", "(?<!\\d)", "(?<!\\\\)", "(?<!\\s)")
_NOT_AFTER = ("(?!\\w)", "(?!\\d)", "(?!\\s)")
_LONGEST_CLASS = 16
_MOST_BRANCHES = 8
_CHARACTERS_TRIED = 10


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    start: int
    end: int
    text: str


def tokens_of(pattern: str) -> list[Token]:
    return [
        Token(match.lastgroup or "char", match.start(), match.end(), match[0])
        for match in _TOKEN.finditer(pattern)
    ]


def quantified(tokens: Sequence[Token], pattern: str) -> Iterator[Change]:
    """Repeated more or less often, greedily or not, or optional."""
    # White space and what stands behind # in a pattern of several lines is most likely not matched at all.
    skipped = frozenset(" \t\r\n#") if "\n" in pattern else frozenset[str]()
    for place, token in enumerate(tokens):
        if token.kind == "quantifier":
            yield from _other_quantifier(token)
        elif token.text not in skipped and (
            place + 1 == len(tokens) or tokens[place + 1].kind != "quantifier"
        ):
            yield from _new_quantifier(token)


def _other_quantifier(token: Token) -> Iterator[Change]:
    text = token.text
    base, lazy = (text[:-1], True) if len(text) > 1 and text[-1] in "?+" else (text, False)
    if lazy:
        yield token.start, token.end, base, 0.1
    else:
        yield token.end, token.end, "?", 0.3 if base in {"*", "+"} else 1.2
    others = _QUANTIFIERS.get(base) or tuple(_other_counts(base))
    for rank, other in enumerate(others):
        yield token.start, token.start + len(base), other, rank_cost(rank)


def _other_counts(base: str) -> Iterator[str]:
    low, comma, high = base.strip("{}").partition(",")
    least, most = int(low or 0), int(high or low or 0)
    if not comma:
        yield from (
            f"{{{least},}}",
            f"{{{least + 1}}}",
            f"{{{max(least - 1, 1)}}}",
            f"{{1,{least}}}",
            "+",
            "*",
        )
        return
    if high:
        yield from (f"{{{low},{most + 1}}}", f"{{{low},}}")
    yield from (f"{{{least + 1},{high}}}", f"{{{max(least - 1, 0)},{high}}}")
    if most > max(least, 1):
        yield f"{{{low},{most - 1}}}"


def _new_quantifier(token: Token) -> Iterator[Change]:
    if token.kind in {"set", "dot", "close"} or (token.kind == "escape" and token.text[1] in "dwsDWS"):
        costs = (("?", 0.6), ("*", 0.8), ("+", 0.7))
    elif token.kind == "escape" and not token.text[1].isalnum():
        costs = (("?", 0.8), ("*", 1.2), ("+", 1.2))
    elif token.kind == "char" and not token.text.isalnum():
        costs = (("?", 1.0), ("*", 1.4), ("+", 1.4))
    elif token.kind == "char":
        costs = (("?", 1.8),)
    else:
        return
    for text, cost in costs:
        yield token.end, token.end, text, cost


def matched(tokens: Sequence[Token], wanted: Sequence[str]) -> Iterator[Change]:
    """Other characters matched: another class, one more or less in a set, a set turned round, `.` escaped."""
    for token in tokens:
        if token.kind == "dot":
            yield token.start, token.end, "\\.", 0.2
            yield token.start, token.end, "[\\s\\S]", 0.9
        elif token.kind == "escape":
            for rank, other in enumerate(_ESCAPES.get(token.text, ())):
                yield token.start, token.end, other, 0.3 + rank_cost(rank)
        elif token.kind == "set":
            yield from _other_set(token, wanted)


def _other_set(token: Token, wanted: Sequence[str]) -> Iterator[Change]:
    negated = token.text.startswith("[^")
    opening = "[^" if negated else "["
    content = token.text[len(opening) : -1]
    yield token.start, token.end, f"[{'' if negated else '^'}{content}]", 0.9
    items = _ITEM.findall(content)
    for rank, new in enumerate(_additions(items, wanted)):
        yield token.start, token.end, f"{opening}{content}{new}]", 0.2 + rank_cost(rank)
    for rank in range(len(items[:_LONGEST_CLASS]) if len(items) > 1 else 0):
        kept = "".join(items[:rank] + items[rank + 1 :])
        yield token.start, token.end, f"{opening}{kept}]", 0.9 + 0.5 * rank_cost(rank)


def _additions(items: Sequence[str], wanted: Sequence[str]) -> list[str]:
    present = set(items) | {item[1:] for item in items if item[0] == "\\"}
    special = [one for one in wanted if not one.isalnum() and one.isprintable()][:_CHARACTERS_TRIED]
    written = [one if one not in "-]^\\[" else "\\" + one for one in special if one not in present]
    usual = ["\\-" if one == "-" else one for one in _ADDED if one not in present]
    return list(dict.fromkeys([*written, *usual]))


def anchored(tokens: Sequence[Token], length: int) -> Iterator[Change]:
    """Held to the start, the end or a word, or not; white space let through at either end."""
    for token in tokens:
        if token.kind == "anchor":
            others = ("\\Z", "", "\\b") if token.text == "$" else ("", "\\A", "\\b")
            for rank, other in enumerate(others):
                yield token.start, token.end, other, rank_cost(rank)
    first, last = (tokens[0].text, tokens[-1].text) if tokens else ("", "")
    if first not in {"^", "\\A", "\\b"}:
        for rank, text in enumerate(("^", "\\b", "\\s*", "\\A")):
            yield 0, 0, text, 0.2 + rank_cost(rank)
    if last not in {"$", "\\Z", "\\b"}:
        for rank, text in enumerate(("$", "\\b", "\\Z", "\\s*")):
            yield length, length, text, 0.1 + rank_cost(rank)


def inserted(tokens: Sequence[Token]) -> Iterator[Change]:
    """A sign that may stand before a number, white space that may stand around a separator."""
    for place, token in enumerate(tokens):
        if token.text == "\\d" or (token.kind == "set" and "0-9" in token.text):
            for rank, text in enumerate(("-?", "[+-]?", "\\s*")):
                yield token.start, token.start, text, 0.3 * rank
        separator = token.text in _SEPARATORS
        repeated = place + 1 < len(tokens) and tokens[place + 1].kind == "quantifier"
        if separator or token.text in {"(", "(?:"}:
            if separator:
                yield token.start, token.start, "\\s*", 0.4
            if not repeated:
                yield token.end, token.end, "\\s*", 0.5


def surrounded(tokens: Sequence[Token]) -> Iterator[Change]:
    """Only where something doesn't stand before or after: at either end, and beside signs that stand for themselves."""
    for place, token in enumerate(tokens):
        first, last = place == 0, place + 1 == len(tokens)
        following = "" if last else tokens[place + 1].kind
        sign = token.kind in {"char", "escape"} and not token.text[-1].isalnum()
        if first or (sign and tokens[place - 1].kind != "quantifier"):
            for rank, text in enumerate(_NOT_BEFORE):
                yield token.start, token.start, text, rank_cost(rank) + (0.0 if first else 0.6)
        ends = last or following in {"close", "bar"}
        if (ends and token.kind != "bar") or (sign and following != "quantifier"):
            for rank, text in enumerate(_NOT_AFTER):
                yield token.end, token.end, text, rank_cost(rank) + (0.0 if ends else 0.6)


def grouped(tokens: Sequence[Token], pattern: str) -> Iterator[Change]:
    """A group captured or not, looked for or not; alternatives in another order, or one left out."""
    for token in tokens:
        if token.text in {"(", "(?:"}:
            yield token.start, token.end, "(?:" if token.text == "(" else "(", 0.3
        elif token.kind == "look":
            opposite = token.text[:-1] + ("!" if token.text[-1] == "=" else "=")
            yield token.start, token.end, opposite, 0.4
    for branches in _alternatives(tokens, len(pattern)):
        for place, (start, end) in enumerate(branches):
            if place:
                before, middle = branches[place - 1]
                swapped = f"{pattern[start:end]}|{pattern[before:middle]}"
                yield before, end, swapped, 0.4 + 0.1 * place
                yield middle, end, "", 1.0 + 0.1 * place
            else:
                yield start, branches[1][0], "", 1.0


def _alternatives(tokens: Sequence[Token], length: int) -> list[list[tuple[int, int]]]:
    """The alternatives of each group that has several, as spans."""
    found: list[list[tuple[int, int]]] = []
    pending: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]
    for token in tokens:
        start, branches = pending[-1]
        if token.kind in {"open", "look"}:
            pending.append((token.end, []))
        elif token.kind == "bar":
            pending[-1] = (token.end, [*branches, (start, token.start)])
        elif token.kind == "close" and len(pending) > 1:
            pending.pop()
            found.append([*branches, (start, token.start)])
    start, branches = pending[0]
    found.append([*branches, (start, length)])
    return [group for group in found if 1 < len(group) <= _MOST_BRANCHES]


def is_valid(pattern: str) -> bool:
    """Whether `re` takes the pattern, and takes it without a warning."""
    if any(_is_doubtful(found[0][1:-1]) for found in _SET.finditer(pattern)):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def stays_valid(pattern: str, change: Change) -> bool:
    """Whether the valid `pattern` is valid after `change`.

    What is repeated, or one matched character for another, can go wrong only in itself, so that the
    whole needs to be compiled again only where it has parts that must have a fixed length.
    """
    start, end, new, _ = change
    changed = pattern[:start] + new + pattern[end:]
    if not changed:
        return False
    if not _FIXED.search(pattern):
        if new.startswith("["):
            return is_valid(new)
        if _REPEATED.fullmatch(new):
            return True
    return is_valid(changed)


def _is_doubtful(content: str) -> bool:
    """What `re` warns of: it may come to mean a set in a set."""
    plain = re.sub(r"\\.", "", content)
    return plain.startswith("[") or any(sign in plain for sign in _RISKY)
