/** The order in which the server is looked for. A case is what there is, and what is chosen. */

import assert from "node:assert/strict";
import test from "node:test";
import { findServer, type Surroundings } from "../../../../editors/vscode/src/find";
import { startsTheSame } from "../../../../editors/vscode/src/resolution";

interface Case {
  readonly setting?: string;
  readonly untrusted?: boolean;
  readonly interpreter?: string;
  /** Paths of programs; those in /path are on PATH. */
  readonly programs: readonly string[];
  readonly chosen: string | undefined;
  readonly reason?: string;
  readonly depends: boolean;
  readonly says?: RegExp;
}

const EVERYTHING = ["/env/bin/macrohard-lsp", "/path/macrohard-lsp", "/path/uvx", "/set/lsp"];

function surroundings(given: Case): Surroundings {
  const there = (path: string): string | undefined => (given.programs.includes(path) ? path : undefined);
  return {
    setting: given.setting ?? null,
    trusted: !given.untrusted,
    interpreter: async () => given.interpreter,
    beside: (program, name) => there(program.replace(/[^/]*$/, name)),
    onPath: (name) => there(`/path/${name}`),
    at: there,
  };
}

function check(name: string, given: Case): void {
  test(name, async () => {
    const found = await findServer(surroundings(given));
    const chosen = found.found ? [found.command, ...found.args].join(" ") : undefined;
    assert.equal(chosen, given.chosen);
    assert.equal(found.found ? found.reason : undefined, given.reason);
    assert.equal(found.dependsOnInterpreter, given.depends);
    assert.match(found.why, given.says ?? /./);
  });
}

check("the setting comes first", {
  setting: "/set/lsp",
  interpreter: "/env/bin/python",
  programs: EVERYTHING,
  chosen: "/set/lsp --stdio",
  reason: "setting",
  depends: false,
});
check("a setting that leads nowhere is told, not passed over", {
  setting: "/gone",
  programs: EVERYTHING,
  chosen: undefined,
  depends: false,
  says: /\/gone/,
});
check("then the selected environment", {
  interpreter: "/env/bin/python",
  programs: EVERYTHING,
  chosen: "/env/bin/macrohard-lsp --stdio",
  reason: "interpreter",
  depends: true,
});
check("an environment of a folder that isn't trusted is passed over", {
  untrusted: true,
  interpreter: "/env/bin/python",
  programs: EVERYTHING,
  chosen: "/path/macrohard-lsp --stdio",
  reason: "path",
  depends: false,
});
check("then PATH", {
  interpreter: "/other/bin/python",
  programs: EVERYTHING,
  chosen: "/path/macrohard-lsp --stdio",
  reason: "path",
  depends: true,
});
check("then uvx", {
  programs: ["/path/uvx"],
  chosen: "/path/uvx macrohard-lsp --stdio",
  reason: "uvx",
  depends: true,
});
check("and nothing is told with what was looked at", {
  interpreter: "/env/bin/python",
  programs: [],
  chosen: undefined,
  depends: true,
  says: /\/env\/bin\/python/,
});

test("the same program for another reason needs no restart", async () => {
  const bySetting = await findServer(surroundings({ setting: "/path/macrohard-lsp", programs: EVERYTHING } as never));
  const byPath = await findServer(surroundings({ programs: EVERYTHING } as never));
  assert.ok(bySetting.found && byPath.found && startsTheSame(bySetting, byPath));
});
