"""A project of JavaScript in an editor: failures at their lines on opening and saving, and no fix looked for."""

import os
import shutil
from pathlib import Path

import pytest

from .profiles import PROFILES

pytestmark = pytest.mark.usefixtures("sandbox")

SUMS = """
--- package.json
{"name": "sums", "scripts": {"test": "node --test"}}
--- src/sums.js
exports.total = (values) => {
  if (values === undefined) throw new TypeError("no values");
  return values.reduce((sum, value) => sum - value, 0);
};
--- test/sums.test.js
const assert = require("node:assert");
const { test } = require("node:test");
const { total } = require("../src/sums.js");

test("several", () => {
  assert.strictEqual(total([1, 2]), 3);
});
test("none", () => assert.strictEqual(total([]), 0));
"""


@pytest.mark.parametrize("profile", ["vs-code", pytest.param("minimal", marks=pytest.mark.slow)])
async def test_failures_of_another_language(new_editor, files, profile: str) -> None:
    if shutil.which("node") is None:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail("node is missing")
        pytest.skip("node is missing")
    folder: Path = files(SUMS)
    code, tests = folder / "src" / "sums.js", folder / "test" / "sums.test.js"
    editor = new_editor(PROFILES[profile]())
    await editor.start(folder)
    editor.open(code, language="javascript")
    failures = await editor.until(lambda: editor.failures(tests), "the failure")
    assert failures[0].startswith("several fails: Expected values to be strictly equal"), failures
    assert (await editor.diagnostics(tests))[0].range.start.line == editor.line_of(tests, "total([1, 2])")
    await editor.until_idle(folder)
    assert editor.status[str(folder)]["tier"] == "namespace"
    assert not any("fix" in each.title for each in editor.progress.values()), editor.progress

    editor.type(code, "sum - value", "sum + value")
    editor.save(code)

    async def clear() -> bool:
        return not await editor.diagnostics(tests)

    await editor.until(clear, "a clear file")
    await editor.until_idle(folder)
    editor.type(code, "values === undefined", "values !== undefined")
    editor.save(code)

    async def both() -> bool:
        return len(await editor.diagnostics(code)) == 2

    await editor.until(both, "both failures")
    assert {each.range.start.line for each in await editor.diagnostics(code)} == {1}
    assert await editor.diagnostics(tests) == []
    await editor.until_idle(folder)
    assert await editor.symbols(code) == []
