"""Which lines belong together: a statement over several lines, the head of a compound one, its decorators."""

from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.statements import one_per_statement, spread_lines, statement_spans
from macrohard_lsp.testing.localisation import Suspect

SOURCE = """\
import os

LIMITS = {
    "a": 1,
}


@cached(
    size=3,
)
def f(
    x,
):
    if (
        x
        > 1
    ):
        return [
            x,
        ]
    return 0


class C:
    n = 1

    @property
    def m(self):
        return self.n
"""


def spans():
    return statement_spans(SourceContext("a.py", SOURCE).root)


def test_every_line_knows_its_statement():
    found = spans()
    assert found[1] == (1, 1)
    assert found[4] == (3, 5)
    assert found[8] == found[12] == (8, 13)
    assert found[15] == (14, 17)
    assert found[19] == (18, 20)
    assert found[21] == (21, 21)
    assert found[24] == (24, 24)
    assert found[25] == (25, 25)
    assert found[28] == (27, 28)
    assert 2 not in found


def test_coverage_is_spread_over_whole_statements():
    spread = spread_lines({"a.py": frozenset({16, 21}), "other.py": frozenset({3})}, {"a.py": spans()})
    assert spread == {"a.py": frozenset({14, 15, 16, 17, 21}), "other.py": frozenset({3})}


def test_a_statement_is_suspected_once():
    suspects = [Suspect("a.py", 16, 0.9), Suspect("a.py", 14, 0.5), Suspect("a.py", 21, 0.4)]
    assert one_per_statement(suspects, {"a.py": spans()}) == (
        Suspect("a.py", 14, 0.9),
        Suspect("a.py", 21, 0.4),
    )
