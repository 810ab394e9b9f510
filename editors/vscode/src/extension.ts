/** Entry point: puts the parts together and listens for what changes. */

import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { watchInterpreter } from "./interpreter";
import { Keeper } from "./keeper";
import type { Resolution } from "./resolution";
import { chosenSettings, serverSettingNames } from "./settings";
import { Status } from "./status";
import type { View } from "./statusView";

/** What the extension's tests look at. */
export interface Inside {
  resolution(): Resolution | undefined;
  running(): boolean;
  view(): View;
  settings(resource?: vscode.Uri): object;
}

let keeper: Keeper | undefined;

export function activate(context: vscode.ExtensionContext): Inside {
  const log = vscode.window.createOutputChannel("Macrohard", { log: true });
  const trace = vscode.window.createOutputChannel("Macrohard Trace", { log: true });
  const status = new Status();
  const names = serverSettingNames(context.extension.packageJSON);
  const kept = new Keeper({ log, trace }, status, names);
  keeper = kept;
  context.subscriptions.push(
    log,
    trace,
    status,
    registerCommands(kept, log),
    watchInterpreter(() => void kept.interpreterChanged()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void kept.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("macrohard.path")) {
        void kept.refresh();
      }
    }),
  );
  // Not awaited: the editor must not wait for a Python process.
  void kept.refresh();
  return {
    resolution: () => kept.chosen,
    running: () => kept.running,
    view: () => status.view,
    settings: (resource) => chosenSettings(names, resource),
  };
}

export async function deactivate(): Promise<void> {
  await keeper?.close();
}
