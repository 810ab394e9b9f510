"""The server's life: how it starts and ends, and what becomes of it when the editor or the host dies."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .editor import ROOT, Editor, uri_of
from .profiles import minimal, neovim, vs_code
from .test_work import SLOW, children_of

QUIET = {"test": {"onOpen": "nothing"}}


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def wait_until(holds, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def frame(**message: object) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def start(variables, *arguments: str, **how: object) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "macrohard_lsp", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    return subprocess.Popen(command, cwd=ROOT, env=variables, **pipes)


async def test_the_host_lives_and_dies_with_its_server(new_editor, files) -> None:
    editor: Editor = new_editor(neovim())
    editor.settings = QUIET
    await editor.start(files("--- a.py\n"))
    host = (await editor.command("macrohard.status"))["host"]
    assert not gone(host)
    await editor.close()
    assert wait_until(lambda: gone(host))


@pytest.mark.usefixtures("sandbox")
async def test_killed_in_the_middle_nothing_is_left(new_editor, files) -> None:
    editor: Editor = new_editor(neovim())
    await editor.start(files(SLOW))
    await editor.until(lambda: children_of(editor.pid) > 2, "the work")
    pids = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    started = [pid for pid in pids if _is_below(pid, editor.pid)]
    await editor.kill()
    assert wait_until(lambda: all(gone(pid) for pid in started), 10), "something survived"
    await editor.client.stop()


def _is_below(pid: int, above: int) -> bool:
    while pid > 1 and pid != above:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return pid == above


async def test_a_host_that_dies_is_said_and_started_again(new_editor, files) -> None:
    folder = files("--- test_a.py\ndef test_a(): pass\n")
    editor: Editor = new_editor(vs_code())
    editor.settings = QUIET
    await editor.start(folder)
    first = (await editor.command("macrohard.status"))["host"]
    os.kill(first, signal.SIGKILL)
    await editor.until(lambda: editor.messages, "the message")
    assert "has died; it is started again" in editor.take_messages()[0]
    await editor.until(lambda: editor.logged, "the same in the log")
    editor.logged.clear()
    second = await editor.command("macrohard.status")
    assert second["host"] not in (first, None)
    assert [each["path"] for each in second["folders"]] == [str(folder)]


def test_the_end_of_the_stream_ends_the_server(variables) -> None:
    process = start(variables, "--stdio")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 1, "it was not told to exit"


def test_exit_without_shutdown_is_no_success(variables) -> None:
    process = start(variables)
    request = {"processId": None, "capabilities": {}, "rootUri": None}
    process.communicate(frame(id=1, method="initialize", params=request) + frame(method="exit"), timeout=30)
    assert process.returncode == 1


def test_an_editor_that_was_killed_takes_the_server_along(variables, tmp_path: Path) -> None:
    """Its end of the pipe lives on in another process, so that only its number tells."""
    read, write = os.pipe()
    editor = subprocess.Popen(["sleep", "600"])
    process = start(variables, stdin=read, stderr=subprocess.DEVNULL)
    os.write(write, frame(id=1, method="initialize", params={"processId": editor.pid, "capabilities": {}}))
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(3)  # The server looks every two seconds, and believes a number only that it saw alive.
    assert process.poll() is None
    editor.kill()
    editor.wait()
    assert process.wait(30) == 1
    os.close(write)


def test_over_tcp(variables) -> None:
    process = start(variables, "--tcp", "127.0.0.1:0")
    assert process.stderr is not None
    found = re.search(rb"listens on 127\.0\.0\.1:(\d+)", process.stderr.readline())
    assert found is not None
    with socket.create_connection(("127.0.0.1", int(found[1])), timeout=30) as connection:
        connection.sendall(frame(id=1, method="initialize", params={"processId": None, "capabilities": {}}))
        stream = connection.makefile("rb")
        length = int(stream.readline().partition(b":")[2])
        while stream.readline().strip():
            continue
        answer = json.loads(stream.read(length))
        assert answer["result"]["serverInfo"]["name"] == "macrohard-lsp"
        connection.sendall(frame(id=2, method="shutdown") + frame(method="exit"))
        assert process.wait(30) == 0


WRONG = {
    "an address of everybody": (["--tcp", "0.0.0.0:0"], "is not a loopback address"),
    "no port": (["--tcp", "127.0.0.1:x"], "'x' is not a port"),
    "both ways at once": (["--stdio", "--tcp", "127.0.0.1:0"], "exclude one another"),
    "a log that can't be written": (["--log-file", "/proc/nowhere/log"], "can't be used"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_arguments_have_their_sentence(variables, name: str) -> None:
    arguments, sentence = WRONG[name]
    done = subprocess.run(
        [sys.executable, "-m", "macrohard_lsp", *arguments],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stdout == ""


async def test_a_port_that_is_taken_has_its_sentence(variables) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(variables, "--tcp", f"127.0.0.1:{port}")
        _, err = await asyncio.to_thread(process.communicate, None, 30)
    assert process.returncode == 2
    assert b"can't be used: Address already in use" in err


async def test_settings_that_are_not_allowed_are_named(new_editor, files) -> None:
    editor: Editor = new_editor(minimal())
    folder = files("--- a.py\n")
    await editor.start(folder, options={"settings": {"test": {"onOpen": "nothing", "run": "never"}}})
    await editor.until(lambda: editor.messages, "the message")
    await editor.command("macrohard.status")  # Answered after all that the host was told before.
    (told,) = editor.take_messages()
    assert "the editor: `test.run` is 'never'; it has to be one of 'save', 'type' or 'manual'" in told
    await editor.until(lambda: editor.logged, "the same in the log")
    editor.logged.clear()


async def test_without_a_folder_nothing_is_walked(new_editor, tmp_path: Path) -> None:
    """A single file in a place that is no project: nothing runs, and everything asked has an answer."""
    lonely = tmp_path / "lonely" / "test_a.py"
    lonely.parent.mkdir()
    lonely.write_text("def test_a():\n    assert 0\n")
    editor: Editor = new_editor(neovim())
    await editor.start()
    editor.open(lonely)
    assert await editor.actions(lonely, 1) == []
    assert await editor.lenses(lonely) == []
    assert (await editor.command("macrohard.status"))["folders"] == []
    assert await editor.command("macrohard.runTests") == {"message": "", "passed": 0, "failed": 0}
    assert await editor.diagnostics(lonely) == []


@pytest.mark.usefixtures("sandbox")
async def test_a_file_opened_alone_brings_its_project(new_editor, shop: Path) -> None:
    tests = shop / "tests" / "test_basket.py"
    editor: Editor = new_editor(neovim())
    editor.settings = {"fix": {"automatic": False}}
    await editor.start()
    editor.open(tests)
    assert await editor.until(lambda: editor.failures(tests), "the failure")


async def test_lenses_and_symbols_of_what_is_not_saved(new_editor, files) -> None:
    folder = files("--- test_a.py\nclass TestA:\n    def test_b(self): pass\n")
    path = folder / "test_a.py"
    editor: Editor = new_editor(neovim())
    editor.settings = QUIET
    await editor.start(folder)
    editor.open(path)
    editor.type(path, "class TestA", "def test_new():\n    x = '漢'\n\n\nclass TestA")
    lenses = [
        (each.range.start.line, each.command.arguments[0]["tests"]) for each in await editor.lenses(path)
    ]
    assert lenses == [
        (0, ["test_a.py::test_new"]),
        (4, ["test_a.py::TestA"]),
        (5, ["test_a.py::TestA::test_b"]),
    ]
    symbols = await editor.symbols(path)
    assert [(each.name, [child.name for child in each.children]) for each in symbols] == [
        ("test_new", []),
        ("TestA", ["test_b"]),
    ]
    found = await editor.workspace_symbols("TEST_n")
    assert [(each.name, each.location.uri, each.location.range.start.line) for each in found] == [
        ("test_new", uri_of(path), 0)
    ]
