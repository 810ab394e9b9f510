"""Every family against its fixture in `cases/`: a small source, a line `----`, and what the family makes of it.

Each line of the expectation is a candidate: its summary, then the lines it leaves in place of the
old ones. A first line `# expected: […]` of the source says which strings the failing tests name,
`# expected numbers: […]` which numbers.
`UPDATE_EXPECTATIONS=1` writes the expectations anew; read the difference before committing it.
"""

import ast
import os
from pathlib import Path

import pytest

from macrohard_lsp.repair.operators import FAMILIES, candidates_for
from macrohard_lsp.repair.operators.fitted import FITTED
from macrohard_lsp.repair.scope import SourceContext

CASES = Path(__file__).parent / "cases"
SEPARATOR = "----\n"
EXPECTED = "# expected: "
NUMBERS = "# expected numbers: "


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_family(family):
    case = CASES / f"{family.name}.case"
    source, _, expected = case.read_text(encoding="utf-8").partition(SEPARATOR)
    first, _, _ = source.partition("\n")
    literals = ast.literal_eval(first.removeprefix(EXPECTED)) if first.startswith(EXPECTED) else ()
    numbers = ast.literal_eval(first.removeprefix(NUMBERS)) if first.startswith(NUMBERS) else ()
    found = list(candidates_for(SourceContext("code.py", source, literals, numbers), None, (family,)))
    for candidate in found:
        ast.parse(candidate.apply(source))
    actual = "".join(f"{candidate.summary} => {changed_lines(source, candidate)}\n" for candidate in found)
    if os.environ.get("UPDATE_EXPECTATIONS"):
        case.write_text(source + SEPARATOR + actual, encoding="utf-8")
    else:
        assert actual == expected
    assert found, "a fixture that shows nothing can't fail"


def test_every_fixture_belongs_to_a_family():
    assert {case.stem for case in CASES.iterdir()} == {family.name for family in FAMILIES}


def test_every_fitted_prior_belongs_to_a_family():
    assert set(FITTED) <= {family.name for family in FAMILIES}
    assert all(family.prior == FITTED.get(family.name, family.prior) for family in FAMILIES)


def test_names_of_families_are_unique():
    names = [family.name for family in FAMILIES]
    assert len(names) == len(set(names))


def changed_lines(source, candidate):
    old, new = source.split("\n"), candidate.apply(source).split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return " ⏎ ".join(new) if new else "(nothing)"
