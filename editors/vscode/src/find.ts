/** The order in which the server is looked for. Knows no editor: what there is comes in as `Surroundings`. */

import type { NothingFound, Resolution } from "./resolution";

export const SERVER = "macrohard-lsp";
export const INSTALL_COMMAND = "pip install macrohard-lsp";

export interface Surroundings {
  /** The setting `macrohard.path`. */
  readonly setting: string | null;
  /** Whether the person trusts the workspace. */
  readonly trusted: boolean;
  /** Path of the selected Python interpreter, where an extension knows one. */
  interpreter(): Promise<string | undefined>;
  /** The program of that name which lies beside another one. */
  beside(program: string, name: string): string | undefined;
  /** The program of that name on `PATH`. */
  onPath(name: string): string | undefined;
  /** The program at that path, with `~` spelled out. */
  at(path: string): string | undefined;
}

const ARGUMENTS = ["--stdio"];

export async function findServer(around: Surroundings): Promise<Resolution | NothingFound> {
  if (around.setting) {
    return fromSetting(around, around.setting);
  }
  // The selected environment often lies in the workspace, and what lies there is not started before it is trusted.
  const interpreter = around.trusted ? await around.interpreter() : undefined;
  const dependsOnInterpreter = around.trusted;
  const installed = interpreter && around.beside(interpreter, SERVER);
  if (installed) {
    const why = `${SERVER} is installed in the environment of the selected interpreter ${interpreter}`;
    return chosen(installed, ARGUMENTS, "interpreter", why, dependsOnInterpreter);
  }
  const onPath = around.onPath(SERVER);
  if (onPath) {
    return chosen(onPath, ARGUMENTS, "path", `${SERVER} is on PATH`, dependsOnInterpreter);
  }
  const uvx = around.onPath("uvx");
  if (uvx) {
    const why = `${SERVER} is not installed, and uvx can run it`;
    return chosen(uvx, [SERVER, ...ARGUMENTS], "uvx", why, dependsOnInterpreter);
  }
  return { found: false, why: notFoundSentence(around.trusted, interpreter), dependsOnInterpreter };
}

/** A setting that leads nowhere is told, not passed over: the person wanted that program and no other. */
function fromSetting(around: Surroundings, setting: string): Resolution | NothingFound {
  const program = around.at(setting);
  if (!program) {
    const why = `The setting macrohard.path names ${setting}, which is not an absolute path of a program.`;
    return { found: false, why, dependsOnInterpreter: false };
  }
  return chosen(program, ARGUMENTS, "setting", "the setting macrohard.path names it", false);
}

function chosen(
  command: string,
  args: readonly string[],
  reason: Resolution["reason"],
  why: string,
  dependsOnInterpreter: boolean,
): Resolution {
  return { found: true, command, args, reason, why, dependsOnInterpreter };
}

function notFoundSentence(trusted: boolean, interpreter: string | undefined): string {
  const environment = interpreter ? `in the environment of ${interpreter} or ` : "";
  const untrusted = trusted ? "" : " (the environments of folders you don't trust were not looked at)";
  return `${SERVER} was not found ${environment}on PATH, and neither was uvx${untrusted}.`;
}
