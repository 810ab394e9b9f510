"""Git's ignore patterns, one file of them at a time.

The rules come with the repository, so they are untrusted: every `*` becomes an atomic group, which
matches in time linear in the path, where the usual translation to a regular expression can be made to
backtrack for hours. Matching is on bytes, as git's is: `?` stands for one byte.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

MAX_RULES = 5_000  # per file; further lines are not read.

_CLASSES = {
    b"alnum": rb"[0-9A-Za-z]",
    b"alpha": rb"[A-Za-z]",
    b"blank": rb"[ \t]",
    b"cntrl": rb"[\x00-\x1f\x7f]",
    b"digit": rb"[0-9]",
    b"graph": rb"[!-~]",
    b"lower": rb"[a-z]",
    b"print": rb"[ -~]",
    b"punct": rb"[!-/:-@\[-`{-~]",
    b"space": rb"[ \t\n\r\f\v]",
    b"upper": rb"[A-Z]",
    b"xdigit": rb"[0-9A-Fa-f]",
}
_LITERAL = re.compile(rb"[^*?\[\\]+")
_SLASH = ord("/")


class _NeverMatchesError(ValueError):
    """The pattern is malformed; git keeps it and it matches nothing."""


class _Rule(NamedTuple):
    ignore: bool
    by_name: bool
    regex: bytes


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring rules that agree whether to ignore, so that their order doesn't matter."""

    ignore: bool
    names: re.Pattern[bytes] | None
    paths: re.Pattern[bytes] | None

    def matches(self, name: bytes, path: bytes) -> bool:
        if self.names is not None and self.names.fullmatch(name):
            return True
        return self.paths is not None and self.paths.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules of one `.gitignore`, last first."""

    groups: tuple[_Group, ...]

    def verdict(self, name: bytes, path: bytes) -> bool | None:
        """True to ignore, False to keep, None when no rule speaks of it.

        `path` is relative to the folder of the rules and `name` its last part; both end in `/` for a
        directory. Only rules that match this very path count: whoever walks doesn't enter ignored folders.
        """
        for group in self.groups:
            if group.matches(name, path):
                return group.ignore
        return None


@lru_cache(maxsize=256)
def parse_rules(data: bytes) -> IgnoreRules:
    """Read the content of a `.gitignore`. Malformed lines match nothing, as in git; nothing is raised."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:MAX_RULES]
    rules = [rule for line in lines if (rule := _rule(line.removesuffix(b"\r"))) is not None]
    rules.reverse()
    return IgnoreRules(
        tuple(_group(ignore, list(run)) for ignore, run in groupby(rules, lambda rule: rule.ignore))
    )


def _group(ignore: bool, rules: list[_Rule]) -> _Group:
    return _Group(
        ignore,
        _any_of([rule.regex for rule in rules if rule.by_name]),
        _any_of([rule.regex for rule in rules if not rule.by_name]),
    )


def _any_of(regexes: list[bytes]) -> re.Pattern[bytes] | None:
    return re.compile(b"|".join(regexes), re.DOTALL) if regexes else None


def _rule(line: bytes) -> _Rule | None:
    if line.startswith(b"#"):
        return None
    pattern = _without_trailing_spaces(line)
    ignore = not pattern.startswith(b"!")
    pattern = pattern if ignore else pattern[1:]
    only_directories = pattern.endswith(b"/")
    pattern = pattern[:-1] if only_directories else pattern
    by_name = b"/" not in pattern
    pattern = pattern.removeprefix(b"/")
    if not pattern:
        return None
    try:
        regex = _glob(pattern) if by_name else _path_regex(pattern)
    except _NeverMatchesError:
        return None
    # The mark of a directory must not be taken for the slash of the pattern: `a/*` doesn't match `a` itself.
    return _Rule(ignore, by_name, regex + (rb"(?<!/)/" if only_directories else rb"(?<!/)/?"))


