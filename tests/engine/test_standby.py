"""A pytest that was started ahead of the next run: when it is used, what it sees, and what happens when it misleads."""

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.engine import run_tests
from macrohard_lsp.engine.footprints import FootprintBook
from macrohard_lsp.engine.interpreters import InterpreterBook
from macrohard_lsp.engine.requests import Since, TestReport, TestRequest
from macrohard_lsp.engine.standby import Standby
from macrohard_lsp.engine.workplace import Workplace

LIGHT = [
    f"-pno:{name}" for name in ("hypothesispytest", "xdist", "xdist.looponfail", "asyncio", "pytest-lsp")
]
PROJECT = {
    "shop/__init__.py": "",
    "shop/prices.py": "RATE = 2\n\ndef gross(net):\n    return net * RATE\n",
    "tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef net():\n    return 3\n",
    "tests/test_prices.py": "from shop.prices import gross\n\ndef test_gross(net):\n    assert gross(net) == 6\n",
    "tests/test_other.py": "def test_other():\n    pass\n",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
}
# How often the workspace is mounted tells how the run was started: once more than in a fresh Machine.
LAYERS = """
def layers():
    import os, pathlib
    root = pathlib.Path(__file__).parent.parent
    mounts = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    return sum(line.split()[1] == str(root) for line in mounts)

"""


@dataclass
class Desk:
    """One folder and what an editor's host keeps of it."""

    root: Path
    context: EngineContext
    standby: Standby
    workplaces: list[Workplace] = field(default_factory=list)
    report: TestReport | None = None
    used: list[bool] = field(default_factory=list)

    def run(self, **request: object) -> TestReport:
        self.report = run_tests(TestRequest(self.root, **request), self.context)
        return self.report

    def prepare(self) -> None:
        self.standby.prepare(self.workplaces[-1])

    def save(self, files: dict[str, str | None], **request: object) -> TestReport:
        """Write files, and run the tests that this affects and those that failed before."""
        assert self.report is not None
        write(self.root, files)
        failed = tuple(result.id for result in self.report.results if result.broken)
        return self.run(since=Since(self.report.snapshot, self.report.index), ids=failed, **request)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: None) -> Iterator[Callable[..., Desk]]:
    standbys: list[Standby] = []

    def open_desk(files: dict[str, str], **overrides: object) -> Desk:
        root = tmp_path / "project"
        write(root, files)
        packages(root).mkdir()
        standbys.append(Standby())
        workplaces: list[Workplace] = []
        context = EngineContext(
            {
                "interpreter": sys.executable,
                "test.arguments": LIGHT,
                "sandbox.environment": ["PYTHONPATH"],
                "sandbox.read": [str(packages(root))],
                **overrides,
            },
            None,
            lambda event: None,
            Cancel(),
            {**os.environ, "PYTHONPATH": str(packages(root))},
            Path.home(),
            trusted=True,
            footprints=FootprintBook(None),
            interpreters=InterpreterBook(),
            standby=standbys[-1],
            on_workplace=workplaces.append,
        )
        found = Desk(root, context, standbys[-1], workplaces)
        take = Standby.take

        def taken(self: Standby, *arguments: object) -> object:
            ahead = take(self, *arguments)  # pyright: ignore[reportArgumentType]
            found.used.append(ahead is not None)
            return ahead

        monkeypatch.setattr(Standby, "take", taken)
        report = found.run()
        assert report.all_passed, report
        return found

    yield open_desk
    for standby in standbys:
        standby.close()


def packages(root: Path) -> Path:
    """On the interpreter's import path, where PYTHONPATH is passed on."""
    return root.parent / "packages"


def write(root: Path, files: dict[str, str | None]) -> None:
    for path, text in files.items():
        file = root / path
        if text is None:
            file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))


def outcomes(report: TestReport) -> dict[str, str]:
    return {result.id.partition("::")[2]: result.outcome.value for result in report.results}


