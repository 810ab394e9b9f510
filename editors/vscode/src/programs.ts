/** Looking up programs in the file system. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const SUFFIX = process.platform === "win32" ? ".exe" : "";

/** The path with `~` spelled out, if a program is there. A relative path is none: relative to what? */
export function programAt(named: string): string | undefined {
  const spelled = named.startsWith("~/") ? path.join(os.homedir(), named.slice(2)) : named;
  return path.isAbsolute(spelled) && isProgram(spelled) ? spelled : undefined;
}

/** The program that lies in the same folder as another one, as scripts lie beside their interpreter. */
export function programBeside(program: string, name: string): string | undefined {
  const candidate = path.join(path.dirname(program), name + SUFFIX);
  return isProgram(candidate) ? candidate : undefined;
}

/**
 * The first program of that name on the given `PATH`. Folders of `PATH` that lie in one of `passedOver` don't count:
 * an editor that was started from an activated environment has that environment on its `PATH`.
 */
export function programOnPath(
  name: string,
  pathVariable: string,
  passedOver: readonly string[],
): string | undefined {
  for (const folder of pathVariable.split(path.delimiter)) {
    if (!path.isAbsolute(folder) || passedOver.some((outer) => liesIn(folder, outer))) {
      continue;
    }
    const candidate = path.join(folder, name + SUFFIX);
    if (isProgram(candidate) && !passedOver.some((outer) => liesIn(realPath(candidate), realPath(outer)))) {
      return candidate;
    }
  }
  return undefined;
}

function liesIn(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === "" || !(relative === ".." || relative.startsWith(".." + path.sep) || path.isAbsolute(relative));
}

function realPath(named: string): string {
  try {
    return fs.realpathSync(named);
  } catch {
    return named;
  }
}

function isProgram(named: string): boolean {
  try {
    fs.accessSync(named, fs.constants.X_OK);
    return fs.statSync(named).isFile();
  } catch {
    return false;
  }
}
