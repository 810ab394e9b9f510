"""From a line in a Snapshot to a span in an editor's document."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from macrohard_lsp.core.finding import Finding, FindingKind, Location
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.text import LineIndex, PositionEncoding
from macrohard_lsp.host.client.events import PlacedFinding, PlacedText
from macrohard_lsp.host.client.messages import Span

_WHITE = " \t\f"


@dataclass(slots=True)
class Placer:
    """Places what was found in one Snapshot. `versions` are those of the buffers that were laid over it."""

    snapshot: Snapshot
    versions: Mapping[str, int]
    encoding: PositionEncoding
    _indexes: dict[str, LineIndex | None] = field(default_factory=dict[str, LineIndex | None])

    def finding(self, finding: Finding) -> PlacedFinding | None:
        """None for one that has no location: an editor has nowhere to show it."""
        if finding.location is None:
            return None
        return PlacedFinding(
            finding.kind,
            finding.severity,
            self.text(finding.location, message_of(finding)),
            finding.tests,
            tuple(self.text(place.location, place.message) for place in finding.related),
        )

    def text(self, location: Location, message: str) -> PlacedText:
        return PlacedText(
            location.path, self.line(location.path, location.line), self.versions.get(location.path), message
        )

    def line(self, path: str, number: int) -> Span:
        """The code of line `number`, counted from 1: without its indentation and what white space follows it."""
        line = max(number - 1, 0)
        index = self.index(path)
        if index is None:
            return Span(line, 0, line + 1, 0)
        start, end = index.line_span(line)
        code = index.text[start:end]
        first = start + len(code) - len(code.lstrip(_WHITE))
        return self.span(index, first, max(first, start + len(code.rstrip())))

    def span(self, index: LineIndex, start: int, end: int) -> Span:
        return span_of(index, start, end, self.encoding)

    def index(self, path: str) -> LineIndex | None:
        if path not in self._indexes:
            file = self.snapshot.get(path)
            known = file is not None and file.text is not None
            self._indexes[path] = LineIndex(file.text or "") if file is not None and known else None
        return self._indexes[path]


def span_of(index: LineIndex, start: int, end: int, encoding: PositionEncoding) -> Span:
    return Span(*index.position(start, encoding), *index.position(end, encoding))


_BEFORE_THE_MESSAGE = {
    FindingKind.FAILING_TEST: "{} fails: ",
    FindingKind.COLLECTION: "{} can't be collected: ",
    FindingKind.NEEDS_SETTING: "{} fails: ",
    FindingKind.FLAKY_TEST: "{} is ",
    FindingKind.SUITE_ORDER: "{} ",
}


def message_of(finding: Finding) -> str:
    """A failure is shown where it happened, which often isn't the test: so the test's name comes first."""
    before = _BEFORE_THE_MESSAGE.get(finding.kind)
    if before is None or not finding.tests:
        return finding.message
    path, _, name = finding.tests[0].partition("::")
    return before.format(name.split("::")[-1] or path) + finding.message
