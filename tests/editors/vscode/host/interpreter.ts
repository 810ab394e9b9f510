/** What becomes of the server when another interpreter is selected. The environments lie beside the workspace. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually, inFolder, inside, open, runSteps } from "./harness";

const inEnvironment = (name: string, program: string): string => inFolder("..", name, "bin", program).fsPath;

async function select(environment: string): Promise<void> {
  const extension = vscode.extensions.getExtension<{ select(path: string): void }>("ms-python.python");
  assert.ok(extension);
  (await extension.activate()).select(inEnvironment(environment, "python"));
}

async function host(): Promise<number> {
  const told = await vscode.commands.executeCommand<{ host: number }>("macrohard.status");
  return told.host;
}

let first = 0;

export const run = (): Promise<void> =>
  runSteps([
    {
      name: "where there is no server, the status says so",
      async run() {
        await open(inFolder("tests", "test_basket.py"));
        await eventually("the extension is active", () =>
          vscode.extensions.getExtension("macrohard.macrohard")?.isActive,
        );
        await eventually("the status speaks of it", () => /not found/.test(inside().view().detail));
        assert.equal(inside().resolution(), undefined);
      },
    },
    {
      name: "the server of the selected environment is started",
      async run() {
        await select("one");
        await eventually("it runs", () => inside().running());
        const found = inside().resolution();
        assert.equal(found?.reason, "interpreter");
        assert.equal(found?.command, inEnvironment("one", "macrohard-lsp"));
        assert.equal(found?.dependsOnInterpreter, true);
        first = await host();
      },
    },
    {
      name: "the same interpreter again restarts nothing",
      async run() {
        await select("one");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        assert.equal(await host(), first);
      },
    },
    {
      name: "another environment's server takes its place, and quick changes leave the last",
      async run() {
        await select("two");
        await select("one");
        await select("two");
        const wanted = inEnvironment("two", "macrohard-lsp");
        await eventually("it runs", () => inside().resolution()?.command === wanted && inside().running());
        assert.notEqual(await host(), first);
      },
    },
    {
      name: "an environment without a server stops it",
      async run() {
        await select("three");
        await eventually("the status speaks of it", () => /not found/.test(inside().view().detail));
        assert.equal(inside().running(), false);
      },
    },
  ]);
