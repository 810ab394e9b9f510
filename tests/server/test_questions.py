"""Where the tests leave open which fix is right: the person is asked by a test, and the answer decides."""

import re
from pathlib import Path

import pytest

from .profiles import minimal, vs_code

pytestmark = [pytest.mark.usefixtures("sandbox"), pytest.mark.slow]

WEAKLY_TESTED = """
--- low.py
def at_most(value, limit):
    return value < limit

--- test_low.py
from low import at_most


def test_low():
    assert at_most(3, 3)
"""
ASKED = "Say which fix is right: add a test of at_most("


@pytest.mark.parametrize("profile", [vs_code, minimal], ids=["vs-code", "minimal"])
async def test_the_person_is_asked_and_the_answer_decides(new_editor, files, profile) -> None:
    folder: Path = files(WEAKLY_TESTED)
    low, tests = folder / "low.py", folder / "test_low.py"
    editor = new_editor(profile())
    await editor.start(folder)
    editor.open(low)
    editor.open(tests)
    line = editor.line_of(tests, "assert at_most")
    question = await editor.until_offered(tests, line, ASKED)
    await editor.until_idle(folder)
    offered = await editor.actions(tests, line)
    assert not any(each.is_preferred for each in offered)
    assert offered[0].title.startswith("Fix: ")
    assert offered[-1].title == question.title
    proofs = [each.title for each in await editor.actions(tests, line, only=["source"])]
    assert proofs
    assert not any("Say which" in title for title in proofs)

    before = editor.buffers[tests].text
    await editor.accept(question)
    text = editor.buffers[tests].text
    assert text.startswith(before.rstrip("\n"))
    assert editor.buffers[low].text.count("value < limit") == 1
    assert await editor.failures(tests) != []

    (result,) = re.findall(r"# (\S+): use `<=` instead of `<`\n", text)
    editor.type(tests, "== ...", f"== {result}")
    editor.save(tests)
    fix = await editor.until_offered(
        tests, line, "Fix: use `<=` instead of `<` in at_most (test_low passes; 1 other still passes)"
    )
    await editor.until_idle(folder)
    assert question.title not in [each.title for each in await editor.actions(tests, line)]
    await editor.accept(fix)
    editor.save(low)
    await editor.until(lambda: _is_clear(editor, tests), "a clear file")


async def _is_clear(editor, path: Path) -> bool:
    return await editor.failures(path) == []
