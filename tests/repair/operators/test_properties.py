"""What holds for every candidate of every family, over real code."""

import ast
import re
import sysconfig
import warnings
from pathlib import Path

import pytest

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.operators import candidates_for
from macrohard_lsp.repair.scope import SourceContext

# Trying every candidate of the standard library would take minutes; every so many-th is representative.
EVERY = 19
LONGEST_DEFINITION = 45
MODULES = (
    "argparse", "ast", "asyncio/queues", "asyncio/tasks", "base64", "bisect", "calendar", "cmd", "codecs", "colorsys",
    "configparser", "contextlib", "copy", "csv", "dataclasses", "difflib", "enum", "fnmatch", "fractions", "functools",
    "getopt", "glob", "graphlib", "heapq", "inspect", "ipaddress", "linecache", "locale", "mimetypes", "numbers",
    "operator", "pathlib", "queue", "random", "reprlib", "sched", "shlex", "statistics", "string", "textwrap",
)  # fmt: skip

SAMPLE = '''
LIMIT = 3


class Alpha(Beta):
    """Docstrings stay: limit < 3."""

    def gamma(self, delta, epsilon=[], *, zeta=None):
        """Search < 1."""
        self.eta = delta  # comment with delta < 2
        for index, theta in enumerate(delta[1:]):
            if theta is None or theta == self.eta:
                continue
            if not zeta and index < LIMIT:
                epsilon.append((theta, index + 1))
                return epsilon
            else:
                kappa = self.gamma(theta, epsilon)
        print(f"{delta!r:>{epsilon}} {index + 1}", 'x-y')
        lamda = [mu for mu in kappa if mu > index and mu]
        try:
            return sorted(lamda, key=len)[-1]
        except (KeyError, IndexError):
            raise ValueError(zeta) from None
'''
NAMES = [
    "Alpha",
    "Beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "index",
    "theta",
    "kappa",
    "lamda",
    "mu",
    "LIMIT",
]


def definitions():
    """Functions and classes of the standard library, each as a file of its own."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for module in MODULES:
        path = library / f"{module}.py"
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            lines = (node.end_lineno or 0) - node.lineno
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
                and lines < LONGEST_DEFINITION
            ):
                yield ast.get_source_segment(text, node) + "\n"


def parses(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "code.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def test_over_the_standard_library_candidates_compile_and_read_well():
    tried, broken = 0, []
    for source in list(definitions())[::40]:
        for candidate in list(candidates_for(SourceContext("code.py", source), None))[::EVERY]:
            tried += 1
            assert candidate.summary and "\n" not in candidate.summary and len(candidate.summary) <= 100
            assert not candidate.summary.endswith(".") and candidate.prior > 0
            if not parses(candidate.apply(source)):
                broken.append(candidate)
    assert tried > 300
    assert len(broken) <= 0.005 * tried, broken[:10]


@pytest.mark.parametrize(
    "ending, indent, names",
    [
        ("\r\n", "    ", {}),
        ("\n", "\t", {}),
        ("\r\n", "\t", {"delta": "数据", "index": "索引"}),
        ("\n", "    ", {name: f"{name.swapcase()}_that_is_much_longer" for name in NAMES}),
        ("\n", "  ", {name: f"é{number}" for number, name in enumerate(NAMES)}),
    ],
    ids=["crlf", "tabs", "cjk-crlf-tabs", "other-names", "accents"],
)
def test_neither_names_nor_line_endings_nor_indentation_change_the_candidates(
    candidates, ending, indent, names
):
    """Candidates of the rewritten file, applied, are the rewritten results of the file's, in the same order."""

    def rewritten(text):
        text = re.sub(r"^( {4})+", lambda match: indent * (len(match.group()) // 4), text, flags=re.MULTILINE)
        text = re.sub(r"\w+", lambda match: names.get(match.group(), match.group()), text)
        return text.replace("\n", ending)

    plain = candidates(SAMPLE)
    other = candidates(rewritten(SAMPLE))
    assert [item.family for item in other] == [item.family for item in plain]
    assert [item.line for item in other] == [item.line for item in plain]
    for before, after in zip(plain, other, strict=True):
        assert after.apply(rewritten(SAMPLE)) == rewritten(before.apply(SAMPLE)), before


@pytest.mark.parametrize(
    "extra",
    ["# 🐍🐍 emoji above, 注释\n", "\f\n", "text = '🦀 🦀'\n", "\f# page\n\n"],
    ids=["emoji-comment", "form-feed", "emoji-string", "form-feed-comment"],
)
def test_what_stands_above_stays_byte_for_byte(candidates, extra):
    count = extra.count("\n")
    lines = set(range(2, SAMPLE.count("\n") + 1))
    plain = candidates(SAMPLE, "comparison-operator", lines)
    moved = candidates(extra + SAMPLE, "comparison-operator", {line + count for line in lines})
    assert [item.apply(extra + SAMPLE) for item in moved] == [extra + item.apply(SAMPLE) for item in plain]


def test_without_final_newline_nothing_is_added(candidates):
    source = "def f(a):\n    return a < 1"
    for candidate in candidates(source):
        assert parses(candidate.apply(source)), candidate
        assert not candidate.apply(source).endswith("\n") or candidate.family == "delete-statement"


def test_two_runs_give_the_same(candidates):
    assert candidates(SAMPLE) == candidates(SAMPLE)


def test_cheapest_first_and_no_text_twice(candidates):
    found = candidates(SAMPLE)
    assert [item.prior for item in found] == sorted(item.prior for item in found)
    assert len({item.edits for item in found}) == len(found)
    assert SAMPLE not in {item.apply(SAMPLE) for item in found}


def test_only_the_lines_asked_for(candidates):
    line = next(number for number, text in enumerate(SAMPLE.split("\n"), 1) if "theta is None" in text)
    found = candidates(SAMPLE, None, {line})
    assert found and {item.line for item in found} == {line}
    assert {item.function for item in found} == {"Alpha.gamma"}


def test_a_later_line_of_a_statement_belongs_to_the_statement(candidates):
    source = "def f(a):\n    return g(\n        a < 1,\n    )\n"
    assert [item.line for item in candidates(source, "comparison-operator", {2})][:1] == [2]


def test_docstrings_and_comments_are_never_changed(candidates):
    for candidate in candidates(SAMPLE):
        changed = candidate.apply(SAMPLE)
        for kept in ('"""Docstrings stay: limit < 3."""', '"""Search < 1."""', "# comment with delta < 2"):
            assert kept in changed, candidate


def test_a_file_that_does_not_parse_is_no_error(candidates):
    for source in ("def f(:\n    return 1 <\n", "", "\n", "x = (", "\ufeff", "class"):
        assert all(isinstance(item, Candidate) for item in candidates(source))


def test_the_space_stays_within_bounds(candidates):
    body = SAMPLE.strip("\n")
    assert 2000 < len(candidates(body)) < 15000


def test_literals_from_elsewhere_are_tried_first():
    source = SourceContext("code.py", 'x = "Jupyter"\n', literals=("Jupiter",))
    texts = [item.apply(source.text) for item in candidates_for(source, None)]
    assert 'x = "Jupiter"\n' in texts[:3]


def test_long_names_and_broken_lines_still_make_a_short_summary(candidates):
    name = "a_name_that_goes_on_and_on_" * 4
    source = f"def f({name}, b={{\n    1: 2\n}}):\n    {name}[\n        b\n    ] = b[{name}] + 1\n    return {name}\n"
    found = candidates(source)
    assert len(found) > 100
    assert all(len(item.summary) <= 100 and "\n" not in item.summary for item in found)
