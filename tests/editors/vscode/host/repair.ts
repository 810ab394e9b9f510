/** From a failing test to a repaired file, by the editor's own commands. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as vscode from "vscode";
import { eventually, failures, inFolder, inside, open, runSteps } from "./harness";

const basket = inFolder("shop", "basket.py");
const tests = inFolder("tests", "test_basket.py");

async function actionsAt(uri: vscode.Uri, range: vscode.Range): Promise<vscode.CodeAction[]> {
  const kind = vscode.CodeActionKind.QuickFix.value;
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    uri,
    range,
    kind,
    20,
  );
  return found.filter(({ title }) => title.startsWith("Fix: "));
}

export const run = (): Promise<void> =>
  runSteps([
    {
      name: "the server is started, and it is known why",
      async run() {
        await eventually("the extension is active", () =>
          vscode.extensions.getExtension("macrohard.macrohard")?.isActive,
        );
        const found = await eventually("a server is chosen", () => inside().resolution());
        assert.equal(found.reason, "setting");
        assert.equal(found.dependsOnInterpreter, false);
      },
    },
    {
      name: "the server is told what was set, and no defaults",
      async run() {
        assert.deepEqual(Object.keys(inside().settings(basket)), ["interpreter"]);
        const settings = vscode.workspace.getConfiguration("macrohard", basket);
        await settings.update("test.timeoutSeconds", 50, vscode.ConfigurationTarget.Workspace);
        await eventually("the setting arrives", () => "test" in inside().settings(basket));
        assert.deepEqual((inside().settings(basket) as { test: object }).test, { timeoutSeconds: 50 });
      },
    },
    {
      name: "the palette has its commands, and the server its own",
      async run() {
        const wanted = ["runAllTests", "runFile", "findFix", "cancelAll", "restart", "showLogs"];
        const servers = ["runTests", "fix", "cancel", "showProof", "applyFix", "status"];
        await eventually("all commands are there", async () => {
          const all = await vscode.commands.getCommands(true);
          return [...wanted, ...servers].every((name) => all.includes(`macrohard.${name}`));
        });
      },
    },
    {
      name: "the failing test is shown in its file",
      async run() {
        const document = await open(tests);
        const [failure] = await eventually("a failure is shown", () => {
          const found = failures(tests);
          return found.length > 0 && found;
        });
        assert.ok(failure);
        assert.equal(failure.code, "failing-test");
        assert.match(document.lineAt(failure.range.start.line).text, /test_total|assert/);
      },
    },
    {
      name: "the status tells the sandbox and the result",
      async run() {
        await eventually("the status speaks of the sandbox", () => /sandbox: /.test(inside().view().detail));
        await eventually("the status is of a result", () => !inside().view().busy);
        assert.match(inside().view().text, /1 fail/);
      },
    },
    {
      name: "a fix is offered at the failing test and where it edits, and applies",
      async run() {
        const atTest = await eventually("a fix is offered at the test", async () => {
          const [failure] = failures(tests);
          const actions = failure ? await actionsAt(tests, failure.range) : [];
          return actions.length > 0 && actions;
        });
        console.log(`offered: ${atTest.map(({ title }) => title).join(" | ")}`);
        const document = await open(basket);
        const line = document.getText().split("\n").findIndex((text) => text.includes("if subtotal >"));
        const [fix] = await actionsAt(basket, document.lineAt(line).range);
        assert.ok(fix?.edit, "the edit is there after it was resolved");
        assert.match(fix.title, />=/);
        assert.ok(await vscode.workspace.applyEdit(fix.edit));
        assert.match(document.lineAt(line).text, /if subtotal >= FREE_SHIPPING_FROM:/);
        assert.ok(await document.save());
        assert.match(fs.readFileSync(basket.fsPath, "utf8"), /if subtotal >= FREE_SHIPPING_FROM:/);
      },
    },
    {
      name: "after saving, the failure is gone",
      async run() {
        await eventually("no failure is shown any more", () => failures(tests).length === 0);
      },
    },
    {
      name: "Run All Tests tells how they ended",
      async run() {
        const outcome = await vscode.commands.executeCommand<{ passed: number; failed: number }>(
          "macrohard.runAllTests",
        );
        assert.equal(outcome.failed, 0);
        assert.equal(outcome.passed, 7);
      },
    },
    {
      name: "Run Tests of This File runs those of the file",
      async run() {
        await open(tests);
        const outcome = await vscode.commands.executeCommand<{ passed: number; failed: number }>("macrohard.runFile");
        assert.deepEqual([outcome.passed, outcome.failed], [7, 0]);
      },
    },
    {
      name: "Cancel stops a run",
      async run() {
        // What is left of the step before is not what is to be stopped.
        await eventually("nothing else is done", () => !inside().view().busy);
        const running = vscode.commands.executeCommand("macrohard.runAllTests");
        await eventually("the run has begun", () => inside().view().busy);
        await vscode.commands.executeCommand("macrohard.cancelAll");
        // A run that was stopped has no outcome; one that went on to its end would have one.
        assert.equal(await running, undefined);
        await eventually("nothing is done any more", () => !inside().view().busy);
      },
    },
    {
      name: "Restart Server starts another one",
      async run() {
        type Told = { host: number };
        const before = await vscode.commands.executeCommand<Told>("macrohard.status");
        await vscode.commands.executeCommand("macrohard.restart");
        const after = await vscode.commands.executeCommand<Told>("macrohard.status");
        assert.notEqual(after.host, before.host);
      },
    },
  ]);
