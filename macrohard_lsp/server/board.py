"""What the host last said of each folder, and the answers made of it, ready before anyone asks."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lsprotocol import types

from macrohard_lsp.core.finding import FindingKind
from macrohard_lsp.host.client.events import (
    FindingsChanged,
    Offer,
    OffersChanged,
    PlacedFinding,
    PlacedText,
)
from macrohard_lsp.server.abilities import Abilities
from macrohard_lsp.server.documents import Document, DocumentStore
from macrohard_lsp.server.places import Folders, uri_of
from macrohard_lsp.server.to_lsp import SOURCE, range_of, severity_of


@dataclass(slots=True)
class FolderBoard:
    """`generation` counts what the host said; a message that is older than the last one changes nothing."""

    sequence: int = -1
    generation: int = 0
    findings: dict[str, tuple[PlacedFinding, ...]] = field(
        default_factory=dict[str, tuple[PlacedFinding, ...]]
    )
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The diagnostics of one document, and what tells them from others."""

    result_id: str
    items: tuple[types.Diagnostic, ...]


_NOTHING = Report("none", ())


class Board:
    """Used on the event loop only."""

    def __init__(self, documents: DocumentStore, folders: Folders, abilities: Abilities) -> None:
        self._documents = documents
        self._folders = folders
        self._abilities = abilities
        self._boards: dict[str, FolderBoard] = {}
        self._reports: dict[str, tuple[int, int | None, Report]] = {}

    def take_findings(self, event: FindingsChanged) -> frozenset[str]:
        """The URIs of the files whose Findings are other ones now."""
        board = self._boards.setdefault(event.folder, FolderBoard())
        if event.sequence <= board.sequence:
            return frozenset()
        board.sequence = event.sequence
        by_path: dict[str, list[PlacedFinding]] = {}
        for finding in event.findings:
            by_path.setdefault(finding.at.path, []).append(finding)
        before = board.findings
        board.findings = {path: tuple(found) for path, found in by_path.items()}
        changed = {
            path for path in {*before, *board.findings} if before.get(path) != board.findings.get(path)
        }
        if changed:
            board.generation += 1
        return frozenset(self.uri(event.folder, path) for path in changed)

    def take_offers(self, event: OffersChanged) -> None:
        self._boards.setdefault(event.folder, FolderBoard()).offers = event.offers

    def forget(self, folder: str) -> frozenset[str]:
        """The folder is gone, or its host: the URIs of the files that had Findings."""
        board = self._boards.pop(folder, None)
        return frozenset(self.uri(folder, path) for path in board.findings) if board else frozenset()

    def uris(self) -> Iterator[str]:
        """Of all files that have Findings."""
        for folder, board in self._boards.items():
            yield from (self.uri(folder, path) for path in board.findings)

    def uri(self, folder: str, path: str) -> str:
        """As the client spells it, where the file is open."""
        spelled = uri_of(folder, path)
        if self._documents.get(spelled) is not None:
            return spelled
        for document in self._documents:
            place = self._folders.place(document.uri)
            if place is not None and (place.folder, place.path) == (folder, path):
                return document.uri
        return spelled

    def report(self, uri: str) -> Report:
        """The diagnostics of a document as it is now."""
        place = self._folders.place(uri)
        board = self._boards.get(place.folder) if place else None
        if place is None or board is None or place.path not in board.findings:
            return _NOTHING
        document = self._documents.get(uri)
        version = document.version if document else None
        known = self._reports.get(uri)
        if known is not None and known[:2] == (board.generation, version):
            return known[2]
        items = tuple(
            self._diagnostic(place.folder, finding, document) for finding in board.findings[place.path]
        )
        report = Report(_digest(items), items)
        self._reports[uri] = (board.generation, version, report)
        return report

    def findings_at(self, uri: str, first: int, last: int) -> Iterator[PlacedFinding]:
        """The Findings that a document shows on the lines `first` to `last`."""
        place, document = self._folders.place(uri), self._documents.get(uri)
        board = self._boards.get(place.folder) if place else None
        for finding in board.findings.get(place.path, ()) if board and place else ():
            shown = range_of(finding.at, document)
            if shown.start.line <= last and shown.end.line >= first:
                yield finding

    def offers_at(self, uri: str, first: int, last: int, tests: frozenset[str]) -> Iterator[Offer]:
        """The offers that edit these lines, or that repair one of `tests`."""
        place, document = self._folders.place(uri), self._documents.get(uri)
        board = self._boards.get(place.folder) if place else None
        for offer in board.offers if board else ():
            edited = (range_of(at, document) for at in offer.places if place and at.path == place.path)
            if tests.intersection(offer.tests) or any(
                shown.start.line <= last and shown.end.line >= first for shown in edited
            ):
                yield offer

    def offer(self, offer_id: str) -> tuple[str, Offer] | None:
        """An offer and its folder."""
        for folder, board in self._boards.items():
            for offer in board.offers:
                if offer.id == offer_id:
                    return folder, offer
        return None

    def failing(self, folder: str) -> frozenset[str]:
        """Ids of the tests that are shown as failing."""
        board = self._boards.get(folder, FolderBoard())
        return frozenset(
            name
            for found in board.findings.values()
            for finding in found
            if finding.kind is FindingKind.FAILING_TEST
            for name in finding.tests
        )

    def _diagnostic(self, folder: str, finding: PlacedFinding, document: Document | None) -> types.Diagnostic:
        related = None
        if self._abilities.related_information and finding.related:
            related = [self._related(folder, place) for place in finding.related]
        return types.Diagnostic(
            range=range_of(finding.at, document),
            message=finding.at.message,
            severity=severity_of(finding.severity),
            code=finding.kind.value,
            source=SOURCE,
            related_information=related,
            data={"tests": list(finding.tests)} if self._abilities.diagnostic_data else None,
        )

    def _related(self, folder: str, place: PlacedText) -> types.DiagnosticRelatedInformation:
        uri = self.uri(folder, place.path)
        shown = range_of(place, self._documents.get(uri))
        return types.DiagnosticRelatedInformation(types.Location(uri, shown), place.message)


def _digest(items: tuple[types.Diagnostic, ...]) -> str:
    return hashlib.blake2b(repr(items).encode("utf-8", "replace"), digest_size=12).hexdigest()
