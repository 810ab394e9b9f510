"""What happens while the server works: two folders, several files, cancelling, typing on, and what tests print."""

import asyncio
import shutil
import venv
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from .editor import Editor
from .profiles import minimal, neovim, vs_code

pytestmark = [pytest.mark.usefixtures("sandbox"), pytest.mark.slow]

RESTING = 2
"""The host, and the process that forks launchers, which stays for the next Machine."""

TWO_BUGS = """
--- low.py
def at_most(value, limit):
    return value < limit

--- high.py
def at_least(value, limit):
    return value > limit

--- test_both.py
from high import at_least
from low import at_most


def test_low():
    assert at_most(3, 3) and not at_most(4, 3)


def test_high():
    assert at_least(3, 3) and not at_least(2, 3)
"""

UNCOLLECTED = """
--- low.py
def at_most(value, limit):
    retrun value <= limit

--- test_low.py
from low import at_most


def test_low():
    assert at_most(3, 3) and not at_most(4, 3)
"""

SLOW = """
--- things.py
def three():
    return 4

--- test_things.py
import time
from things import three


def test_three():
    assert three() == 3


def test_slow():
    time.sleep(60)
"""


@pytest.mark.parametrize("profile", [vs_code, minimal], ids=["vs-code", "minimal"])
async def test_a_fix_over_several_files_one_of_them_not_open(new_editor, files, profile) -> None:
    folder: Path = files(TWO_BUGS)
    low, high, tests = folder / "low.py", folder / "high.py", folder / "test_both.py"
    editor = new_editor(profile())
    await editor.start(folder)
    editor.open(low)
    editor.open(tests)
    line = editor.line_of(tests, "assert at_most")
    fix = await editor.until_offered(tests, line, "Fix: all 2 fixes together (2 failing tests pass")
    editor.answers = ["Apply"]
    await editor.accept(fix)
    assert "<= limit" in editor.buffers[low].text
    assert ">= limit" in editor.buffers[high].text
    asked = [each.message for each in editor.questions]
    assert [("high.py" in each and "low.py" not in each.partition("\n\n")[2]) for each in asked] == (
        [True] if profile is minimal else []
    )
    editor.save(low)
    editor.save(high)
    await editor.until(lambda: shows_nothing(editor, tests), "a clear file")


async def test_a_file_that_can_not_be_collected(new_editor, files) -> None:
    """The error stands where Python stumbles, and the fix is offered there."""
    folder: Path = files(UNCOLLECTED)
    code = folder / "low.py"
    editor = new_editor(vs_code())
    await editor.start(folder)
    editor.open(code)
    (shown,) = await editor.until(lambda: editor.diagnostics(code), "the error")
    assert shown.code == "collection"
    line = editor.line_of(code, "retrun")
    assert shown.range.start.line == line
    fix = await editor.until_offered(code, line, "Fix: use `return` instead of `retrun`")
    assert "test_low.py can be collected and passes" in fix.title
    await editor.accept(fix)
    assert "return value <= limit" in editor.buffers[code].text
    editor.save(code)
    await editor.until(lambda: shows_nothing(editor, code), "a clear file")
    await editor.until_idle(folder)
    assert (await editor.command("macrohard.runTests", {"uri": code.as_uri()}))["failed"] == 0


async def test_asked_and_not_confirmed_nothing_changes(new_editor, files) -> None:
    folder: Path = files(TWO_BUGS)
    tests = folder / "test_both.py"
    editor = new_editor(minimal())
    await editor.start(folder)
    editor.open(tests)
    fix = await editor.until_offered(tests, editor.line_of(tests, "assert at_most"), "Fix: ")
    editor.answers = [""]
    await editor.accept(fix)
    assert editor.applied == []
    assert list(editor.buffers) == [tests]


async def test_two_folders_with_two_interpreters(new_editor, files, tmp_path: Path) -> None:
    """Each folder's tests run in its own environment, as a module tells that both have."""
    folders = [files("--- test_it.py\nimport marked\n\ndef test_it(): assert marked.NAME == 'one'\n", "one")]
    folders.append(
        files("--- test_it.py\nimport marked\n\ndef test_it(): assert marked.NAME == 'one'\n", "two")
    )
    for folder in folders:
        venv.create(folder / ".venv", symlinks=True, with_pip=False)
        site = next((folder / ".venv" / "lib").glob("python*/site-packages"))
        (site / "marked.py").write_text(f"NAME = {folder.name!r}\n")
        installed = Path(pytest.__file__).parents[1]
        for needed in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"):
            for found in (installed / needed, *installed.glob(f"{needed}-*.dist-info")):
                shutil.copytree(found, site / found.name)
        shutil.copy(installed / "py.py", site)
    editor = new_editor(neovim())
    editor.settings = {"fix": {"automatic": False}}
    await editor.start(*folders)
    for folder in folders:
        editor.open(folder / "test_it.py")
    failures = await editor.until(lambda: editor.failures(folders[1] / "test_it.py"), "the failure of two")
    assert "'two'" in failures[0]
    await editor.until_idle(*folders)
    assert await editor.failures(folders[0] / "test_it.py") == []
    status = {each["path"]: each for each in (await editor.command("macrohard.status"))["folders"]}
    assert [".venv" in status[str(folder)]["interpreter"] for folder in folders] == [True, True]


