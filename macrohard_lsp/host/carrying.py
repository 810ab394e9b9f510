"""Carries out one request to the engine as a recorded Run."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from macrohard_lsp.core.budget import Spent
from macrohard_lsp.core.cancel import Cancelled
from macrohard_lsp.core.events import RunEvent
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.engine import run_fix, run_tests
from macrohard_lsp.engine.requests import CouldNotRun, FixReport, FixRequest, TestReport, TestRequest
from macrohard_lsp.host.configuration import Configuration
from macrohard_lsp.host.surroundings import Surroundings
from macrohard_lsp.host.telling import Telling
from macrohard_lsp.runs.journal import JOURNAL_FILE
from macrohard_lsp.runs.recorder import RunRecorder, start_run
from macrohard_lsp.settings.load import EDITOR

_Report = TypeVar("_Report", TestReport, FixReport)


def carry_out_tests(
    request: TestRequest, configuration: Configuration, surroundings: Surroundings, telling: Telling
) -> TestReport:
    """Raises CouldNotRun and Cancelled."""

    def run(context: EngineContext, recorder: RunRecorder) -> TestReport:
        report = run_tests(request, context)
        recorder.finish("passed" if report.all_passed else "failed", report.message, Spent(report.seconds))
        return report

    asked = {"ids": list(request.ids), "editor": True}
    return _recorded("test", asked, configuration, surroundings, telling, run)


def carry_out_fix(
    request: FixRequest, configuration: Configuration, surroundings: Surroundings, telling: Telling
) -> FixReport:
    """Raises CouldNotRun and Cancelled."""

    def run(context: EngineContext, recorder: RunRecorder) -> FixReport:
        report = run_fix(request, context)
        spent = Spent(seconds=report.seconds, cpu_seconds=report.cpu_seconds)
        recorder.finish(report.status.value, report.message, spent)
        return report

    asked = {"tests": list(request.tests), "editor": True}
    return _recorded("fix", asked, configuration, surroundings, telling, run)


def _recorded(
    kind: str,
    asked: Mapping[str, Any],
    configuration: Configuration,
    surroundings: Surroundings,
    telling: Telling,
    run: Callable[[EngineContext, RunRecorder], _Report],
) -> _Report:
    """A Run that is left without a word about how it ended is recorded as an error."""
    place = surroundings.state_dir
    journal = place / JOURNAL_FILE if place is not None else None
    recorder = start_run(journal, kind, str(configuration.folder), asked)

    def listen(event: RunEvent) -> None:
        recorder.record(event)
        telling.listen(event)

    context = _context(configuration, surroundings, telling, listen)
    try:
        return run(context, recorder)
    except Cancelled:
        recorder.finish("cancelled", "Stopped from the editor.")
        raise
    except CouldNotRun as error:
        recorder.finish("error", str(error))
        raise
    except Exception as error:
        recorder.attach("traceback", traceback.format_exc())
        recorder.finish("error", f"{type(error).__name__}: {error}")
        raise
    finally:
        recorder.finish("error", "The work ended without a word about how.")


def _context(
    configuration: Configuration,
    surroundings: Surroundings,
    telling: Telling,
    listen: Callable[[RunEvent], None],
) -> EngineContext:
    return EngineContext(
        settings_overrides=configuration.overrides,
        state_dir=surroundings.state_dir,
        listener=listen,
        cancel=telling.work.cancel,
        variables=surroundings.variables,
        home=surroundings.home,
        overrides_from=EDITOR,
        trusted=configuration.trusted,
        on_workplace=telling.workplace,
        footprints=surroundings.footprints,
        interpreters=surroundings.interpreters,
        standby=telling.standby,
    )
