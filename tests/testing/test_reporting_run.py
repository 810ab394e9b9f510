"""Commands that report, in real Machines: a script of the shell stands for every runner that is configured."""

import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.testcommand import ReportingCommand, ReportKind
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.sandbox.open import open_machine
from macrohard_lsp.sandbox.spec import MachineSpec
from macrohard_lsp.testing.findings import location_of
from macrohard_lsp.testing.reporting_run import Site, installed_directories, run_command
from macrohard_lsp.workspace.read import read_snapshot

from .conftest import missing_program, parse


@dataclass(frozen=True)
class Case:
    """`run.sh` is run; of the outcome `says` are the ids with their places, `problem` and `note` parts of those."""

    files: str
    says: dict[str, str]
    kind: ReportKind = ReportKind.TAP
    report: str = ""
    directory: str = ""
    seconds: float = 20.0
    problem: str = ""
    note: str = ""
    tier: Tier = Tier.NAMESPACE


XML = ReportKind.JUNIT_XML
CASES = {
    "TAP on stdout": Case(
        """
        == a.js
        == run.sh
        echo ok 1 - a
        echo not ok 2 - b
        echo "#   at $PWD/a.js:3:1"
        echo 1..2
        exit 1
        """,
        {"c::a": "passed", "c::b": "failed a.js:3"},
    ),
    "XML on stdout, with something around it": Case(
        """
        == run.sh
        echo "> web@1.0.0 test"
        echo '<?xml version="1.0"?><testsuites><testcase name="a"/></testsuites>'
        echo "Done in 1.3s."
        """,
        {"c::a": "passed"},
        XML,
    ),
    "several reports, by a pattern": Case(
        """
        == web/run.sh
        mkdir -p target/deep/er
        echo '<testsuite><testcase name="a"/></testsuite>' > target/TEST-a.xml
        echo '<testsuite><testcase name="b"/></testsuite>' > target/deep/er/TEST-b.xml
        echo '<testsuite><testcase name="c"/></testsuite>' > target/other.xml
        """,
        {"c::a": "passed", "c::b": "passed"},
        XML,
        "target/**/TEST-*.xml",
        "web",
    ),
    "a report that was there before": Case(
        """
        == out/r.xml
        <testsuite><testcase name="stale"/></testsuite>
        == run.sh
        echo "no such option --reporter" >&2
        exit 2
        """,
        {},
        XML,
        "out/r.xml",
        problem="the report out/r.xml was not written (`sh run.sh` ended with exit status 2); check `report`, and the "
        "option that makes the command write it; its last words: no such option --reporter",
    ),
    "no report": Case(
        "== run.sh\n", {}, XML, "r.xml", problem="was not written (`sh run.sh` ended with exit status 0)"
    ),
    "an empty report": Case("== run.sh\ntouch r.xml", {}, XML, "r.xml", problem="the report r.xml is empty"),
    "a report cut short": Case(
        "== run.sh\necho '<testsuite><testcase' > r.xml",
        {},
        XML,
        "r.xml",
        problem="the report r.xml is not XML at line 1, column 12: unclosed token",
    ),
    "a report that leads elsewhere": Case(
        "== run.sh\nln -s /etc/os-release r.xml", {}, XML, "r.xml", problem="was not written"
    ),
    "a report of 70 MB": Case(
        "== run.sh\nhead -c 70000000 /dev/zero > r.xml", {}, XML, "r.xml", problem="is larger than 64 MiB"
    ),
    "nothing of the kind on stdout": Case(
        "== run.sh\necho 3 passing", {}, problem="what `sh run.sh` prints holds no TAP: neither a test line"
    ),
    "ends well in spite of a failure": Case(
        "== run.sh\necho not ok 1 - a\necho 1..1",
        {"c::a": "failed None"},
        note="`sh run.sh` ended with exit status 0 although 1 test failed in its report",
    ),
    "ends badly without a failure": Case(
        "== run.sh\necho ok 1 - a\necho 1..1\necho coverage below 90% >&2\nexit 3",
        {"c::a": "passed"},
        problem="`sh run.sh` ended with exit status 3, but no test in its report failed, so that something else did; "
        "its last words: coverage below 90%",
    ),
    "no tests": Case("== run.sh\necho 1..0", {}, problem="`sh run.sh` reports no tests at all"),
    "dies": Case(
        "== run.sh\necho TAP version 13\necho ok 1 - a\nkill -9 $$",
        {"c::a": "passed"},
        problem="the report has no plan (`1..N`), so it was cut short; `sh run.sh` ended with signal 9, SIGKILL",
    ),
    "takes too long": Case(
        "== run.sh\necho ok 1 - a\nsleep 100",
        {"c::a": "passed"},
        seconds=2.0,
        problem="`sh run.sh` was stopped after 2 s; allow more with `timeout_seconds`",
    ),
    "the copy of the process tier": Case(
        """
        == node_modules/dep/name
        linked
        == web/a.js
        == web/run.sh
        echo "not ok 1 - $(cat ../node_modules/dep/name)"
        echo "#   at $PWD/a.js:3:1"
        echo "#   at $PWD/../node_modules/dep/index.js:3:1"
        echo 1..1
        exit 1
        """,
        {"c::linked": "failed web/a.js:3"},
        directory="web",
        tier=Tier.PROCESS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_says(name: str, tmp_path: Path):
    case = CASES[name]
    if case.tier is Tier.NAMESPACE and shutil.which("bwrap") is None:
        missing_program("bwrap")
    workspace = tmp_path / "work"
    for path, content in parse(textwrap.dedent(case.files)).files.items():
        file = workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    command = ReportingCommand(
        "c", ("sh", "run.sh"), case.kind, case.report, case.directory, seconds=case.seconds
    )
    spec = MachineSpec(workspace, {}, installed_directories(command, workspace), {})
    with open_machine(spec, case.tier) as machine:
        site = Site(machine, read_snapshot(workspace), "/bin/sh", "/usr/bin:/bin", Cancel())
        commanded = run_command(command, site)
    run = commanded.run
    told = f"{run.results}\n{run.problem}\n{commanded.note}"
    assert bool(run.problem) == bool(case.problem) and case.problem in (run.problem or ""), told
    assert bool(commanded.note) == bool(case.note) and case.note in commanded.note, told
    found: dict[str, str] = {}
    for result in run.results:
        place = location_of(result)
        where = f" {place.path}:{place.line}" if place else " None"
        found[result.id] = result.outcome.value + (where if result.broken else "")
    assert found == case.says, told
    assert (run.command, run.tier) == (("sh", "run.sh"), case.tier)


def test_a_program_that_can_not_be_started(tmp_path: Path):
    (tmp_path / "run").write_text("#!/nowhere/at/all\n")
    (tmp_path / "run").chmod(0o755)
    if shutil.which("bwrap") is None:
        missing_program("bwrap")
    command = ReportingCommand("c", ("./run",), ReportKind.TAP)
    with open_machine(MachineSpec(tmp_path, {}, (), {}), Tier.NAMESPACE) as machine:
        site = Site(machine, read_snapshot(tmp_path), str(tmp_path / "run"), "/bin", Cancel())
        run = run_command(command, site).run
    assert run.problem is not None and "`./run` could not be started" in run.problem, run.problem
