/** Tells the person that there is no server, with buttons for what to do next. */

import * as vscode from "vscode";
import { INSTALL_COMMAND } from "./find";
import { hasPythonExtension } from "./interpreter";

const COPY = "Copy Install Command";
const SELECT = "Select Interpreter";
const SETTING = "Set the Path";
const LOGS = "Show Logs";

export async function complain(sentence: string, log: vscode.LogOutputChannel): Promise<void> {
  log.error(sentence);
  // Without the Python extension there is no interpreter to select.
  const choice = hasPythonExtension() ? SELECT : SETTING;
  const pressed = await vscode.window.showErrorMessage(`Macrohard: ${sentence}`, COPY, choice, LOGS);
  switch (pressed) {
    case COPY:
      return vscode.env.clipboard.writeText(INSTALL_COMMAND);
    case SELECT:
      return vscode.commands.executeCommand("python.setInterpreter");
    case SETTING:
      return vscode.commands.executeCommand("workbench.action.openSettings", "macrohard.path");
    case LOGS:
      return log.show();
  }
}