async def test_cancelled_from_the_progress(new_editor, files) -> None:
    folder: Path = files(SLOW)
    editor = new_editor(vs_code())
    editor.settings = {"test": {"onOpen": "nothing"}}
    await editor.start(folder)
    asked = asyncio.ensure_future(editor.command("macrohard.runTests"))
    token = await editor.until(lambda: next(iter(editor.progress), None), "the progress")
    await editor.until(lambda: editor.progress[token].messages, "its message")
    assert children_of(editor.pid) > RESTING
    editor.cancel_progress(token)
    with pytest.raises(JsonRpcException, match="Stopped"):
        await asyncio.wait_for(asked, 20)
    await editor.until(lambda: editor.progress[token].ended, "the end of the progress", 20)
    await editor.until_idle(folder)
    await editor.until(lambda: children_of(editor.pid) <= RESTING, "the end of the children", 20)
    assert editor.progress[token].title == "Macrohard: Running tests"


async def test_a_cancelled_request_stops_its_work(new_editor, files) -> None:
    folder: Path = files(SLOW)
    editor = new_editor(neovim())
    editor.settings = {"test": {"onOpen": "nothing"}}
    await editor.start(folder)
    asked, number = editor.request("macrohard.runTests")
    await editor.until(lambda: children_of(editor.pid) > RESTING, "the work")
    editor.cancel_request(number)
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(asked, 10)
    await editor.until(lambda: children_of(editor.pid) <= RESTING, "the end of the children", 20)
    await editor.until_idle(folder)


async def test_the_command_stops_everything(new_editor, files) -> None:
    folder: Path = files(SLOW)
    editor = new_editor(minimal())
    await editor.start(folder)
    await editor.until(lambda: children_of(editor.pid) > RESTING, "the work")
    await editor.command("macrohard.cancel")
    await editor.until_idle(folder)
    await editor.until(lambda: children_of(editor.pid) <= RESTING, "the end of the children", 20)


MENDED = """
--- things.py
def three():
    return 4

--- test_things.py
import time
from things import three


def test_three():
    assert three() == 3


def test_slow():
    three()
    time.sleep(4)
"""


async def test_what_a_save_mends_is_gone_before_the_run_is_over(new_editor, files) -> None:
    """The run of the next save has been started ahead: the outcome of a test is shown as it ends."""
    folder: Path = files(MENDED)
    things, tests = folder / "things.py", folder / "test_things.py"
    editor = new_editor(neovim())
    editor.settings = {"test": {"onOpen": "all"}, "fix": {"automatic": False}}
    await editor.start(folder)
    editor.open(things)
    editor.open(tests)
    assert await editor.until(lambda: editor.failures(tests), "the failure")
    await editor.until_idle(folder)
    editor.type(things, "return 4", "return 3")
    editor.save(things)
    await editor.until(lambda: shows_nothing(editor, tests), "a clear file")
    (status,) = (await editor.command("macrohard.status"))["folders"]
    assert status["state"] == "busy"
    await editor.until_idle(folder)
    assert await editor.diagnostics(tests) == []


async def test_what_is_typed_is_not_saved_by_a_file_that_is_told_late(new_editor, files) -> None:
    folder: Path = files(TWO_BUGS)
    low, tests = folder / "low.py", folder / "test_both.py"
    editor = new_editor(vs_code())
    editor.settings = {"test": {"onOpen": "all"}, "fix": {"automatic": False}}
    await editor.start(folder)
    editor.open(low)
    editor.open(tests)
    await editor.until(lambda: editor.failures(tests), "the failures")
    await editor.until_idle(folder)
    failures = await editor.failures(tests)
    editor.type(low, "<", "<=")
    editor.disk_changed(low)
    await asyncio.sleep(2)
    assert await editor.failures(tests) == failures
    editor.save(low)

    async def fewer() -> bool:
        return len(await editor.failures(tests)) < len(failures)

    await editor.until(fewer, "the mended test")


async def test_typing_on_while_the_tests_run(new_editor, files) -> None:
    """What a run found is shown where it is by now, and the offer is made for the text as it is by now."""
    folder: Path = files(TWO_BUGS)
    low, tests = folder / "low.py", folder / "test_both.py"
    editor = new_editor(vs_code())
    await editor.start(folder)
    editor.open(low)
    editor.open(tests)
    editor.type(tests, "from high", "# one line more\n# and another\nfrom high")
    await editor.until(lambda: editor.failures(tests), "the failures")
    line = editor.line_of(tests, "assert at_most")
    await editor.until_offered(tests, line, "Fix: use `<=`")
    shown = [each.range.start.line for each in await editor.diagnostics(tests)]
    assert shown == [line, editor.line_of(tests, "assert at_least")]

    editor.type(low, "def at_most", "# above the function\n\n\ndef at_most")
    fix = await editor.until_offered(tests, line, "Fix: use `<=`")
    await editor.until_offered(tests, line, "proven before the latest edits")
    await editor.accept(fix)
    assert editor.buffers[low].text == (
        "# above the function\n\n\ndef at_most(value, limit):\n    return value <= limit\n\n"
    )