WRONG = "RATE = 3\n\ndef gross(net):\n    return net * RATE\n"
# Each case: what is saved, what the tests that ran came to, and whether they ran in the pytest that waited.
SAVES = {
    "a fault, of the same size": ({"shop/prices.py": WRONG}, {"test_gross": "failed"}, True),
    "it again, mended": ({"shop/prices.py": PROJECT["shop/prices.py"]}, {"test_gross": "passed"}, True),
    "a conftest": (
        {"tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef net():\n    return 4\n"},
        {"test_gross": "failed"},
        True,
    ),
    "a module that takes another's place, and the test for it": (
        {
            "shop/prices.py": None,
            "shop/prices/__init__.py": "def gross(net):\n    return 2 * net\n",
            "tests/test_prices.py": "import shop.prices as p\n\ndef test_gross(net):\n    assert p.gross(net) == 8\n",
        },
        {"test_gross": "passed"},
        True,
    ),
    "a syntax error": ({"tests/test_prices.py": "def\n"}, {"": "error"}, True),
    "another test": ({"tests/test_prices.py": "def test_a():\n    pass\n"}, {"test_a": "passed"}, True),
    "pytest's configuration": (
        {"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = [".", "tests"]\n'},
        {"test_a": "passed", "test_other": "passed"},
        None,
    ),
}  # fmt: skip


def test_what_was_saved_is_what_is_run(desk) -> None:
    opened = desk(PROJECT)
    for name, (files, expected, used) in SAVES.items():
        opened.used.clear()
        opened.prepare()
        report = opened.save(files)
        assert outcomes(report) == expected, name
        assert opened.used == ([] if used is None else [used]), name
        assert report.notes == (), name


def test_unsaved_text_is_run_too(desk) -> None:
    opened = desk(PROJECT)
    opened.prepare()
    assert outcomes(opened.save({}, buffers={"shop/prices.py": WRONG})) == {"test_gross": "failed"}
    assert opened.used == [True]
    opened.prepare()
    assert outcomes(opened.save({}, buffers={})) == {"test_gross": "passed"}
    assert opened.used == [True, True]


def _killed(opened: Desk) -> None:
    ahead = opened.standby._ahead
    assert ahead is not None
    ahead.suite.process.kill()


def _installed(opened: Desk) -> None:
    """The interpreter that waits may hold the distribution that was there before."""
    (packages(opened.root) / "new.dist-info").mkdir()


UNUSED: dict[str, tuple[dict[str, str], Callable[[Desk], None]]] = {
    "killed": ({}, _killed),
    "installed": ({}, _installed),
    "a plugin of the workspace's is loaded": (
        {
            "shop/plugin.py": "",
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = "-p shop.plugin"\n',
        },
        lambda opened: None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSED)
def test_where_it_can_not_be_used_the_run_starts_afresh(name: str, desk) -> None:
    files, happens = UNUSED[name]
    opened = desk({**PROJECT, **files})
    opened.prepare()
    happens(opened)
    assert outcomes(opened.save({"shop/prices.py": WRONG})) == {"test_gross": "failed"}
    assert opened.used == [False]


def test_all_tests_run_afresh(desk) -> None:
    """What a repair may start from is the project's own command."""
    opened = desk(PROJECT)
    opened.prepare()
    assert outcomes(opened.run()) == {"test_gross": "passed", "test_other": "passed"}
    assert opened.used == []


def test_the_tier_process_has_none(desk) -> None:
    opened = desk(PROJECT, tier="process")
    opened.prepare()
    assert outcomes(opened.save({"shop/prices.py": WRONG})) == {"test_gross": "failed"}
    assert opened.used == [False]


FIRST, LATER = "layers() == 1", "layers() < 9"


@pytest.mark.parametrize(
    ("before", "after", "found"), [(LATER, FIRST, "passed"), (LATER, "layers() == 2", "failed")]
)
def test_tests_that_can_tell_are_run_afresh_and_it_is_said(desk, before, after, found) -> None:
    """Whichever way they end in the pytest that waited, what counts is how they end in a fresh one."""
    text = f"{LAYERS}def test_layers():\n    assert {{}}\n"
    opened = desk({**PROJECT, "tests/test_layers.py": text.format(before)})
    for number in (1, 2, 3):
        opened.prepare()
        report = opened.save({"tests/test_layers.py": text.format(f"{after} or {number} < 0")})
        assert outcomes(report) == {"test_layers": found}
        assert report.results[0].outcome is not Outcome.FLAKY
        assert ["started ahead" in note for note in report.notes] == ([True] if number == 2 else [])
    assert opened.used == [True, True, False]


def test_one_that_is_not_used_is_given_up_and_started_again(desk, monkeypatch) -> None:
    opened = desk(PROJECT)
    monkeypatch.setattr("macrohard_lsp.engine.standby.IDLE_SECONDS", 0.1)
    opened.prepare()
    until(lambda: not opened.standby.waits)
    monkeypatch.setattr("macrohard_lsp.engine.standby.IDLE_SECONDS", 600)
    opened.standby.wake()
    until(lambda: opened.standby.waits)
    assert outcomes(opened.save({"shop/prices.py": WRONG})) == {"test_gross": "failed"}
    assert opened.used == [True]


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_run_that_only_collects_leaves_what_is_known(desk) -> None:
    opened = desk(PROJECT)
    known = opened.report
    assert opened.run(collect_only=True).results == ()
    opened.report = known
    opened.prepare()
    assert outcomes(opened.save({"shop/prices.py": WRONG})) == {"test_gross": "failed"}
