"""Which failing tests run the function that a candidate is in."""

from collections.abc import Mapping

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.task import RepairTask


class Surroundings:
    """Answers for one task, remembered by function."""

    def __init__(self, task: RepairTask, sources: Mapping[str, SourceContext]) -> None:
        self._task = task
        self._sources = sources
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def failing(self, candidate: Candidate) -> frozenset[str]:
        """The failing tests that run a line of the candidate's function; none where it is in no function."""
        key = (candidate.path, candidate.function)
        if key not in self._known:
            lines = self._lines(*key)
            self._known[key] = frozenset(
                name
                for name in self._task.failing
                if not lines.isdisjoint(self._task.coverage.get(name, {}).get(candidate.path, frozenset()))
            )
        return self._known[key]

    def _lines(self, path: str, function: str) -> frozenset[int]:
        source = self._sources[path]
        bodies = [
            body
            for node in source.nodes
            if node.kind == "function_definition" and (body := node.get("body")) is not None
        ]
        return frozenset(
            line
            for body in bodies
            if function and source.qualified_name(body) == function
            for line in range(body.line, body.end_line + 1)
        )
