import assert from "node:assert/strict";
import { test } from "node:test";
import { Graphemes, Listed } from "../../../tokapp/ui/span_editor/static/units.js";

/** @param {string} text @param {Graphemes} units */
function walk(text, units) {
  const found = [];
  for (let unit = units.at(0); unit; unit = units.after(unit.start)) found.push(text.slice(unit.start, unit.end));
  return found;
}

const TEXTS = [
  ["plain", "ab c", ["a", "b", " ", "c"]],
  ["emoji with joiners", "a👩‍👩‍👧🎉b", ["a", "👩‍👩‍👧", "🎉", "b"]],
  ["combining marks", "re\u0301su", ["r", "e\u0301", "s", "u"]],
  ["flags", "🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]],
  ["Japanese", "日本語", ["日", "本", "語"]],
  ["line ends, which are no characters", "a\r\n\nb\rc", ["a", "b", "c"]],
];
for (const [name, text, expected] of TEXTS) {
  test(`characters of ${name}`, () => {
    const units = new Graphemes(text);
    assert.deepEqual(walk(text, units), expected);
    const back = [];
    for (let unit = units.at(text.length); unit; unit = units.before(unit.start)) back.unshift(text.slice(unit.start, unit.end));
    assert.deepEqual(back, expected);
  });
}

test("characters far into a long line without plain letters are found whole", () => {
  const text = "👩‍👩‍👧".repeat(2000);
  const unit = new Graphemes(text).at(8 * 1234 + 3);
  assert.deepEqual(unit, { start: 8 * 1234, end: 8 * 1235 });
});

test("given units are found at, after and before a place", () => {
  const units = new Listed([{ start: 2, end: 4 }, { start: 4, end: 6 }, { start: 9, end: 12 }]);
  assert.deepEqual(units.at(5), { start: 4, end: 6 });
  assert.deepEqual(units.at(7), { start: 4, end: 6 });
  assert.deepEqual(units.at(0), { start: 2, end: 4 });
  assert.deepEqual(units.after(0), { start: 2, end: 4 });
  assert.deepEqual(units.after(2), { start: 4, end: 6 });
  assert.equal(units.after(9), null);
  assert.deepEqual(units.before(9), { start: 4, end: 6 });
  assert.equal(units.before(2), null);
});

test("an empty text has no units", () => {
  assert.equal(new Listed([]).at(0), null);
  assert.equal(new Listed([]).after(0), null);
  assert.equal(new Graphemes("").at(0), null);
});
