"""Does a folder's work: which tests to run for what happened, when to look for a fix, what to make of the answer."""

import contextlib
import traceback
from typing import TYPE_CHECKING

from macrohard_lsp.core.cancel import Cancelled
from macrohard_lsp.core.finding import Finding, FindingKind, Severity
from macrohard_lsp.core.proposal import ProposalKind
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.questions import as_proposal
from macrohard_lsp.engine.requests import (
    CouldNotRun,
    FixReport,
    FixRequest,
    FixStatus,
    Since,
    TestReport,
    TestRequest,
    TrustNeeded,
)
from macrohard_lsp.engine.standby import Standby
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.host.book import covers
from macrohard_lsp.host.carrying import carry_out_fix, carry_out_tests
from macrohard_lsp.host.client.events import (
    PlacedFinding,
    Said,
    TrustWanted,
    WorkBegan,
    WorkEnded,
)
from macrohard_lsp.host.client.messages import FixesDone, TestsDone
from macrohard_lsp.host.placing import Placer
from macrohard_lsp.host.queue import Work, WorkKind
from macrohard_lsp.host.telling import Telling
from macrohard_lsp.runs.journal import JOURNAL_FILE
from macrohard_lsp.runs.last_failures import last_failures
from macrohard_lsp.settings.model import OnOpen, RunWhen
from macrohard_lsp.testing.pytest_cache import pytest_last_failed
from macrohard_lsp.workspace.index import WorkspaceIndex
from macrohard_lsp.workspace.outline import is_test_file

if TYPE_CHECKING:
    from macrohard_lsp.host.folder import FolderDesk

OPENING_SECONDS = 30.0
"""What opening a folder may cost, unless the settings ask for the whole suite."""

_TITLES = {
    WorkKind.OPENED: "Looking at the tests",
    WorkKind.CHANGED: "Running the tests of what changed",
    WorkKind.TESTS: "Running tests",
    WorkKind.FIX: "Looking for a fix",
}


