/**
 * The commands of the palette. The server's own commands are registered by the language client under the server's
 * names, so these have names of their own, and fill in which folder is meant.
 */

import * as vscode from "vscode";
import type { Keeper } from "./keeper";

interface Outcome {
  readonly message?: string;
}

export function registerCommands(keeper: Keeper, log: vscode.LogOutputChannel): vscode.Disposable {
  const onServer = async (command: string, argument: object): Promise<Outcome | undefined> => {
    if (!keeper.running) {
      await keeper.refresh();
    }
    // Where there is still none, it has been said why.
    return keeper.running ? vscode.commands.executeCommand<Outcome | undefined>(command, argument) : undefined;
  };
  const run = async (argument: object): Promise<Outcome | undefined> => {
    const outcome = await onServer("macrohard.runTests", argument);
    // The server tells how a search for a fix ended, but not how the tests ended: they are run all the time.
    if (outcome?.message) {
      void vscode.window.showInformationMessage(`Macrohard: ${outcome.message}`);
    }
    return outcome;
  };
  const commands: Record<string, () => unknown> = {
    "macrohard.runAllTests": () => run(activeFolder()),
    "macrohard.runFile": () => run(activeFile()),
    "macrohard.findFix": () => onServer("macrohard.fix", activeFolder()),
    "macrohard.cancelAll": () => onServer("macrohard.cancel", {}),
    "macrohard.restart": () => keeper.restart(),
    "macrohard.showLogs": () => log.show(),
  };
  const registered = Object.entries(commands).map(([name, act]) => vscode.commands.registerCommand(name, act));
  return vscode.Disposable.from(...registered);
}

/** The folder of the active editor's file; without one, the server takes all folders. */
function activeFolder(): object {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri && vscode.workspace.getWorkspaceFolder(uri) ? { uri: uri.toString() } : {};
}

/** The active editor's file, which the server knows by its path in the folder, as it begins the ids of its tests. */
function activeFile(): object {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
  return folder ? { uri: uri.toString(), tests: [vscode.workspace.asRelativePath(uri, false)] } : {};
}
