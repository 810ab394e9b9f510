/** Looking up programs in a real folder. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import test from "node:test";
import { programAt, programBeside, programOnPath } from "../../../../editors/vscode/src/programs";

const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "programs-")));
process.on("exit", () => fs.rmSync(base, { recursive: true }));

function put(relative: string, mode: number): string {
  const file = path.join(base, relative);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, "#!/bin/sh\n", { mode });
  return file;
}

const program = put("one/lsp", 0o755);
put("two/lsp", 0o755);
put("plain/lsp", 0o644);
fs.mkdirSync(path.join(base, "folder/lsp"), { recursive: true });
const linked = path.join(base, "linked");
fs.symlinkSync(path.join(base, "one"), linked);

const onPath = (folders: string[], passedOver: string[] = []): string | undefined =>
  programOnPath("lsp", folders.map((folder) => (folder ? path.join(base, folder) : "")).join(":"), passedOver);

test("the first one on PATH that can be started", () => {
  assert.equal(onPath(["plain", "folder", "missing", "one", "two"]), program);
});
test("an empty or relative entry of PATH is nothing", () => {
  assert.equal(onPath(["", "one"]), program);
  assert.equal(programOnPath("lsp", "one:.", []), undefined);
});
test("what lies in a folder that isn't trusted is passed over, also through a link", () => {
  assert.equal(onPath(["one", "two"], [path.join(base, "one")]), path.join(base, "two/lsp"));
  assert.equal(onPath(["linked"], [path.join(base, "one")]), undefined);
  assert.equal(onPath(["one"], [path.join(base, "on")]), program);
});
test("beside another program", () => {
  assert.equal(programBeside(path.join(base, "one/python"), "lsp"), program);
  assert.equal(programBeside(path.join(base, "plain/python"), "lsp"), undefined);
});
test("a path that was named is absolute, or begins at the home folder", () => {
  assert.equal(programAt(program), program);
  assert.equal(programAt("one/lsp"), undefined);
  assert.equal(programAt("~/surely/not/there"), undefined);
});
