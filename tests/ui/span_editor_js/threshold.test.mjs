import assert from "node:assert/strict";
import { test } from "node:test";
import { atLeast } from "../../../tokapp/ui/span_editor/static/threshold.js";

const mark = (start, score, suggested = true) => ({ start, end: start + 4, label: "x", score, suggested });

test("only suggestions that are less sure are hidden", () => {
  const marks = [mark(0, 0.2), mark(5, 0.5), mark(10, 0.9), mark(15, null), mark(20, null, false)];
  assert.deepEqual(atLeast(marks, 0.5).map((one) => one.start), [5, 10, 15, 20]);
});

test("at zero everything is shown, at the top only what is certain or has no score", () => {
  const marks = [mark(0, 0), mark(5, 0.99), mark(10, 1), mark(15, null)];
  assert.equal(atLeast(marks, 0).length, 4);
  assert.deepEqual(atLeast(marks, 1).map((one) => one.start), [10, 15]);
});