class Worker:
    """Used by the queue's thread. `newest` is the Snapshot of the latest work, None once that came to nothing;
    `runs_commands` says whether its folder has tests in other languages than Python.
    """

    def __init__(self, desk: "FolderDesk") -> None:
        self._desk = desk
        self._send = desk.send
        self.newest: Snapshot | None = None
        self.runs_commands = False
        self._tested: Snapshot | None = None
        self._index: WorkspaceIndex | None = None
        self._whole: TestReport | None = None
        self._versions: dict[str, int] = {}
        self._searched: set[tuple[frozenset[str], int]] = set()
        self._said: set[str] = set()
        self.standby = Standby()

    def forget(self) -> None:
        """What was measured before counts no more."""
        self.standby.close()
        self.standby = Standby()
        self.newest = self._tested = self._whole = None
        self._searched.clear()

    def carry_out(self, work: Work) -> None:
        desk = self._desk
        self._send(WorkBegan(work.id, desk.folder, _TITLES[work.kind]))
        desk.status.busy(_TITLES[work.kind])
        message = "Stopped."
        try:
            message = self._do(work)
        except Cancelled:
            self._stopped(work)
        except CouldNotRun as error:
            message = str(error)
            self._could_not_run(work, error)
        except Exception as error:
            message = (
                f"macrohard-lsp itself failed ({type(error).__name__}: {error}); the log has the details."
            )
            self._send(Said(Severity.ERROR, traceback.format_exc(), shown=False))
            self._refuse(work, message)
        finally:
            desk.status.idle(message)
            self._send(WorkEnded(work.id, message))

    def _do(self, work: Work) -> str:
        match work.kind:
            case WorkKind.OPENED:
                return self._open(work)
            case WorkKind.CHANGED:
                since = Since(self._tested, self._index)
                return self._test(work, self._request(ids=self._desk.book.broken(), since=since))
            case WorkKind.TESTS:
                return self._test(work, self._request(ids=work.tests))
            case WorkKind.FIX:
                return self._fix(work)

    def _open(self, work: Work) -> str:
        """What failed last, or as much of the suite as fits; of the rest, whether it can be collected."""
        if self._desk.configuration.settings.test.on_open is OnOpen.ALL:
            return self._test(work, self._request())
        failed = self._last_failures()
        if failed is None:
            return self._test(work, self._request(seconds=OPENING_SECONDS))
        message = self._test(work, self._request(collect_only=True))
        if failed:
            message = self._test(work, self._request(ids=failed, seconds=OPENING_SECONDS))
        return message

    def _last_failures(self) -> tuple[str, ...] | None:
        place, root = self._desk.surroundings.state_dir, self._desk.root
        known = last_failures(place / JOURNAL_FILE, root) if place is not None else None
        return known if known is not None else pytest_last_failed(root)

    def _request(
        self,
        ids: tuple[str, ...] = (),
        seconds: float | None = None,
        collect_only: bool = False,
        since: Since | None = None,
    ) -> TestRequest:
        desk = self._desk
        return TestRequest(
            desk.root,
            ids,
            buffers=self._texts(),
            sequence=desk.next_sequence(),
            seconds=seconds,
            collect_only=collect_only,
            since=since,
        )

    def _texts(self) -> dict[str, str]:
        """The buffers' texts for the next request; their versions are kept, as what it finds is placed by them."""
        buffers = self._desk.buffers()
        self._versions = {path: buffer.version for path, buffer in buffers.items()}
        return {path: buffer.text for path, buffer in buffers.items()}

    def _test(self, work: Work, request: TestRequest) -> str:
        telling = self._telling(work)
        with contextlib.closing(telling):
            report = carry_out_tests(request, self._desk.configuration, self._desk.surroundings, telling)
        work.cancel.check()
        self._take_tests(request, report, telling)
        if telling.standby is not None and telling.in_workplace is not None:
            telling.standby.prepare(telling.in_workplace)
        if work.reply is not None:
            failed = sum(result.broken for result in report.results)
            work.reply.answer(TestsDone(report.message, report.passed, failed))
        self._go_on(report)
        return report.message

    def _take_tests(self, request: TestRequest, report: TestReport, telling: Telling) -> None:
        desk = self._desk
        findings = self._placed(report.findings, telling.placer)
        if report.measured is not None:
            desk.book.replace(report.results, findings)
            self._whole = report
        else:
            desk.book.update(report.ran, report.results, findings, report.commands)
        if not request.ids or request.since is not None:
            self._tested, self._index = report.snapshot, report.index or self._index
        failing = desk.book.broken()
        desk.shelf.drop(
            lambda item: (
                not any(covers(item.tests, name) for name in failing)
                or not (item.is_proven or item.is_of(report.snapshot))
            )
        )
        desk.publish()
        desk.log(report.notes)

    def _go_on(self, report: TestReport) -> None:
        """Look for fixes of what fails, once for the same failures in the same program."""
        desk = self._desk
        # No edit repairs what only wants a setting; the finding says which.
        findings = (item for item in desk.book.findings() if item.kind is FindingKind.NEEDS_SETTING)
        needs = {name for item in findings for name in item.tests}
        failing = tuple(name for name in desk.book.repairable() if name not in needs)
        if not failing or not desk.configuration.settings.fix.automatic:
            return
        key = (frozenset(failing), _content(report.snapshot))
        if key not in self._searched:
            self._searched.add(key)
            desk.queue.put(Work(WorkKind.FIX, failing))

    def _fix(self, work: Work) -> str:
        desk = self._desk
        if work.asked_for:
            desk.shelf.readmit()
        if work.reply is not None and (offered := self._offered_already(work.tests)):
            message = "A proven fix is offered already."
            work.reply.answer(FixesDone(message, FixStatus.FIXED.value, offered))
            return message
        request = FixRequest(
            desk.root, work.tests, buffers=self._texts(), sequence=desk.next_sequence(), known=self._whole
        )
        telling = self._telling(work)
        try:
            with contextlib.closing(telling):
                report = carry_out_fix(request, desk.configuration, desk.surroundings, telling)
            work.cancel.check()
        except Cancelled:
            self._searched.clear()
            raise
        self._take_fix(report, telling)
        if work.reply is not None:
            offers = desk.shelf.for_tests(name for p in report.proposals for name in p.fixes)
            work.reply.answer(FixesDone(report.message, report.status.value, offers))
        return report.message

    def _offered_already(self, tests: tuple[str, ...]) -> tuple[str, ...]:
        """The offers that repair all that is asked for and fit the files as they are; empty where one is missing."""
        desk = self._desk
        failing = {name for name in desk.book.broken() if not tests or covers(tests, name)}
        fitting = [
            offer
            for offer in desk.shelf.offers(desk.present)
            if offer.kind is ProposalKind.FIX and offer.disabled is None and not offer.rebased
        ]
        repaired = {name for offer in fitting for name in offer.tests}
        if not failing or not failing <= repaired:
            return ()
        return tuple(offer.id for offer in fitting if failing.intersection(offer.tests))

    def _take_fix(self, report: FixReport, telling: Telling) -> None:
        desk = self._desk
        findings = self._placed(report.findings, telling.placer)
        suspects = tuple(item for item in findings if item.kind is FindingKind.SUSPECT)
        others = tuple(item for item in findings if item.kind is not FindingKind.SUSPECT)
        desk.book.replace(report.results, others)
        desk.book.suspect(suspects)
        self._tested = report.snapshot
        # By now more may be known of a Proposal than when it was proven: whether it has rivals.
        placer = telling.placer
        desk.shelf.drop(lambda item: not item.is_proven)
        for proposal in (*report.proposals, report.together):
            if proposal is not None and placer is not None:
                parts = report.selection.taken if proposal is report.together else ()
                desk.shelf.add(proposal, placer, parts)
                if (question := as_proposal(proposal)) is not None:
                    desk.shelf.add(question, placer)
        desk.shelf.order(report.proposals)
        desk.publish()
        desk.log(report.notes)
        # What this search repaired may have been accepted while it still looked for rivals.
        desk.recheck()

    def _placed(self, findings: tuple[Finding, ...], placer: Placer | None) -> tuple[PlacedFinding, ...]:
        if placer is None:
            return ()
        placed = (placer.finding(finding) for finding in findings)
        return tuple(item for item in placed if item is not None)

    def _telling(self, work: Work) -> Telling:
        desk, test = self._desk, self._desk.configuration.settings.test

        def early(findings: tuple[PlacedFinding, ...], ended: frozenset[str]) -> None:
            desk.book.early(findings, ended)
            desk.publish()

        return Telling(
            work=work,
            send=self._send,
            versions=self._versions,
            encoding=desk.surroundings.encoding,
            on_workplace=self._works_in,
            on_early=early,
            on_proposal=desk.offer,
            known=frozenset(name for item in desk.book.findings() for name in item.tests),
            standby=self.standby if test.start_ahead and test.run is not RunWhen.MANUAL else None,
        )

    def _works_in(self, workplace: Workplace) -> None:
        desk = self._desk
        self.newest = workplace.snapshot
        self.runs_commands = bool(workplace.commands)
        desk.status.works_in(workplace, desk.configuration.is_trusted(desk.surroundings))

    def _stopped(self, work: Work) -> None:
        self.newest = None
        self._desk.book.early(())
        self._desk.publish()
        self._refuse(work, "Stopped.")

    def _could_not_run(self, work: Work, error: CouldNotRun) -> None:
        """Said once where nobody asked; not at all where the folder has no tests that one could miss."""
        desk, sentence = self._desk, str(error)
        desk.status.problem(sentence)
        has_tests = (
            self.newest is None or self.runs_commands or any(is_test_file(path) for path in self.newest.files)
        )
        shown = not work.asked_for and has_tests and sentence not in self._said
        self._said.add(sentence)
        if isinstance(error, TrustNeeded):
            self._send(TrustWanted(desk.folder, sentence))
        else:
            self._send(Said(Severity.WARNING, f"{desk.folder}: {sentence}", shown=shown))
        desk.book.early(())
        desk.publish()
        self._refuse(work, sentence)

    def _refuse(self, work: Work, reason: str) -> None:
        if work.reply is not None:
            work.reply.refuse(reason)


def _content(snapshot: Snapshot) -> int:
    return hash(frozenset((path, file.digest) for path, file in snapshot.files.items()))
