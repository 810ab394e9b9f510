/** What the tests in the extension host share. They are plain functions, run in order in one editor. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { Inside } from "../../../../editors/vscode/src/extension";

export const PATIENCE_MS = 180_000;

export interface Step {
  readonly name: string;
  run(): Promise<void>;
}

/** Waits until `look` finds something, and returns it. */
export async function eventually<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) {
      return seen;
    }
    if (Date.now() > end) {
      throw new Error(`did not happen within ${PATIENCE_MS / 1000} seconds: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function inFolder(...names: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  return vscode.Uri.file(path.join(folder, ...names));
}

export async function open(uri: vscode.Uri): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document);
  return document;
}

export function failures(uri: vscode.Uri): vscode.Diagnostic[] {
  const ours = vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "macrohard");
  return ours.filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);
}

export function inside(): Inside {
  const extension = vscode.extensions.getExtension<Inside>("macrohard.macrohard");
  if (!extension?.isActive) {
    throw new Error("the extension is not active");
  }
  return extension.exports;
}

export async function runSteps(steps: readonly Step[]): Promise<void> {
  const watching = setInterval(tellStatus, 100);
  try {
    await runEach(steps);
  } finally {
    clearInterval(watching);
  }
}

let toldStatus = "";

/** Each change of the status, beside the steps: where one takes long, this says what the server did meanwhile. */
function tellStatus(): void {
  const extension = vscode.extensions.getExtension<Inside>("macrohard.macrohard");
  const status = extension?.isActive ? JSON.stringify(extension.exports.view()) : "";
  if (status !== toldStatus) {
    toldStatus = status;
    console.log(`status ${status}`);
  }
}

async function runEach(steps: readonly Step[]): Promise<void> {
  for (const { name, run } of steps) {
    const began = Date.now();
    try {
      await run();
    } catch (error) {
      console.log(`FAILED ${name}: ${error instanceof Error ? error.stack : String(error)}`);
      throw error;
    }
    console.log(`ok ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }
}
