"""A fix is dismissed or accepted in an editor, and the next search in that folder knows."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from macrohard_lsp.runs.decisions import Decided, DecisionBook

from .profiles import neovim

pytestmark = pytest.mark.usefixtures("sandbox")

BROKEN = """
--- low.py
def at_most(value, limit):
    return value < limit

--- test_low.py
from low import at_most


def test_below():
    assert at_most(2, 3)


def test_low():
    assert at_most(3, 3)


def test_above():
    assert not at_most(4, 3)
"""
FIX = "Fix: use `<=` instead of `<` in at_most"


def learned(variables: Mapping[str, str], folder: Path) -> dict[str, Decided]:
    return dict(DecisionBook(Path(variables["XDG_STATE_HOME"]) / "macrohard").of(folder).kinds)


async def test_dismissed_then_asked_for_again_and_accepted(new_editor, files, variables) -> None:
    folder: Path = files(BROKEN)
    low, tests = folder / "low.py", folder / "test_low.py"
    editor = new_editor(neovim())
    await editor.start(folder)
    editor.open(low)
    editor.open(tests)
    line = editor.line_of(tests, "assert at_most(3, 3)")
    fix = await editor.until_offered(tests, line, FIX)
    assert learned(variables, folder) == {}, "not taken yet is no decision"

    (way_out,) = await editor.actions(tests, line, only=["source.macrohard.dismiss"])
    assert way_out.title == f"Dismiss “{FIX}”"
    await editor.accept(way_out)
    offered = [each.title for each in await editor.actions(tests, line)]
    assert FIX not in "".join(offered)
    assert learned(variables, folder) == {"comparison-operator": Decided(0, 1)}
    with pytest.raises(JsonRpcException, match="not offered any more"):
        await editor.command("macrohard.dismissFix", {"offer": fix.data["offer"]})

    await editor.command("macrohard.cancel")
    await editor.until_idle(folder)
    asked, _ = editor.request("macrohard.fix", {"uri": tests.as_uri()})
    again = await editor.until_offered(tests, line, FIX)
    # Carried over text that was typed since, it is accepted all the same.
    editor.type(low, "def at_most", "# How much is allowed.\n\n\ndef at_most")
    await editor.accept(again)
    assert "value <= limit" in editor.buffers[low].text
    decided = {"comparison-operator": Decided(1, 1)}
    await editor.until(lambda: learned(variables, folder) == decided, "a decision on the disk")
    await editor.command("macrohard.cancel")
    with pytest.raises(JsonRpcException, match="Stopped"):
        await asked
    editor.save(low)
    await editor.until(lambda: nothing_fails(editor, tests), "a clear file")
    assert learned(variables, folder) == decided, "counted once"


async def nothing_fails(editor, path: Path) -> bool:
    return await editor.failures(path) == []
