// A person opens a Python project where there is no server: {folder, command}.

import { given, inBrowser, say } from "./window.mjs";

await inBrowser("ui-missing", async (page) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: given.address });
  await page.goto(`${given.address}/?folder=${given.folder}`);
  const message = page.locator(".notification-toast:has-text('macrohard-lsp was not found')");
  await message.waitFor();
  say(`the message: ${(await message.innerText()).replace(/\s+/g, " ").trim()}`);
  await page.screenshot({ path: `${given.results}/ui-not-found.png` });

  await message.getByRole("button", { name: "Copy Install Command" }).click();
  await page.waitForFunction((wanted) => navigator.clipboard.readText().then((text) => text === wanted), given.command);
  say("the command to install it is in the clipboard");
});
