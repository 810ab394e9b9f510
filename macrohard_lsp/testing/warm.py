"""The outside of a warm test runner: starts it in a Machine, asks it, restarts it when an edit took it down.

What a warm runner says is used to choose what is worth proving; it is never evidence itself. The
program under test runs in the same process and could forge an answer.
"""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType

from pydantic import BaseModel, ConfigDict, ValidationError

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.core.interpreter import Interpreter, Project
from macrohard_lsp.core.testcommand import Framework
from macrohard_lsp.sandbox.machine import Machine, MachineProcess
from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.sifting import Sieved, SiftAnswer, request_of

START_SECONDS = 60.0
ANSWER_GRACE_SECONDS = 5.0
STOP_SECONDS = 2.0
POLL_SECONDS = 0.25
SIFT_GRACE_SECONDS = 60.0
MAXIMUM_LINE_BYTES = 16 * 1024 * 1024

FileEdits = Mapping[str, Sequence[TextEdit]]


class WarmMode(StrEnum):
    """`SWAP` puts new function bodies into a collected session; `RELOAD` imports the edited program anew."""

    SWAP = "swap"
    RELOAD = "reload"


class WarmUnavailable(Exception):
    """The runner could not be started here; the sentence says why. Work goes on cold."""


class WarmEnding(StrEnum):
    FINISHED = "finished"
    TIMEOUT = "timeout"
    DIED = "died"
    NOT_SWAPPABLE = "not-swappable"
    UNCHANGED = "unchanged"
    INVALID = "invalid"
    LOST = "lost"


class _Hello(BaseModel):
    """What a runner says first. `ready` False comes with the reason."""

    model_config = ConfigDict(extra="ignore")

    ready: bool
    reason: str = ""
    threads: int = 1


class WarmAnswer(BaseModel):
    """`outcomes` are the tests that were run to their end, in order: `passed`, `failed` or `skipped`.

    `modules` are those imported from outside the workspace, where that was asked.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = 0
    ended: WarmEnding
    outcomes: tuple[tuple[str, str], ...] = ()
    cpu: float = 0.0
    modules: tuple[str, ...] = ()

    @property
    def passed(self) -> frozenset[str]:
        return frozenset(name for name, outcome in self.outcomes if outcome == "passed")


class _ManyAnswers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    answers: tuple[WarmAnswer, ...]
    cpu: float


class WarmBehaviours(BaseModel):
    """What versions of the program made of `inputs`: a word each, equal for equal behaviour.

    `behaviours` are those of the program as it is, the same once more, and those of each variant; one
    that came to no end, or can't be tried so, has none. `unreached` counts, for each, the lines that the
    recorded calls reach in the program as it is and not there, line by line as the file stood. `results`
    are in words what each made of the inputs (by their number) on which variants disagree; empty where
    that can't be written down.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = 0
    inputs: tuple[str, ...] = ()
    behaviours: tuple[tuple[str, ...], ...] = ()
    unreached: tuple[int, ...] = ()
    results: Mapping[int, tuple[str, ...]] = {}
    cpu: float = 0.0


@dataclass(frozen=True, slots=True)
class WarmSettings:
    """What a runner is started with.

    `tests` are collected once, in `SWAP` mode; `preload` are modules to import first, in `RELOAD` mode.
    """

    mode: WarmMode
    arguments: tuple[str, ...]
    tests: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()


