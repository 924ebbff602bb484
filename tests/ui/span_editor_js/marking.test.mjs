import assert from "node:assert/strict";
import { test } from "node:test";
import { Marking } from "../../../tokapp/ui/span_editor/static/marking.js";
import { Offsets } from "../../../tokapp/ui/span_editor/static/offsets.js";

const USUAL = { keys: {}, step: "word", snap: "word", ticks: false };
const TEXT = "a 🎉 dark mode";

function made() {
  const log = { asked: [], saved: [], said: [] };
  const marking = new Marking({
    ask: (kinds) => log.asked.push(kinds), save: (preferences) => log.saved.push(preferences), changed: () => {}, say: (one) => log.said.push(one),
  });
  marking.open({ text: TEXT, words: [{ start: 0, end: 1 }], offsets: new Offsets(TEXT) });
  return { marking, log };
}

const down = (preferences, units = {}, hasPattern = true) => ({ preferences, hasPattern, units });

test("tokens are asked for once somebody needs them, and arrive as UTF-16 ranges", () => {
  const { marking, log } = made();
  marking.adopt(down(USUAL));
  assert.deepEqual(log.asked, []);
  marking.set({ ticks: true });
  assert.deepEqual(log.asked, [["token"]]);
  marking.adopt(down({ ...USUAL, ticks: true }, { token: [2, 3, 4, 8] }));
  assert.deepEqual(marking.ticks, [{ start: 2, end: 4 }, { start: 5, end: 9 }]);
  assert.deepEqual(log.asked, [["token"]]);
});

test("a question that nobody answers is asked again, but not for ever", () => {
  const { marking, log } = made();
  for (let run = 0; run < 9; run += 1) marking.adopt(down({ ...USUAL, snap: "token" }));
  assert.deepEqual(log.asked, [["token"], ["token"], ["token"]]);
});

test("where there are no tokens the reason is said, and marks snap to nothing", () => {
  const { marking, log } = made();
  marking.adopt(down({ ...USUAL, snap: "token" }, { token: "There is no model yet." }));
  assert.deepEqual(log.said, ["There is no model yet."]);
  assert.deepEqual(marking.pieces, []);
  assert.equal(marking.unitsOf("token"), null);
});

test("a person can see that what marks snap to is on its way", () => {
  const { marking } = made();
  marking.adopt(down(USUAL));
  assert.equal(marking.isWaiting, false);
  marking.set({ snap: "pattern" });
  assert.equal(marking.isWaiting, true);
  marking.adopt(down({ ...USUAL, snap: "pattern" }, { pattern: [0, 1] }));
  assert.equal(marking.isWaiting, false);
  marking.open({ text: TEXT, words: [], offsets: new Offsets(TEXT) });
  assert.equal(marking.isWaiting, true);
  marking.close();
});

test("what a person changed stays while it is on its way, and is sent again after a lost connection", () => {
  const { marking, log } = made();
  marking.adopt(down(USUAL));
  marking.set({ step: "character" });
  assert.equal(marking.preferences.step, "character");
  marking.adopt(down(USUAL));
  assert.equal(marking.preferences.step, "character");
  marking.saveAgain();
  assert.equal(log.saved.length, 3);
  marking.adopt(down({ ...USUAL, step: "character" }));
  marking.saveAgain();
  assert.equal(log.saved.length, 3);
});

test("the pattern is asked for only where the project has one", () => {
  const { marking, log } = made();
  marking.adopt(down({ ...USUAL, snap: "pattern" }, {}, false));
  assert.deepEqual(log.asked, []);
  marking.adopt(down({ ...USUAL, snap: "pattern" }));
  assert.deepEqual(log.asked, [["pattern"]]);
});
