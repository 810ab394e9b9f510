"""A failing test becomes a proven fix inside an editor, for each kind of client."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from .editor import uri_of
from .profiles import PROFILES, vs_code

pytestmark = pytest.mark.usefixtures("sandbox")

SUITE = """
--- prices.py
def total(prices):
    result = 0
    for price in prices:
        result += price
    return result

--- test_prices.py
from prices import total


def test_total():
    assert total([1, 2]) == 3


def test_nothing():
    assert total([]) == 0
"""


@pytest.mark.parametrize("profile", PROFILES)
async def test_break_save_see_accept(new_editor, files, profile: str) -> None:
    folder: Path = files(SUITE)
    code, tests = folder / "prices.py", folder / "test_prices.py"
    editor = new_editor(PROFILES[profile]())
    await editor.start(folder)
    editor.open(code)
    editor.open(tests)
    await editor.until_idle(folder)
    assert await editor.diagnostics(code) == await editor.diagnostics(tests) == []
    assert editor.status[str(folder)]["tier"] == "namespace"

    # Unsaved, nothing has run; lines above are added in the meantime.
    editor.type(code, "result += price", "result -= price")
    editor.save(code)
    failures = await editor.until(lambda: editor.failures(tests), "the failure")
    assert failures[0].startswith("test_total fails: assert -3 == 3")
    line = editor.line_of(tests, "assert total([1, 2])")
    assert (await editor.diagnostics(tests))[0].range.start.line == line

    action = await editor.until_offered(tests, line, "Fix: ")
    assert action.title == (
        "Fix: use `+=` instead of `-=` in total (test_total passes; 1 other still passes)"
    )
    on_the_bug = await editor.until_offered(code, editor.line_of(code, "-="), "Fix: ")
    assert on_the_bug.title == action.title
    await editor.accept(action)
    assert "result += price" in editor.buffers[code].text
    await editor.until(lambda: _clear(editor, code, tests), "clear files")
    assert code.read_text().count("-=") == 1, "the server wrote a file of the user's"

    editor.save(code)
    await editor.until_idle(folder)
    await editor.until(lambda: _clear(editor, code, tests), "clear files")
    assert await editor.actions(tests, line) == []


async def _clear(editor, *paths: Path) -> bool:
    return not any([await editor.diagnostics(path) for path in paths])


@pytest.mark.parametrize("profile", PROFILES)
async def test_opened_with_a_failure(new_editor, shop: Path, profile: str) -> None:
    """Nothing is configured and nothing typed: the failure, where the fault probably is, and the fix."""
    code, tests = shop / "shop" / "basket.py", shop / "tests" / "test_basket.py"
    editor = new_editor(PROFILES[profile]())
    await editor.start(shop)
    editor.open(tests)
    await editor.until(lambda: editor.failures(tests), "the failure")
    (shown,) = await editor.diagnostics(tests)
    assert (shown.code, shown.source) == ("failing-test", "macrohard")
    line = shown.range.start.line
    fix = await editor.until_offered(tests, line, "Fix: ")
    assert "use `>=` instead of `>` in total" in fix.title
    if profile != "vs-code":
        # They can't be given versioned edits, and the file isn't open: the person is asked first.
        assert fix.edit is None
        assert fix.command is not None
        editor.answers = ["Apply"]
    await editor.accept(fix)
    assert "FREE_SHIPPING_FROM" in editor.buffers[code].text
    await editor.until(lambda: _clear(editor, code, tests), "clear files")
    await editor.until_idle(shop)
    await asyncio.sleep(1)
    assert await _clear(editor, code, tests), "the search went on and brought back what was repaired"
    editor.save(code)
    await editor.until_idle(shop)
    assert (await editor.command("macrohard.runTests", {"uri": tests.as_uri()}))["failed"] == 0


async def test_the_fault_is_shown_as_a_hint(new_editor, files) -> None:
    """No single edit makes a product of a sum of three, so the suspects stay."""
    folder: Path = files(
        """
--- area.py
def volume(a, b, c):
    if a == 7919:
        return 0
    return hash((a, b, c))

--- test_area.py
from area import volume

def test_volume():
    assert volume(2, 3, 7) == 40961
    assert volume(3, 11, 5) == 16417
"""
    )
    code = folder / "area.py"
    editor = new_editor(PROFILES["vs-code"]())
    editor.settings = {"fix": {"budgetSeconds": 5}}
    await editor.start(folder)
    editor.open(code)
    hints = await editor.until(lambda: editor.diagnostics(code), "suspects")
    assert {each.code for each in hints} == {"suspect"}
    assert {each.severity for each in hints} == {4}
    await editor.until_idle(folder)
    line = editor.line_of(folder / "test_area.py", "40961")
    offered = [each.title for each in await editor.actions(folder / "test_area.py", line)]
    assert offered == ["Look for a fix of test_volume"]


async def test_what_was_shown_is_cleared_also_where_the_client_forgot_it(new_editor, shop: Path) -> None:
    """VS Code's client forgets the result id of a file whose tab closes, and keeps its diagnostics."""
    code, tests = shop / "shop" / "basket.py", shop / "tests" / "test_basket.py"
    editor = new_editor(vs_code())
    editor.settings = {"fix": {"automatic": False}}
    await editor.start(shop)
    editor.open(tests)
    await editor.until(lambda: editor.failures(tests), "the failure")
    editor.close_file(tests)
    editor.open(code)
    editor.type(code, " > FREE", " >= FREE")
    editor.save(code)

    async def cleared() -> bool:
        params = types.WorkspaceDiagnosticParams(previous_result_ids=[])
        report = await editor.client.workspace_diagnostic_async(params)
        return [(each.uri, list(each.items)) for each in report.items if each.kind == "full"] == [
            (uri_of(tests), [])
        ]

    await editor.until(cleared, "an empty report")
