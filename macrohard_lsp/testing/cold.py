"""The same questions as a warm runner's, answered by pytest from its start in a fresh Machine: slow, and right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Outcome, TestResult
from macrohard_lsp.sandbox.machine import Machine
from macrohard_lsp.testing.options import TestOptions
from macrohard_lsp.testing.pytest_run import run_tests
from macrohard_lsp.testing.warm import FileEdits, WarmAnswer, WarmEnding

_WORDS = {Outcome.PASSED: "passed", Outcome.SKIPPED: "skipped"}


@dataclass(slots=True)
class ColdRunner:
    """Has no process between questions. `open_machine` opens a Machine that holds `snapshot`."""

    open_machine: Callable[[], Machine]
    interpreter: Interpreter
    project: Project
    snapshot: Snapshot
    arguments: tuple[str, ...]
    cancel: Cancel
    cpu_seconds: float = 0.0

    def check(
        self,
        files: FileEdits,
        tests: Sequence[str],
        *,
        stop: bool,  # noqa: ARG002 -- one run tells of all of them
        wall_seconds: float,
        cpu_seconds: float,
    ) -> WarmAnswer:
        """Run `tests` with the edits in place. Raises Cancelled, MachineUnavailable and MachineLost."""
        if not tests:
            return WarmAnswer(ended=WarmEnding.FINISHED)
        options = TestOptions(
            ids=tuple(tests),
            test_seconds=cpu_seconds,
            seconds=wall_seconds,
            arguments=self.arguments,
        )
        with self.open_machine() as machine:
            machine.write_files(self._edited(files))
            run = run_tests(machine, self.interpreter, self.project, options, cancel=self.cancel).run
        results = run.by_id()
        outcomes = tuple((name, _word(results[name])) for name in tests if name in results)
        ended = WarmEnding.FINISHED if len(outcomes) == len(tests) else WarmEnding.TIMEOUT
        return WarmAnswer(ended=ended, outcomes=outcomes)

    def close(self) -> None:
        """Nothing is left to close."""

    def _edited(self, files: FileEdits) -> dict[str, bytes | None]:
        changes = tuple(
            ModifyFile(path, self.snapshot.files[path].digest, tuple(edits)) for path, edits in files.items()
        )
        after = apply_changes(self.snapshot, ChangeSet(changes))
        return {str(PurePosixPath(path)): after.files[path].encode() for path in files}


def _word(result: TestResult) -> str:
    return _WORDS.get(result.outcome, "failed")
