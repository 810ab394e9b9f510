"""Reading from `package.json` that its tests are run by `node --test`, without asking npm or a shell."""

import json
import re
import shlex
from collections.abc import Iterable
from typing import Any

from macrohard_lsp.environment.layout import at

PACKAGE = "package.json"
_SHELL = re.compile(r"[|&;<>$`\n\\(){}]|^\s*[A-Za-z_]\w*=")
"""What only a shell understands: such a script is not this one command."""


def node_test_arguments(text: str, paths: Iterable[str]) -> tuple[str, ...] | None:
    """The arguments of `node` in `scripts.test`, where that is `node … --test …` and nothing else.

    `paths` are the files below the directory of `package.json`, for the patterns that a shell would have filled in.
    """
    try:
        script: Any = at(json.loads(text), "scripts", "test")
    except (ValueError, RecursionError):
        return None
    if not isinstance(script, str) or _SHELL.search(script):
        return None
    try:
        words = shlex.split(script)
    except ValueError:
        return None
    if len(words) < 2 or words[0] != "node" or "--test" not in words:
        return None
    if any(word.startswith("--watch") for word in words):
        return None
    bare = set(script.split())
    filled = (_filled_in(word, paths) if word in bare else (word,) for word in words[1:])
    return _without_reporters([word for some in filled for word in some])


def _filled_in(word: str, paths: Iterable[str]) -> tuple[str, ...]:
    """As a shell fills in a pattern: what nothing matches stays as it is. `**` is no more than `*` to it."""
    if word.startswith("-") or not set(word) & set("*?"):
        return (word,)
    pieces = ("[^/]*" if piece == "*" else "[^/]" if piece == "?" else re.escape(piece) for piece in word)
    pattern = re.compile("".join(pieces).removeprefix(re.escape("./")))
    return tuple(sorted(path for path in paths if pattern.fullmatch(path))) or (word,)


def test_line(text: str) -> int:
    """The line of `package.json` on which the script stands."""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r'\s*"test"\s*:', line):
            return number
    return 1


def _without_reporters(words: list[str]) -> tuple[str, ...]:
    """Node writes as many reports as it is asked for; ours is the one to stdout."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in ("--test-reporter", "--test-reporter-destination"):
            next(rest, None)
        elif not word.startswith(("--test-reporter=", "--test-reporter-destination=")):
            kept.append(word)
    return tuple(kept)
