import assert from "node:assert/strict";
import { test } from "node:test";
import { Offsets } from "../../../tokapp/ui/span_editor/static/offsets.js";

const TEXTS = [
  "",
  "plain letters",
  "a 🎉 b",
  "👩‍👩‍👧 family",
  "𝒜𝒷𝒸",
  "e\u0301 decomposed",
  "日本語 テスト",
  "\r\n\n\r",
  "البحث",
  "\ud800 lone",
  "end 🎉",
];

for (const text of TEXTS) {
  test(`code points and units of ${JSON.stringify(text)} come back as they were`, () => {
    const offsets = new Offsets(text);
    const points = Array.from(text);
    assert.equal(offsets.length, points.length);
    for (let point = 0; point <= points.length; point += 1) {
      const unit = offsets.toUnit(point);
      assert.equal(unit, points.slice(0, point).join("").length);
      assert.equal(offsets.toPoint(unit), point);
    }
  });
}

test("an offset inside of a surrogate pair belongs to the character that it cuts", () => {
  assert.equal(new Offsets("a🎉b").toPoint(2), 1);
});

test("random texts give the same slices in code points and in units", () => {
  const alphabet = ["a", " ", "\n", "🎉", "é", "e\u0301", "日", "𝒜", "\u200d", "ب"];
  let seed = 7;
  const next = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31);
  for (let round = 0; round < 300; round += 1) {
    const text = Array.from({ length: next() % 40 }, () => alphabet[next() % alphabet.length]).join("");
    const offsets = new Offsets(text);
    const points = Array.from(text);
    const start = next() % (points.length + 1);
    const end = start + (next() % (points.length - start + 1));
    assert.equal(text.slice(offsets.toUnit(start), offsets.toUnit(end)), points.slice(start, end).join(""));
  }
});

test("for any text, lone halves of pairs included, both ways fit together and never run backwards", () => {
  let seed = 23;
  const next = (below) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below;
  const pieces = ["a", "\r\n", "🎉", "👩\u200d👧", "e\u0301", "\ud83c", "\udf89", "𝒜", "\u2028", "ب", "\u0000"];
  for (let round = 0; round < 1000; round += 1) {
    const text = Array.from({ length: next(30) }, () => pieces[next(pieces.length)]).join("");
    const offsets = new Offsets(text);
    const points = Array.from(text);
    assert.equal(offsets.length, points.length);
    for (let point = 0, unit = 0; point <= points.length; unit += (points[point] ?? "").length, point += 1) {
      assert.equal(offsets.toUnit(point), unit);
      assert.equal(offsets.toPoint(unit), point);
    }
    for (let unit = 0; unit < text.length; unit += 1) {
      const back = offsets.toUnit(offsets.toPoint(unit));
      assert.ok(back === unit || (back === unit - 1 && text.codePointAt(back) > 0xffff));
      assert.ok(offsets.toPoint(unit) <= offsets.toPoint(unit + 1));
    }
  }
});
