"""`python -m pytest` of some tests on an edited file, as a person would run it."""

import os
import re
import resource
import subprocess
from collections.abc import Mapping

from bench.real.prepare import Place
from bench.warm.subjects import Subject
from macrohard_lsp.repair.candidate import Candidate

WALL_SECONDS = 30.0
CPU_SECONDS = 5
LINE = re.compile(r"(PASSED|FAILED|ERROR|SUBFAILED.*?) (\S+::\S+)")

Outcomes = Mapping[str, str]


class Cold:
    """Runs one candidate after the other in a copy of the library.

    Bytecode is kept between runs as everybody has it, whatever the caller's environment says. Each edit gets
    a time of its own, a second apart: Python takes an edit of the same size within a second for the old text.
    """

    def __init__(self, subject: Subject, place: Place) -> None:
        self._subject = subject
        self._place = place
        self._path = place.work / subject.file
        self._text = (place.fixed / subject.file).read_bytes().decode("utf-8")
        self._clock = int(self._path.stat().st_mtime)

    def run(self, candidate: Candidate, *arguments: str) -> Outcomes | None:
        """How each test ended, None when they came to no end."""
        self._put(candidate.apply(self._text))
        command = [str(self._place.python), "-m", "pytest", "-rA", *arguments, *self._subject.tests]
        try:
            done = subprocess.run(
                command,
                cwd=self._place.work,
                env=_environment(),
                capture_output=True,
                timeout=WALL_SECONDS,
                check=False,
                preexec_fn=_limit,
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode < 0:
            return None
        said = done.stdout.decode("utf-8", "replace").rpartition("short test summary info")[2]
        ended: dict[str, set[str]] = {}
        for match in filter(None, map(LINE.match, said.splitlines())):
            ended.setdefault(match[2], set()).add(match[1])
        # A test with a failing part has several lines.
        return {test: "passed" if ended.get(test) == {"PASSED"} else "failed" for test in self._subject.tests}

    @property
    def text(self) -> str:
        """The file as the distribution has it."""
        return self._text

    def restore(self) -> None:
        self._put(self._text)

    def _put(self, text: str) -> None:
        self._path.write_bytes(text.encode("utf-8"))
        self._clock += 1
        os.utime(self._path, (self._clock, self._clock))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PATH": os.defpath}


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
