import os
import subprocess
import sys

import pytest

from bench.server import kernel, report
from bench.server.client import Client, ServerFailedError
from bench.server.figures import percentile, ratio
from bench.server.project import make_project
from bench.server.waiting import METHODS, PHASES, Waits
from bench.server.weight import Held, Start


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([3, 1, 2], 0.5, 2), ([3, 1, 2], 0.99, 3), ([7], 0.5, 7), (range(1, 101), 0.99, 99), ([1, 2], 0.0, 1)],
)
def test_a_percentile_is_one_of_the_values(values, share, found) -> None:
    assert percentile(values, share) == found


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


def test_the_project_fails_where_it_is_said_to(tmp_path) -> None:
    project = make_project(tmp_path / "ledger")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", project.test]
    ended = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"{project.failing.name}:{project.line + 1}: AssertionError" in ended.stdout


def test_a_process_holds_memory_and_spends_time_with_its_children() -> None:
    alone = kernel.memory_of(own_pid := os.getpid())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in kernel.tree(own_pid)
        assert kernel.memory_of(own_pid).processes > alone.processes
        assert child.stdin is not None
        child.stdin.close()
    assert 0 < alone.own <= alone.pss
    assert kernel.processor_seconds(own_pid) > 0


def test_a_server_that_ends_is_said_by_name(tmp_path) -> None:
    client = Client([sys.executable, "-c", "pass"], tmp_path)
    try:
        client.process.wait(30)
        with pytest.raises((ServerFailedError, OSError)):
            client.ask("initialize", {})
    finally:
        client.close()


def test_the_section_compares_with_what_was_measured_beside() -> None:
    waits = [
        Waits(method, phase, (0.001 * (number + 1),) * 3)
        for method in METHODS
        for number, phase in enumerate(PHASES)
    ]
    starts = [Start("macrohard-lsp", (0.5,), (0.4,)), Start("pylsp", (0.25,), (0.2,))]
    held = [Held("macrohard-lsp", 4096, 2048, 2), Held("pylsp", 2048, 2048, 1)]
    text = report.section(starts, held, waits, [0.1, 2.0])
    assert (
        "| `textDocument/diagnostic` | while a repair is searched for | 3 | 3.0 | 3.0 | 3.00× | 3.00× |"
        in text
    )
    assert "| pylsp 1.15.0 | 1 | 0.25 | 0.20 | 2.00× | 2.00× |" in text
    assert "| pylsp 1.15.0 | 1 | 2 | 2 | 2.00× |" in text
    assert ratio(1.0, 0.0) == "–"