async def test_an_offer_that_fits_no_more_says_why(new_editor, files) -> None:
    folder: Path = files(TWO_BUGS)
    low, tests = folder / "low.py", folder / "test_both.py"
    editor = new_editor(vs_code())
    await editor.start(folder)
    editor.open(low)
    editor.open(tests)
    line = editor.line_of(tests, "assert at_most")
    old = await editor.until_offered(tests, line, "Fix: use `<=`")
    editor.type(low, "value < limit", "not value > limit or value < limit")

    async def disabled():
        return [each for each in await editor.actions(tests, line) if each.disabled is not None]

    (stale,) = await editor.until(disabled, "a disabled offer")
    assert "has changed since" in stale.disabled.reason
    with pytest.raises(JsonRpcException, match="doesn't fit any more"):
        await editor.accept(old)
    (told,) = editor.take_messages()
    assert "low.py: line 2 has changed since" in told
    assert editor.buffers[low].text.count("not value > limit or value < limit") == 1


async def test_rejected_nothing_changes(new_editor, files) -> None:
    """Whoever looks at a fix and doesn't take it keeps file, buffer and offer."""
    folder: Path = files(TWO_BUGS)
    low, tests = folder / "low.py", folder / "test_both.py"
    editor = new_editor(vs_code())
    await editor.start(folder)
    editor.open(low)
    before = low.read_bytes()
    editor.open(tests)
    line = editor.line_of(tests, "assert at_most")
    fix = await editor.until_offered(tests, line, "Fix: use `<=`")
    resolved = await editor.client.code_action_resolve_async(fix)
    assert resolved.edit is not None
    proof = await editor.command("macrohard.showProof", {"offer": fix.data["offer"]})
    assert "failing-test-passes" in proof["markdown"]
    assert "+    return value <= limit" in proof["markdown"]
    assert editor.shown == [f"file://{proof['path']}"]
    assert Path(proof["path"]).read_text() == proof["markdown"]
    assert low.read_bytes() == before
    assert editor.buffers[low].version == 1
    assert (await editor.until_offered(tests, line, "Fix: use `<=`")).title == fix.title
    proofs = await editor.actions(tests, line, only=["source"])
    assert "Show the proof of “Fix: use `<=` instead of `<` in at_most”" in [each.title for each in proofs]
    assert await editor.failures(tests) != []


async def test_what_tests_print_is_no_message(new_editor, files) -> None:
    folder: Path = files(
        """
--- conftest.py
import os, sys
print("Content-Length: 5\\r\\n\\r\\nhello")
os.write(1, b"Content-Length: 9\\r\\n\\r\\n{}")

def pytest_configure(config):
    sys.__stdout__.write("Content-Length: 3\\r\\n\\r\\n{}\\n" * 2000)
    sys.__stdout__.flush()

--- test_loud.py
import os, sys, subprocess

def test_loud(capfd):
    with capfd.disabled():
        print("x" * 100_000)
        os.write(2, b"y" * 100_000)
        subprocess.run([sys.executable, "-c", "print('z' * 100_000)"])

def test_broken():
    assert 1 == 2
"""
    )
    editor = new_editor(neovim())
    editor.settings = {"test": {"arguments": ["-s"]}, "fix": {"automatic": False}}
    await editor.start(folder)
    editor.open(folder / "test_loud.py")
    failures = await editor.until(lambda: editor.failures(folder / "test_loud.py"), "the failure")
    assert failures == ["test_broken fails: assert 1 == 2"]
    answer = await editor.command("macrohard.runTests", {"uri": (folder / "test_loud.py").as_uri()})
    assert answer == {"message": "1 passed, 1 failed.", "passed": 1, "failed": 1}


async def shows_nothing(editor: Editor, path: Path) -> bool:
    return not await editor.diagnostics(path)


def children_of(pid: int) -> int:
    """How many processes a process has started that still live, over all generations.

    The launcher that waits for the next Machine, and its child, are at rest and not counted.
    """
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue
            fields = rest.split()
            if fields[0] != "Z" and not name.startswith(("spare", "starter")):
                parents[int(entry.name)] = int(fields[1])
    return sum(_descends(child, pid, parents) for child in parents)


def _descends(child: int, pid: int, parents: dict[int, int]) -> bool:
    here = parents.get(child, 0)
    while here > 1 and here != pid:
        here = parents.get(here, 0)
    return here == pid
