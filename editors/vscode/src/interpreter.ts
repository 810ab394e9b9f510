/**
 * The interpreter that is selected in Microsoft's Python extension, where that is installed. It is optional: nothing
 * here may fail without it, and nothing waits for it longer than a named time.
 */

import * as vscode from "vscode";

const PYTHON_EXTENSION = "ms-python.python";
const PATIENCE_MS = 10_000;

/** The part of the Python extension's public API that is used here. */
interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      environment: { readonly path: string },
    ): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

export function hasPythonExtension(): boolean {
  return vscode.extensions.getExtension(PYTHON_EXTENSION) !== undefined;
}

/** Path of the interpreter selected for the first folder; one server serves all folders, so one has to be picked. */
export async function selectedInterpreter(log: vscode.LogOutputChannel): Promise<string | undefined> {
  try {
    const api = await withDeadline(pythonApi());
    if (!api) {
      return undefined;
    }
    const active = api.environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
    const resolved = await withDeadline(api.environments.resolveEnvironment(active));
    return resolved?.executable.uri?.fsPath;
  } catch (error) {
    log.warn(`The Python extension could not be asked for its interpreter: ${String(error)}`);
    return undefined;
  }
}

/** Calls `changed` whenever another interpreter may be selected, also when the Python extension comes or goes. */
export function watchInterpreter(changed: () => void): vscode.Disposable {
  let listening: vscode.Disposable | undefined;
  let gone = false;
  const listen = async (): Promise<void> => {
    const api = await pythonApi().catch(() => undefined);
    if (!gone) {
      listening?.dispose();
      listening = api?.environments.onDidChangeActiveEnvironmentPath(changed);
    }
  };
  let known = hasPythonExtension();
  const extensions = vscode.extensions.onDidChange(() => {
    if (hasPythonExtension() !== known) {
      known = !known;
      void listen().then(changed);
    }
  });
  void listen();
  return new vscode.Disposable(() => {
    gone = true;
    listening?.dispose();
    extensions.dispose();
  });
}

async function pythonApi(): Promise<PythonApi | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
  const api = extension && (await extension.activate());
  // Old versions have no such API.
  return api?.environments ? api : undefined;
}

async function withDeadline<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} seconds`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
