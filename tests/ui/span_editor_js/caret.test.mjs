import assert from "node:assert/strict";
import { test } from "node:test";
import { step, stretch, union } from "../../../tokapp/ui/span_editor/static/caret.js";
import { Graphemes, Listed } from "../../../tokapp/ui/span_editor/static/units.js";

const TEXT = "the dark mode 👩‍👩‍👧 is";
const words = new Listed([...TEXT.matchAll(/\S+/g)].map((found) => ({ start: found.index, end: found.index + found[0].length })));
const tokens = new Listed([[0, 3], [4, 6], [6, 8], [9, 13], [14, 22], [23, 25]].map(([start, end]) => ({ start, end })));
const characters = new Graphemes(TEXT);
const rangeOf = (surface) => ({ start: TEXT.indexOf(surface), end: TEXT.indexOf(surface) + surface.length });
const surface = (range) => range && TEXT.slice(range.start, range.end);

const STEPS = [
  ["a word on", "dark", words, true, "mode"],
  ["a word back", "dark", words, false, "the"],
  ["from a word into its characters", "dark", characters, true, "d"],
  ["from a word to the character before", "dark", characters, false, " "],
  ["from a character to the next word", "ark", words, true, "mode"],
  ["from within a word back to its beginning", "ark", words, false, "dark"],
  ["from a word into its tokens", "dark", tokens, true, "da"],
  ["a token on", "rk", tokens, true, "mode"],
  ["over an emoji as one character", "👩‍👩‍👧", characters, true, " "],
];
for (const [name, from, units, isForward, expected] of STEPS) {
  test(`the caret goes ${name}`, () => assert.equal(surface(step(rangeOf(from), units, isForward)), expected));
}

const STRETCHES = [
  ["by a word", "the", "the", words, true, "the dark"],
  ["by a character", "the", "the", characters, true, "the "],
  ["by a token", "the", "the", tokens, true, "the da"],
  ["backwards by a word", "mode", "mode", words, false, "dark mode"],
  ["backwards by a character", "mode", "mode", characters, false, " mode"],
  ["and shrinks by a character", "the", "dark", characters, false, "the dar"],
  ["and shrinks from the front", "mode", "dark", characters, true, "ark mode"],
  ["from a character to the end of its word", "a", "a", words, true, "dark"],
];
for (const [name, anchor, from, units, isForward, expected] of STRETCHES) {
  test(`the selection grows ${name}`, () => {
    const [one, other] = [rangeOf(anchor), rangeOf(from)];
    assert.equal(surface(union(one, stretch(one, other, units, isForward))), expected);
  });
}

test("at the ends of the text the caret stays", () => {
  assert.equal(step(rangeOf("the"), words, false), null);
  assert.equal(step(rangeOf("is"), words, true), null);
  assert.equal(step(rangeOf("is"), new Listed([]), true), null);
});

test("a walk through any text by any unit visits each once, forwards and backwards", () => {
  for (const units of [words, tokens, characters]) {
    const seen = [];
    for (let at = units.at(0); at; at = step(at, units, true)) seen.push(at);
    const back = [];
    for (let at = units.at(TEXT.length); at; at = step(at, units, false)) back.unshift(at);
    assert.deepEqual(back, seen);
    assert.equal(new Set(seen.map((one) => one.start)).size, seen.length);
  }
});
