/** One piece of work at a time, and what was asked for meanwhile once more. */

import assert from "node:assert/strict";
import test from "node:test";
import { Serial } from "../../../../editors/vscode/src/serial";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test("three requests during one piece of work make one more", async () => {
  let begun = 0;
  let atOnce = 0;
  const serial = new Serial(async () => {
    begun += 1;
    atOnce += 1;
    assert.equal(atOnce, 1);
    await pause();
    atOnce -= 1;
  });
  const first = serial.request();
  await Promise.all([first, serial.request(), serial.request(), serial.request()]);
  assert.equal(begun, 2);
  await serial.request();
  assert.equal(begun, 3);
});

test("work that fails doesn't stop what is queued behind it", async () => {
  let begun = 0;
  const serial = new Serial(async () => {
    begun += 1;
    await pause();
    if (begun === 1) {
      throw new Error("the first fails");
    }
  });
  const first = serial.request();
  const second = serial.request();
  await assert.rejects(first, /the first fails/);
  await second;
  assert.equal(begun, 2);
});
