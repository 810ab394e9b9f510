// Bundles the unit tests with what they test, and runs them by node's own test runner: no framework, no configuration.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL("..", import.meta.url));
const tests = join(here, "../../tests/editors/vscode/unit");
const names = readdirSync(tests).filter((name) => name.endsWith(".test.ts"));
const outdir = join(here, "dist/unit");

await build({
  entryPoints: names.map((name) => join(tests, name)),
  bundle: true,
  platform: "node",
  format: "cjs",
  outdir,
  logLevel: "warning",
});
const bundled = names.map((name) => join(outdir, name.replace(/\.ts$/, ".js")));
process.exit(spawnSync(process.execPath, ["--test", ...bundled], { stdio: "inherit" }).status ?? 1);