class WarmRunner:
    """One warm runner in one Machine. Not shared between threads."""

    def __init__(
        self,
        machine: Machine,
        interpreter: Interpreter,
        project: Project,
        settings: WarmSettings,
        cancel: Cancel,
    ) -> None:
        self._machine = machine
        self._interpreter = interpreter
        self._project = project
        self._settings = settings
        self._cancel = cancel
        self._process: MachineProcess | None = None
        self._pending = b""
        self._number = 0
        self.cpu_seconds = 0.0
        self.restarts = 0
        self.threads = 1
        """How many threads it had when it was ready to be forked: a fork has only one of them."""
        if interpreter.framework is not Framework.PYTEST:
            raise WarmUnavailable(f"there is no warm runner for {interpreter.framework}")
        self._start()

    def __enter__(self) -> "WarmRunner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the runner and everything it started. Closing twice does nothing more.

        It is asked first: the processor time of a process that is killed is lost to its parents' accounts.
        """
        process = self._process
        if process is None:
            return
        try:
            self._send({"op": "stop"})
        except OSError:
            process.kill()
        self._process = None
        process.wait(STOP_SECONDS)

    def check(
        self,
        files: FileEdits,
        tests: Sequence[str],
        *,
        stop: bool,
        wall_seconds: float,
        cpu_seconds: float,
        modules: bool = False,
    ) -> WarmAnswer:
        """Run `tests` in order with the edits in place; `stop` ends at the first that doesn't pass.

        Raises Cancelled, and WarmUnavailable when a runner that was lost can't be started again.
        """
        request = {
            "op": "check",
            "files": _plain(files),
            "tests": list(tests),
            "stop": stop,
            "wall": wall_seconds,
            "cpu": cpu_seconds,
            "modules": modules,
        }
        line = self._ask(request, wall_seconds + ANSWER_GRACE_SECONDS)
        try:
            answer = WarmAnswer.model_validate_json(line) if line is not None else None
        except ValidationError:
            answer = None
        if answer is None or answer.number != self._number:
            self.close()
            return WarmAnswer(ended=WarmEnding.LOST)
        self.cpu_seconds += answer.cpu
        return answer

    def check_many(
        self,
        entries: Sequence[tuple[FileEdits, Sequence[str]]],
        *,
        wall_seconds: float,
        cpu_seconds: float,
    ) -> tuple[WarmAnswer, ...]:
        """Try several edits, each with its own tests, in as few processes as leave nothing behind; `SWAP` only.

        The limits are for each entry. All are `LOST` when one of them took the runner down.
        """
        request = {
            "op": "many",
            "entries": [{"files": _plain(files), "tests": list(tests)} for files, tests in entries],
            "wall": wall_seconds,
            "cpu": cpu_seconds,
        }
        line = self._ask(request, wall_seconds * len(entries) + ANSWER_GRACE_SECONDS)
        try:
            answer = _ManyAnswers.model_validate_json(line) if line is not None else None
        except ValidationError:
            answer = None
        if answer is None or answer.number != self._number or len(answer.answers) != len(entries):
            self.close()
            return tuple(WarmAnswer(ended=WarmEnding.LOST) for _ in entries)
        self.cpu_seconds += answer.cpu
        return answer.answers

    def sift(
        self,
        entries: Sequence[Sieved],
        failing: Collection[str],
        *,
        seconds: float,
        wall_seconds: float,
        halt: bool,
    ) -> SiftAnswer | None:
        """Say of many edits which are worth a closer look; `SWAP` only, and much quicker than any other way.

        `failing` are the tests that fail in the program as it is.

        Ends after about `seconds`, or, with `halt`, at an edit that passes all of its first tests; what is left is
        untried. `wall_seconds` is for each edit. None when the runner was lost.
        """
        request = request_of(entries, failing, seconds=seconds, wall_seconds=wall_seconds, halt=halt)
        line = self._ask(request, 2 * seconds + 4 * wall_seconds + SIFT_GRACE_SECONDS)
        try:
            answer = SiftAnswer.model_validate_json(line) if line is not None else None
        except ValidationError:
            answer = None
        if answer is None or answer.number != self._number or len(answer.verdicts) != len(entries):
            self.close()
            return None
        self.cpu_seconds += answer.cpu
        return answer

    def behave(
        self, variants: Sequence[FileEdits], tests: Sequence[str], *, inputs: int, seconds: float
    ) -> WarmBehaviours:
        """Replay calls recorded while `tests` run, and others near them, in each variant; `SWAP` only.

        `seconds` is for recording, and again for each variant. Empty when it came to no end.
        """
        whole = seconds * (len(variants) + 3)
        request = {
            "op": "behave",
            "variants": [_plain(files) for files in variants],
            "tests": list(tests),
            "inputs": inputs,
            "wall": whole,
            "cpu": whole,
            "wall_each": seconds,
            "cpu_each": seconds,
        }
        line = self._ask(request, whole + ANSWER_GRACE_SECONDS)
        try:
            answer = WarmBehaviours.model_validate_json(line) if line is not None else None
        except ValidationError:
            answer = None
        if answer is None or answer.number != self._number:
            self.close()
            return WarmBehaviours()
        self.cpu_seconds += answer.cpu
        return answer

    def _ask(self, request: Mapping[str, object], seconds: float) -> bytes | None:
        """Send a request under a new number; the line that comes back, None when the runner was lost."""
        self._cancel.check()
        if self._process is None:
            self.restarts += 1
            self._start()
        self._number += 1
        try:
            self._send({**request, "number": self._number})
            return self._receive(seconds)
        except OSError:
            return None

    def _start(self) -> None:
        options = {
            "mode": self._settings.mode.value,
            "root": str(self._machine.workspace),
            "original": str(self._machine.original),
            "arguments": list(self._settings.arguments),
            "tests": list(self._settings.tests),
            "preload": list(self._settings.preload),
        }
        program = str(INSIDE / "macrohard_inside_warm.py")
        argv = [str(self._interpreter.choice.executable), program, json.dumps(options)]
        self._pending = b""
        self._process = self._machine.start(argv, cwd=self._project.directory)
        try:
            line = self._receive(START_SECONDS)
            hello = _Hello.model_validate_json(line) if line is not None else _Hello(ready=False)
        except ValidationError:
            hello = _Hello(ready=False)
        if not hello.ready:
            _, stderr = self._process.output_tail()
            self.close()
            self._cancel.check()
            reason = hello.reason or stderr.decode("utf-8", "replace").strip()[-300:]
            raise WarmUnavailable(f"the warm test runner did not start: {reason or 'it said nothing'}")
        self.threads = hello.threads

    def _send(self, value: object) -> None:
        assert self._process is not None
        self._process.channel.settimeout(ANSWER_GRACE_SECONDS)
        self._process.channel.sendall((json.dumps(value) + "\n").encode())

    def _receive(self, seconds: float) -> bytes | None:
        """The next line, or None when the runner ended or took too long. Raises Cancelled."""
        assert self._process is not None
        channel = self._process.channel
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            self._cancel.check()
            left = deadline - time.monotonic()
            if left <= 0 or len(self._pending) > MAXIMUM_LINE_BYTES:
                return None
            channel.settimeout(min(left, POLL_SECONDS))
            try:
                chunk = channel.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                return None
            if not chunk:
                return None
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return line


def _plain(files: FileEdits) -> dict[str, list[list[int | str]]]:
    return {path: [[e.start, e.end, e.new_text] for e in edits] for path, edits in files.items()}