def _without_trailing_spaces(line: bytes) -> bytes:
    kept = line.rstrip(b" ")
    backslashes = len(kept) - len(kept.rstrip(b"\\"))
    escaped = backslashes % 2 == 1 and len(kept) < len(line)
    return kept + b" " if escaped else kept


def _path_regex(pattern: bytes) -> bytes:
    """`**/` is any number of folders; what lies between two of them may keep its first match.

    Git compares what stands before the first wildcard apart, so `a**/b` means `a` and then `**/b`.
    """
    literal = _LITERAL.match(pattern)
    start = re.escape(literal[0]) if literal else b""
    pattern = pattern[len(literal[0]) :] if literal else pattern
    trailing = re.search(rb"(?:^|(?<=/))\*{2,}$", pattern)
    if trailing is not None:
        pattern = pattern[: trailing.start()]
    first, *rest = re.split(rb"(?:^|(?<=/))\*{2,}/", pattern)
    regex = start + _glob(first)
    for part in rest[:-1]:
        regex += rb"(?>(?:.*?/)??" + _glob(part) + rb")"
    if rest:
        regex += rb"(?:.*/)?" + _glob(rest[-1])
    return regex + (rb".*" if trailing is not None else b"")


def _glob(pattern: bytes) -> bytes:
    """Translate a pattern in which every `*` stays within one part of the path."""
    chunks: list[bytes] = [b""]
    position = 0
    while position < len(pattern):
        fragment, position = _fragment(pattern, position)
        if fragment is not None:
            chunks[-1] += fragment
        elif len(chunks) == 1 or chunks[-1]:
            chunks.append(b"")
    regex = chunks[0]
    for chunk in chunks[1:-1]:
        regex += rb"(?>[^/]*?" + chunk + rb")"
    return regex + (rb"[^/]*" + chunks[-1] if len(chunks) > 1 else b"")


def _fragment(pattern: bytes, position: int) -> tuple[bytes | None, int]:
    """The regular expression of what stands at `position` (None for a star), and where it ends."""
    character = pattern[position : position + 1]
    if character == b"*":
        return None, position + 1
    if character == b"?":
        return rb"[^/]", position + 1
    if character == b"[":
        return _bracket(pattern, position + 1)
    if character == b"\\":
        position += 1
        if position == len(pattern):
            raise _NeverMatchesError
    return re.escape(pattern[position : position + 1]), position + 1


def _bracket(pattern: bytes, position: int) -> tuple[bytes, int]:
    """Read a set such as `[!a-z[:digit:]]`, as git's matcher does: a `]` in first place is a member."""
    negated = pattern[position : position + 1] in (b"!", b"^")
    position += negated
    members: set[int] = set()
    start = position
    previous: int | None = None
    while position == start or pattern[position : position + 1] != b"]":
        if named := re.compile(rb"\[:([^\]]*):\]").match(pattern, position):
            if named[1] not in _CLASSES:
                raise _NeverMatchesError
            members.update(byte for byte in range(256) if re.match(_CLASSES[named[1]], bytes([byte])))
            previous, position = None, named.end()
            continue
        is_range = (
            pattern[position : position + 1] == b"-"
            and previous is not None
            and pattern[position + 1 : position + 2] not in (b"", b"]")
        )
        byte, position = _member(pattern, position + is_range)
        if is_range and previous is not None:
            members.update(range(previous, byte + 1))
        else:
            members.add(byte)
        previous = None if is_range else byte
    if negated:
        members = set(range(256)) - members
    members.discard(_SLASH)
    body = b"".join(rb"\x%02x" % byte for byte in sorted(members))
    return (b"[" + body + b"]" if body else rb"(?!)"), position + 1


def _member(pattern: bytes, position: int) -> tuple[int, int]:
    if pattern[position : position + 1] == b"\\":
        position += 1
    if position >= len(pattern):
        raise _NeverMatchesError
    return pattern[position], position + 1
