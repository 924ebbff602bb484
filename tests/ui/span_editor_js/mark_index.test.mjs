import assert from "node:assert/strict";
import { test } from "node:test";
import { inReadingOrder } from "../../../tokapp/ui/span_editor/static/layout.js";
import { MarkIndex } from "../../../tokapp/ui/span_editor/static/mark_index.js";

/** @param {number} start @param {number} end */
const mark = (start, end, label = "a", suggested = false) => ({ start, end, label, score: null, suggested });

/** Numbers that look random and are the same on every run. @param {number} seed */
function draws(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % below;
  };
}

test("the marks over a range are exactly those that share a character with it, however long they are", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const draw = draws(seed);
    const marks = Array.from({ length: 30 }, (_, at) => {
      const start = draw(200);
      return mark(start, start + 1 + draw(at % 5 ? 8 : 150), `l${at}`);
    }).sort(inReadingOrder);
    const index = new MarkIndex("x".repeat(400), marks);
    for (let start = 0; start < 360; start += 7) {
      const range = { start, end: start + 1 + draw(20) };
      const expected = marks.filter((one) => one.start < range.end && range.start < one.end);
      assert.deepEqual(index.over(range), expected);
    }
  }
});

test("marks over a range come innermost first, a person's before a suggestion", () => {
  const marks = [mark(0, 20), mark(2, 6, "b", true), mark(2, 6, "c")].sort(inReadingOrder);
  assert.deepEqual(new MarkIndex("x".repeat(30), marks).byDepth({ start: 3, end: 4 }).map((one) => one.label), ["c", "b", "a"]);
});

test("the signature of a mark changes with its lane, its score and the room of its tag", () => {
  const text = "alpha beta gamma";
  const one = mark(0, 5);
  const signatures = [
    [one],
    [{ ...one, score: 0.5 }],
    [mark(0, 9, "b"), one].sort(inReadingOrder),
    [one, mark(6, 10)],
  ].map((marks) => new MarkIndex(text, marks).signature(/** @type {any} */ (marks.find((other) => other.end === 5))));
  assert.equal(new Set(signatures).size, signatures.length);
});

test("an index without marks finds none", () => {
  assert.deepEqual(new MarkIndex("", []).over({ start: 0, end: 9 }), []);
});
