/** What the server is told of the section `macrohard`. */

import * as vscode from "vscode";

const SECTION = "macrohard";

/** For this extension, not for the server. */
const OURS = new Set(["path", "trace.server"]);

type Tree = { [name: string]: unknown };

/**
 * The settings that somebody chose, and no defaults. The editor's settings win over the user's file and the project's;
 * defaults, sent along as if they were chosen, would silently switch those files off.
 */
export function chosenSettings(names: readonly string[], resource: vscode.Uri | undefined): Tree {
  const settings = vscode.workspace.getConfiguration(SECTION, resource ?? null);
  const tree: Tree = {};
  for (const name of names) {
    const seen = settings.inspect(name);
    const chosen = [seen?.globalValue, seen?.workspaceValue, seen?.workspaceFolderValue];
    if (chosen.some((value) => value !== undefined)) {
      put(tree, name.split("."), settings.get(name));
    }
  }
  return tree;
}

/** The names of the server's settings, as the manifest contributes them. */
export function serverSettingNames(manifest: unknown): string[] {
  const contributed = (manifest as { contributes: { configuration: { properties: object } } }).contributes;
  return Object.keys(contributed.configuration.properties)
    .map((name) => name.slice(SECTION.length + 1))
    .filter((name) => !OURS.has(name));
}

function put(tree: Tree, names: readonly string[], value: unknown): void {
  const [first, ...rest] = names;
  if (first === undefined) {
    return;
  }
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const branch = (tree[first] ??= {}) as Tree;
  put(branch, rest, value);
}
