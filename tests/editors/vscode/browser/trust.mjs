// A person opens a folder in Restricted Mode, and trusts it later: {folder, record}. `record` holds what was said to the
// server.

import { existsSync, readFileSync } from "node:fs";
import { given, inBrowser, PATIENCE_MS, say } from "./window.mjs";

await inBrowser("ui-trust", async (page) => {
  await page.goto(`${given.address}/?folder=${given.folder}`);
  await page.waitForSelector(".monaco-workbench");
  await heard(page, '"trusted":false');
  say("the server was told that the folder is not trusted");

  await page.locator(".statusbar-item:has-text('Restricted Mode')").click();
  await page.locator(".workspace-trust-editor .monaco-button:has-text('Trust')").first().click();
  await heard(page, '"trusted":true');
  say("after trusting, another one was told that it is");
});

async function heard(page, words) {
  const end = Date.now() + PATIENCE_MS;
  while (!(existsSync(given.record) && readFileSync(given.record, "utf8").includes(words))) {
    if (Date.now() > end) {
      throw new Error(`the server was not told ${words}`);
    }
    await page.waitForTimeout(200);
  }
}
