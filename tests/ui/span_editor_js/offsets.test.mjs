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
