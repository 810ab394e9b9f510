/** What the status says. */

import assert from "node:assert/strict";
import test from "node:test";
import { statusFor, viewOf, type FolderStatus } from "../../../../editors/vscode/src/statusView";

const status = (more: Partial<FolderStatus>): FolderStatus => ({
  folder: "/code/shop",
  tier: "namespace",
  state: "idle",
  text: "6 passed, 1 failed",
  problem: null,
  ...more,
});

test("the last result and the sandbox", () => {
  const view = viewOf("running", status({}));
  assert.deepEqual(view, {
    text: "6 passed, 1 failed",
    detail: "sandbox: namespace",
    severity: "information",
    busy: false,
  });
});
test("the weaker sandbox is a warning in words", () => {
  const view = viewOf("running", status({ tier: "process" }));
  assert.equal(view.severity, "warning");
  assert.match(view.detail, /process.*network/);
});
test("a problem is a warning, work is busy", () => {
  assert.equal(viewOf("running", status({ problem: "No pytest." })).severity, "warning");
  assert.match(viewOf("running", status({ problem: "No pytest." })).detail, /No pytest\./);
  assert.ok(viewOf("running", status({ state: "busy" })).busy);
});
test("without a server no old result is shown", () => {
  assert.match(viewOf("missing", status({})).detail, /not found/);
  assert.ok(viewOf("starting", status({})).busy);
});
test("the innermost folder around the file", () => {
  const outer = status({ folder: "/code" });
  const inner = status({ folder: "/code/shop" });
  assert.equal(statusFor([outer, inner], "/code/shop/a.py"), inner);
  assert.equal(statusFor([outer, inner], "/code/shopping/a.py"), outer);
  assert.equal(statusFor([outer, inner], "/else/a.py"), undefined);
  assert.equal(statusFor([inner], "/else/a.py"), inner);
  assert.equal(statusFor([outer, inner], undefined), outer);
});
