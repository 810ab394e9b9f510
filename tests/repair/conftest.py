"""What the tests of the repair engine share."""

from collections.abc import Callable

import pytest

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.operators import FAMILIES, candidates_for
from macrohard_lsp.repair.scope import SourceContext


@pytest.fixture
def candidates() -> Callable[..., list[Candidate]]:
    """All candidates of a source text, or those of one family."""

    def find(text: str, family: str | None = None, lines: set[int] | None = None) -> list[Candidate]:
        families = tuple(item for item in FAMILIES if family in {None, item.name})
        return list(candidates_for(SourceContext("code.py", text), lines, families))

    return find
