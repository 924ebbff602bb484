import assert from "node:assert/strict";
import { test } from "node:test";
import { percent, strength } from "../../../tokapp/ui/span_editor/static/atoms.js";

test("a line is the stronger the surer the model, full without a score, and never invisible", () => {
  const drawn = [0, 0.2, 0.5, 0.9, 1].map(strength);
  assert.deepEqual(drawn, [...drawn].sort((one, other) => one - other));
  assert.equal(strength(null), 100);
  assert.equal(strength(1), 100);
  assert.ok(strength(0) >= 30);
  assert.ok(strength(1) - strength(0) >= 50);
});

test("a share is rounded, but never to a certainty that it is not", () => {
  assert.deepEqual([0, 0.001, 0.514, 0.999, 1].map(percent), ["0 %", "< 1 %", "51 %", "> 99 %", "100 %"]);
});
