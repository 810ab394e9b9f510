"""The walk lists exactly what git lists, on trees and rules made to be awkward."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from macrohard_lsp.workspace.ignore_rules import parse_rules
from macrohard_lsp.workspace.read import read_snapshot

NAMES = [
    "a",
    "b",
    "ab",
    "abc",
    "a.log",
    "x.py",
    "keep",
    "b.d",
    "a b",
    "é",
    "[a]",
    "a-b",
    "#c",
    "!d",
    " sp",
    "tr ",
]
GLOBS = [
    *(
        "*",
        "a*",
        "*b",
        "?",
        "??",
        "[ab]",
        "[!a]",
        "[a-c]*",
        "*.log",
        "*.py",
        "**",
        "a?c",
        "[[:alpha:]]",
        "[]a]",
    ),
    *("[z-a]", "[a", "\\a", "\\*", "\\#c", "\\!d", "*a*b*", "b.*", "[^b]*", "[a-", "[[:foo:]]", "a**", "***"),
    *("[\\a]b", "?é", "\\[a\\]", "[!-~]", ""),
]
SEGMENT = st.sampled_from(NAMES + GLOBS)
PATTERN = st.builds(
    lambda sign, anchor, segments, end, spaces: sign + anchor + "/".join(segments) + end + spaces,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "", "/"]),
    st.lists(SEGMENT, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/**"]),
    st.sampled_from(["", "", "", " ", "\\ "]),
)
RULES = st.builds(
    lambda lines, end, last: end.join(lines) + last,
    st.lists(PATTERN, min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)
PATHS = st.lists(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join),
    min_size=1,
    max_size=15,
    unique=True,
)


def build(root: Path, paths: list[str], rules: list[tuple[int, str]]) -> list[str]:
    """Make what fits of `paths`, put each set of rules into one of the folders, return the files made."""
    made: list[str] = []
    for path in paths:
        if any(other.startswith(path + "/") or path.startswith(other + "/") for other in made):
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")
        made.append(path)
    folders = sorted({root, *((root / path).parent for path in made)})
    for where, text in rules:
        (folders[where % len(folders)] / ".gitignore").write_bytes(text.encode())
    return made


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=PATHS,
    rules=st.lists(st.tuples(st.integers(0, 9), RULES), min_size=1, max_size=4),
    excluded=st.just("") | RULES,
    tracked=st.lists(st.integers(0, 20), max_size=3),
)
@example(paths=["keep/x.log", "keep/y"], rules=[(0, "*.log\n!keep/\n")], excluded="", tracked=[])
@example(paths=["build/a", "build/b/c"], rules=[(0, "build/*\n!build/b/\n")], excluded="", tracked=[])
@example(paths=["d/a", "d/b"], rules=[(0, "d\n"), (1, "!a\n")], excluded="", tracked=[1])
@example(paths=["a-b/b/keep", "ab"], rules=[(0, "a**/??\n")], excluded="!ab", tracked=[])
def test_lists_what_git_lists(
    git: Callable[..., str], paths: list[str], rules: list[tuple[int, str]], excluded: str, tracked: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made = build(root, paths, rules)
        for part in (
            "objects",
            "refs",
            "info",
        ):  # A repository by hand: `git init` would be most of the time.
            (root / ".git" / part).mkdir(parents=True)
        (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (root / ".git/info/exclude").write_text(excluded)
        if kept := [made[index % len(made)] for index in tracked]:
            git(root, "--literal-pathspecs", "add", "-f", "--", *kept)
        listed = git(root, "ls-files", "-coz", "--exclude-standard").split("\0")
        assert set(read_snapshot(root).files) == {path for path in listed if path}


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "**/a" * 12 + "/b", "**/*a*a*a*a*a*a*b/" * 5 + "x"])
def test_no_pattern_makes_the_walk_hang(pattern: str) -> None:
    """The usual translation to a regular expression needs hours for these."""
    name, path = b"a" * 250, b"/".join([b"a" * 250] * 10)
    started = time.monotonic()
    assert parse_rules(os.fsencode(pattern)).verdict(name, path) is None
    assert time.monotonic() - started < 5
