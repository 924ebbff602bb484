import assert from "node:assert/strict";
import { test } from "node:test";
import { COUNT, HEIGHT, layersOf, strokesOf } from "../../../tokapp/ui/span_editor/static/patterns.js";

const COLORS = 8;

test("forty labels differ in colour or in pattern, and neighbours in both", () => {
  const looks = Array.from({ length: 40 }, (_, index) => [index % COLORS, index % COUNT]);
  assert.equal(new Set(looks.map(String)).size, 40);
  for (let at = 1; at < looks.length; at += 1) assert.ok(looks[at][0] !== looks[at - 1][0] && looks[at][1] !== looks[at - 1][1]);
});

/** @param {number} index @param {boolean} suggested @returns {string} which of the pixels of a line have ink */
function drawn(index, suggested) {
  const rows = [];
  for (let y = 0.25; y < HEIGHT; y += 0.5) {
    for (let x = 0.5; x < 17; x += 1) {
      const isInk = strokesOf(index, suggested).some(({ ink, period, top, height }) =>
        y >= top && y < top + height && ink.some(([from, to]) => x % period >= from && x % period < to));
      rows.push(isInk ? "#" : ".");
    }
  }
  return rows.join("");
}

test("every pattern looks different without any colour, as a person's span and as a suggestion", () => {
  const all = Array.from({ length: COUNT }, (_, index) => [drawn(index, false), drawn(index, true)]).flat();
  assert.equal(new Set(all).size, 2 * COUNT);
  for (let one = 0; one < COUNT; one += 1) {
    for (let other = 0; other < one; other += 1) {
      const [left, right] = [drawn(one, false), drawn(other, false)];
      assert.ok([...left].filter((pixel, at) => pixel !== right[at]).length >= 0.15 * left.length, `${one} and ${other}`);
    }
  }
});

test("a suggestion has gaps that a person's span has not", () => {
  for (let index = 0; index < COUNT; index += 1) {
    assert.ok(strokesOf(index, true).every(({ ink, period }) => ink.every(([, to]) => to <= period - 5)));
    assert.ok(strokesOf(index, false).some(({ period }) => period === 12));
  }
});

test("a stroke stays within its line and its colour comes from outside", () => {
  for (let index = 0; index < COUNT; index += 1) {
    for (const { top, height } of strokesOf(index, false)) assert.ok(top >= 0 && top + height <= HEIGHT);
    for (const { image } of layersOf(index, false, "var(--line-3)")) assert.match(image, /^linear-gradient\(90deg, (transparent|var\(--line-3\))/);
  }
});
