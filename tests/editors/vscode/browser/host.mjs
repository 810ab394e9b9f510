// Has VS Code run tests in its extension host: {name, folder, extension, tests}. Its outcome is the exit status.

import { given, inBrowser, say } from "./window.mjs";

const LIMIT_MS = 480_000;

await inBrowser(given.name, async (page) => {
  const host = new URL(given.address).host;
  const uri = (path) => `vscode-remote://${host}${path}`;
  const payload = JSON.stringify([
    ["extensionDevelopmentPath", uri(given.extension)],
    ["extensionTestsPath", uri(given.tests)],
    ["skipWelcome", "true"],
  ]);
  let ended;
  const outcome = new Promise((resolve) => (ended = resolve));
  await page.exposeFunction("codeAutomationExit", (code) => ended(code));
  // The editor says a lot about native modules that were left out; only the tests' own words are wanted.
  await page.exposeFunction("codeAutomationLog", (_type, words) => {
    const line = words.join(" ");
    if (/^(ok|FAILED|status|offered)/.test(line)) {
      say(line);
    }
  });
  const timer = setTimeout(() => ended("no outcome in time"), LIMIT_MS);
  await page.goto(`${given.address}/?folder=${given.folder}&payload=${encodeURIComponent(payload)}`);
  const code = await outcome;
  clearTimeout(timer);
  if (code !== 0) {
    throw new Error(`the tests in the extension host ended with ${code}`);
  }
});
