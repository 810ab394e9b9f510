/** What `find.ts` looks at, as this editor has it. */

import * as vscode from "vscode";
import type { Surroundings } from "./find";
import { selectedInterpreter } from "./interpreter";
import { programAt, programBeside, programOnPath } from "./programs";

export function editorSurroundings(log: vscode.LogOutputChannel): Surroundings {
  const trusted = vscode.workspace.isTrusted;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const passedOver = trusted ? [] : folders.map((folder) => folder.uri.fsPath);
  return {
    setting: vscode.workspace.getConfiguration("macrohard").get<string | null>("path") ?? null,
    trusted,
    interpreter: () => selectedInterpreter(log),
    beside: programBeside,
    onPath: (name) => programOnPath(name, process.env["PATH"] ?? "", passedOver),
    at: programAt,
  };
}
