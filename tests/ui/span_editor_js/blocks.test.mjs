import assert from "node:assert/strict";
import { test } from "node:test";
import { cutBlocks, gather } from "../../../tokapp/ui/span_editor/static/blocks.js";

/** @param {string} text */
const wordsOf = (text) => [...text.matchAll(/[\p{L}\p{N}]+|[^\p{L}\p{N}\s]/gu)].map((found) => ({ start: found.index, end: found.index + found[0].length }));
/** @param {string} text */
const cut = (text) => cutBlocks(text, wordsOf(text));

test("every kind of line end ends a paragraph, and none is part of one", () => {
  const text = "one\r\ntwo\nthree\rfour\n\n";
  assert.deepEqual(cut(text).map((block) => text.slice(block.start, block.end)), ["one", "two", "three", "four", "", ""]);
});

const LONG = [
  ["sentences", "Dark mode is missing here. ".repeat(900)],
  ["words without an end", "word ".repeat(5000)],
  ["one run of letters", `${"x".repeat(9000)} end`],
  ["Japanese", "検索がとても遅いです。".repeat(800)],
  ["emoji with joiners", "👩‍👩‍👧 went home 🎉 ".repeat(600)],
];
for (const [name, text] of LONG) {
  test(`a long paragraph of ${name} is cut without gaps, and never inside of a word`, () => {
    const blocks = cut(text);
    assert.equal(blocks.map((block) => text.slice(block.start, block.end)).join(""), text);
    const starts = new Set(wordsOf(text).map((word) => word.start));
    assert.ok(blocks.slice(1).every((block) => starts.has(block.start)));
  });
}

test("a long paragraph is cut after sentences where it has some", () => {
  const text = LONG[0][1];
  const blocks = cut(text);
  assert.ok(blocks.length > 5);
  assert.ok(blocks.slice(0, -1).every((block) => /\. $/.test(text.slice(block.start, block.end))));
});

test("parts of a paragraph keep its direction, whole paragraphs find their own", () => {
  const arabic = "البحث في التطبيق بطيء جدا ".repeat(300);
  assert.deepEqual([...new Set(cut(`${arabic} english`).map((block) => block.direction))], ["rtl"]);
  assert.deepEqual([...new Set(cut("word ".repeat(3000)).map((block) => block.direction))], ["ltr"]);
  assert.deepEqual(cut("short\nمرحبا").map((block) => block.direction), ["auto", "auto"]);
});

test("stretches take every block exactly once and stay small", () => {
  const text = `${"line\n".repeat(500)}${"word ".repeat(5000)}`;
  const blocks = cut(text);
  const stretches = gather(blocks);
  assert.deepEqual(stretches.map((one) => one.from), [0, ...stretches.slice(0, -1).map((one) => one.to)]);
  assert.equal(stretches[stretches.length - 1].to, blocks.length);
  assert.ok(stretches.every((one) => one.to - one.from <= 50 && one.height > 0));
});
