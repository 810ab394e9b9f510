// A person repairs a failing test by hand: {folder, fileOfTest, fileToEdit, line}. What is on disk is looked at outside.

import { given, inBrowser, say } from "./window.mjs";

/** Finding and proving a fix runs the tests some ten times, and the machine may be busy. */
const SEARCH_MS = 240_000;
/** A look at the menu while nothing is offered yet is repeated after this long. */
const AGAIN_MS = 3_000;

await inBrowser("ui-repair", async (page) => {
  await page.goto(`${given.address}/?folder=${given.folder}`);
  await page.waitForSelector(".monaco-workbench");
  say("the workbench is there");

  await openFromExplorer(page, "tests", "test_basket.py");
  await page.waitForSelector(".view-lines:has-text('test_total')");
  say("the file of the test is open");
  await page.waitForSelector(".squiggly-error", { timeout: SEARCH_MS });
  say("the failing test is underlined");

  await page.keyboard.press("F8");
  await page.waitForSelector(".marker-widget");
  say(`its message: ${oneLine(await page.locator(".marker-widget .descriptioncontainer").innerText())}`);
  await page.keyboard.press("Escape");

  const offered = await menuWithFix(page);
  say(`the menu: ${oneLine(offered)}`);
  await page.screenshot({ path: `${given.results}/ui-quick-fix.png` });
  // Not a click: a transparent layer of this version lies over the menu.
  await page.keyboard.press("Enter");
  await page.waitForSelector(".action-widget", { state: "hidden" });

  await openFromExplorer(page, "shop", "basket.py");
  await page.waitForSelector(".view-lines:has-text('>=')");
  say("the text has changed");
  await page.keyboard.press("Control+s");
  await page.waitForSelector(".tab.active:not(.dirty)");
  say("it is saved");

  await openFromExplorer(page, "tests", "test_basket.py");
  await page.waitForSelector(".view-lines:has-text('test_total')");
  await page.waitForSelector(".squiggly-error", { state: "detached", timeout: SEARCH_MS });
  await page.waitForSelector('.statusbar-item[aria-label="No Problems"]', { timeout: SEARCH_MS });
  say("nothing is underlined any more");
});

async function openFromExplorer(page, folder, file) {
  const row = (name) => page.locator(`.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`).first();
  if ((await row(file).count()) === 0) {
    await row(folder).click();
  }
  await row(file).dblclick();
  await page.waitForSelector(`.tab.active[aria-label^="${file}"]`);
  // Away from the row, whose tooltip would lie over the text.
  await page.mouse.move(800, 700);
}

/**
 * Opens the menu of quick fixes until it offers a fix; before one is found, it offers to look for one, or there is none.
 * The menu is closed for certain before the keys are pressed again: in an open menu they accept what is selected.
 */
async function menuWithFix(page) {
  const menu = page.locator(".action-widget");
  const nothing = page.locator(".monaco-editor-overlaymessage");
  const end = Date.now() + SEARCH_MS;
  for (;;) {
    await page.keyboard.press("Control+.");
    await menu.or(nothing).first().waitFor();
    const text = (await menu.isVisible()) ? await menu.innerText() : "";
    if (text.includes("Fix: ")) {
      return text;
    }
    if (Date.now() > end) {
      throw new Error(`no fix was offered; the menu was: ${oneLine(text)}`);
    }
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
    await nothing.first().waitFor({ state: "hidden" });
    await page.waitForTimeout(AGAIN_MS);
  }
}

function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}
