"""Where the fault is, from failing tests that really run: what held before one failed, and what git says changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.finding import FindingKind, Severity
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.localise import localise, suspect_findings
from macrohard_lsp.engine.measure import measure
from macrohard_lsp.engine.requests import TestRequest
from macrohard_lsp.engine.workplace import open_workplace

pytestmark = pytest.mark.usefixtures("sandbox")

CODE = """\
def price(kind, count):
    if kind == "apple":
        each = 2
    elif kind == "pear":
        each = 4
    else:
        each = 1
    return each * count
"""
TESTS = """\
from shop import price


def test_prices():
    assert price("apple", 2) == 4
    assert price("plum", 3) == 3
    assert price("pear", 1) == 3
"""


def suspects(folder: Path) -> list[tuple[int, float]]:
    """Lines of the program, most suspicious first, with what the message says of them."""
    variables = {"PATH": os.environ["PATH"], "VIRTUAL_ENV": sys.prefix}
    context = EngineContext({}, None, lambda _: None, Cancel(), variables, Path.home())
    request = TestRequest(folder, tier=Tier.NAMESPACE)
    workplace = open_workplace(request, context)
    measured = measure(workplace, request, context)
    assert set(measured.confirmed) == {"test_shop.py::test_prices"}
    located = localise(workplace, measured.baselines[0], measured.confirmed, 0, context)
    findings = suspect_findings(located.task)
    assert {each.kind for each in findings} == {FindingKind.SUSPECT}
    assert {each.severity for each in findings} == {Severity.HINT}
    assert {each.location.path for each in findings if each.location} == {"shop.py"}
    return [
        (each.location.line, float(each.message.rpartition(" ")[2].rstrip(").")))
        for each in findings
        if each.location
    ]


def test_what_held_speaks_for_its_lines_and_what_changed_against_its_own(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(CODE)
    (tmp_path / "test_shop.py").write_text(TESTS)
    # Only the assertion that failed runs line 5; the other two run all of the others that it runs.
    scores = dict(found := suspects(tmp_path))
    assert found[0] == (5, 1.0)
    assert scores[5] > scores[4] > scores[8] == scores[2] > scores[7] == scores[3]
    assert [line for line, _ in found[:6]] == [5, 4, 8, 2, 7, 3]
    if shutil.which("git") is None:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail("git is missing")
        pytest.skip("git is missing")
    (tmp_path / "shop.py").write_text(CODE.replace("each * count", "count * each"))
    names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in ("init", "add .", "commit -m one"):
        subprocess.run(
            ["git", *words.split()],
            cwd=tmp_path,
            env={**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull},
            check=True,
            capture_output=True,
        )
    (tmp_path / "shop.py").write_text(CODE)
    changed = dict(suspects(tmp_path))
    assert changed[8] == pytest.approx(scores[8] + 0.15, abs=0.011)
    assert {line: changed[line] for line in (2, 4, 5)} == {line: scores[line] for line in (2, 4, 5)}
