"""Traces the failing tests and some passing ones, and turns their coverage into a task for the repair engine."""

from collections.abc import Mapping
from dataclasses import dataclass

from macrohard_lsp.core.change_paths import is_test_path
from macrohard_lsp.core.events import StageStarted
from macrohard_lsp.core.finding import Finding, FindingKind, Location, Severity
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testcommand import Framework
from macrohard_lsp.core.testrun import TestResult
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.lately import changed_lines
from macrohard_lsp.engine.tracing import trace
from macrohard_lsp.engine.workplace import Workplace
from macrohard_lsp.proving.case import ProjectBaseline
from macrohard_lsp.repair.expected_strings import expected_numbers, expected_strings
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.statements import Spans, one_per_statement, spread_lines, statement_spans
from macrohard_lsp.repair.task import RepairTask
from macrohard_lsp.testing.assertions import held_assertions, path_of_test
from macrohard_lsp.testing.coverage import Coverage
from macrohard_lsp.testing.localisation import Evidence, group_failures, rank_suspects
from macrohard_lsp.testing.options import TestOptions, pytest_arguments

# Suspicious files that candidates are made for, and lines in all.
SUSPICIOUS_FILES = 40
SUSPICIOUS_LINES = 3000
PUBLISHED_SUSPECTS = 20


@dataclass(frozen=True, slots=True)
class Localised:
    task: RepairTask
    sources: Mapping[str, SourceContext]
    spans: Mapping[str, Spans]


def localise(
    workplace: Workplace,
    baseline: ProjectBaseline,
    failing: Mapping[str, TestResult],
    seed: int,
    context: EngineContext,
) -> Localised:
    """Where the fault of one project's failing tests probably is."""
    traced = "1 failing test" if len(failing) == 1 else f"{len(failing)} failing tests"
    context.listener(StageStarted("localise", f"Tracing {traced} and passing ones near"))
    coverage = trace(workplace, baseline, failing, context)
    snapshot = workplace.snapshot
    evidence = _evidence(coverage, snapshot, baseline, failing)
    suspects = rank_suspects(evidence)[:SUSPICIOUS_LINES]
    files = tuple(dict.fromkeys(suspect.path for suspect in suspects))[:SUSPICIOUS_FILES]
    named = (expected_strings(snapshot, failing.values()), expected_numbers(snapshot, failing.values()))
    sources = {path: SourceContext(path, snapshot.files[path].text or "", *named) for path in files}
    spans = {path: statement_spans(source.root) for path, source in sources.items()}
    known = tuple(suspect for suspect in suspects if suspect.path in sources)
    task = RepairTask(
        snapshot=snapshot,
        project=baseline.project,
        interpreter=baseline.interpreter,
        failing=failing,
        passing={r.id: r for r in baseline.run.results if r.id in baseline.passing},
        groups=evidence.groups,
        suspects=one_per_statement(known, spans),
        coverage={name: spread_lines(lines, spans) for name, lines in coverage.by_test.items()},
        import_lines=spread_lines(coverage.outside, spans),
        warm_arguments=_warm_arguments(workplace, baseline),
        seed=seed,
    )
    return Localised(task, sources, spans)


def _evidence(
    coverage: Coverage, snapshot: Snapshot, baseline: ProjectBaseline, failing: Mapping[str, TestResult]
) -> Evidence:
    editable = _editable(coverage, snapshot)
    return Evidence(
        coverage.by_test,
        failing,
        group_failures(failing.values()),
        sorted(baseline.passing),
        coverage.outside,
        editable,
        held=held_assertions(failing, coverage, _texts_of_tests(failing, snapshot)),
        changed=changed_lines(snapshot, editable),
    )


def _texts_of_tests(failing: Mapping[str, TestResult], snapshot: Snapshot) -> dict[str, str]:
    """The texts of the files that the failing tests are written in, as far as those are in the workspace."""
    paths = {path_of_test(result) for result in failing.values()}
    files = {path: snapshot.get(path) for path in paths}
    return {path: file.text for path, file in files.items() if file is not None and file.text is not None}


def _editable(coverage: Coverage, snapshot: Snapshot) -> frozenset[str]:
    """Files that were executed and may be repaired: the program's own, not its tests."""
    executed = {path for lines in coverage.by_test.values() for path in lines} | set(coverage.outside)
    return frozenset(
        path
        for path in executed
        if path in snapshot.files and snapshot.files[path].text is not None and not is_test_path(path)
    )


def suspect_findings(task: RepairTask) -> tuple[Finding, ...]:
    """The most suspicious places as Findings of severity hint, most suspicious first."""
    return tuple(
        Finding(
            FindingKind.SUSPECT,
            Severity.HINT,
            "repair",
            Location(suspect.path, suspect.line),
            f"The failing tests point here (suspicion {suspect.score:.2f}).",
            tuple(task.failing),
        )
        for suspect in task.suspects[:PUBLISHED_SUSPECTS]
    )


def _warm_arguments(workplace: Workplace, baseline: ProjectBaseline) -> tuple[str, ...]:
    """As a neutral run has them; the native traceback is by far the cheapest to make, and nobody reads it."""
    options = TestOptions(neutral=True, arguments=tuple(workplace.settings.test.arguments))
    if baseline.interpreter.framework is not Framework.PYTEST:
        return options.arguments
    return (*pytest_arguments(options, baseline.interpreter.plugins), "--tb=native")
