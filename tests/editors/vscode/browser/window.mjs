// Opens VS Code in Chromium. The browser comes from the system, the driver from the folder of tools.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PATIENCE_MS = 60_000;

export const given = JSON.parse(process.argv[2]);

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Calls `work` with a page, and leaves a picture of the end, also of a bad one. */
export async function inBrowser(name, work) {
  const { chromium } = createRequire(join(given.tools, "package.json"))("playwright-core");
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: ARGUMENTS,
  });
  const page = context.pages()[0];
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await work(page);
  } catch (error) {
    console.log(`FAILED ${error?.stack ?? error}`);
    process.exitCode = 1;
  } finally {
    await page.screenshot({ path: join(given.results, `${name}.png`) }).catch(() => undefined);
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

const began = Date.now();

export function say(words) {
  console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${words}`);
}
