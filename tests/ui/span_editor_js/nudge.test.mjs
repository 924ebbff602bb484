import assert from "node:assert/strict";
import { test } from "node:test";
import { nudged } from "../../../tokapp/ui/span_editor/static/nudge.js";
import { Graphemes, Listed } from "../../../tokapp/ui/span_editor/static/units.js";

const TEXT = "the dark 👩‍👩‍👧 mode is";
const WORDS = [...TEXT.matchAll(/\S+/g)].map((found) => ({ start: found.index, end: found.index + found[0].length }));
/** @param {string} surface */
const rangeOf = (surface) => ({ start: TEXT.indexOf(surface), end: TEXT.indexOf(surface) + surface.length });

const CASES = [
  ["startOut", "dark", "the dark", " dark"],
  ["endOut", "dark", "dark 👩‍👩‍👧", "dark "],
  ["startIn", "dark 👩‍👩‍👧", "👩‍👩‍👧", "ark 👩‍👩‍👧"],
  ["endIn", "dark 👩‍👩‍👧", "dark", "dark "],
  ["endOut", "ar", "ark", "ark"],
  ["startIn", "👩‍👩‍👧 mode", "mode", " mode"],
];
for (const [way, from, byWord, byCharacter] of CASES) {
  test(`${way} makes of "${from}" "${byWord}" by words and "${byCharacter}" by characters`, () => {
    const surface = (/** @type {any} */ units) => {
      const moved = nudged(rangeOf(from), /** @type {any} */ (way), units);
      return moved && TEXT.slice(moved.start, moved.end);
    };
    assert.equal(surface(new Listed(WORDS)), byWord);
    assert.equal(surface(new Graphemes(TEXT)), byCharacter);
  });
}

test("an edge does not leave the text, and a span does not become empty", () => {
  const units = new Listed(WORDS);
  assert.equal(nudged(rangeOf("the"), "startOut", units), null);
  assert.equal(nudged(rangeOf("is"), "endOut", units), null);
  assert.equal(nudged(rangeOf("dark"), "startIn", units), null);
  assert.equal(nudged(rangeOf("dark"), "endIn", units), null);
});
