/** One language client for all folders. */

import * as os from "node:os";
import * as vscode from "vscode";
import {
  LanguageClient,
  LSPErrorCodes,
  ResponseError,
  RevealOutputChannelOn,
  type ExecuteCommandMiddleware,
  type Middleware,
} from "vscode-languageclient/node";
import type { Resolution } from "./resolution";
import { chosenSettings } from "./settings";

export interface Channels {
  readonly log: vscode.LogOutputChannel;
  readonly trace: vscode.LogOutputChannel;
}

export function makeClient(server: Resolution, channels: Channels, settingNames: readonly string[]): LanguageClient {
  const program = {
    command: server.command,
    args: [...server.args],
    // Not the workspace: what lies in it (uv.toml, .python-version) must have no say in which program runs.
    options: { cwd: os.homedir() },
  };
  return new LanguageClient("macrohard", "Macrohard", program, {
    documentSelector: [{ scheme: "file", language: "python" }],
    outputChannel: channels.log,
    traceOutputChannel: channels.trace,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    // Evaluated at each start, so that a restart sees the trust and the settings of that moment.
    initializationOptions: () => ({
      settings: chosenSettings(settingNames, vscode.workspace.workspaceFolders?.[0]?.uri),
      trusted: vscode.workspace.isTrusted,
      status: true,
    }),
    middleware: { ...answersWithChosenSettings(settingNames), executeCommand: withoutAlarm },
  });
}

function answersWithChosenSettings(settingNames: readonly string[]): Middleware {
  return {
    workspace: {
      configuration: (params, token, next) =>
        params.items.map((item) => {
          if (item.section === "macrohard") {
            const resource = item.scopeUri ? vscode.Uri.parse(item.scopeUri) : undefined;
            return chosenSettings(settingNames, resource);
          }
          const answers = next({ items: [item] }, token);
          return Array.isArray(answers) ? (answers[0] as unknown) : null;
        }),
      // The server registers for this. It is told only that something changed, and pulls, for each folder, what it is.
      didChangeConfiguration: (_sections, next) => next(undefined),
    },
  };
}

/** What the server refuses, or was told to stop, is a sentence for the person and no error of this extension. */
const withoutAlarm: NonNullable<ExecuteCommandMiddleware["executeCommand"]> = async (command, args, next) => {
  try {
    return (await next(command, args)) as unknown;
  } catch (error) {
    if (error instanceof ResponseError && error.code === LSPErrorCodes.RequestFailed) {
      void vscode.window.showInformationMessage(`Macrohard: ${error.message}`);
      return undefined;
    }
    throw error;
  }
};
