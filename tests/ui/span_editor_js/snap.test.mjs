import assert from "node:assert/strict";
import { test } from "node:test";
import { snapped, stripped, widened } from "../../../tokapp/ui/span_editor/static/snap.js";

const CASES = [
  [" dark mode, ", "dark mode"],
  ["“dark mode”.", "dark mode"],
  ["(dark mode)", "dark mode"],
  ["search (beta).", "search (beta)"],
  ["(beta) search", "(beta) search"],
  ["f(x)", "f(x)"],
  ["mode)", "mode"],
  ["(mode", "mode"],
  ["100 %", "100 %"],
  ["C#,", "C#"],
  ["@ana:", "@ana"],
  [".NET.", ".NET"],
  ["-5, ", "-5"],
  ["- point", "point"],
  ["検索機能。", "検索機能"],
  ["「検索」", "検索"],
  ["…", "…"],
  [" . ", "."],
  ["👩‍👩‍👧!", "👩‍👩‍👧"],
  ["re\u0301sume\u0301.", "re\u0301sume\u0301"],
  ["\r\n\tin\r\n", "in"],
];
for (const [from, expected] of CASES) {
  test(`of ${JSON.stringify(from)} ${JSON.stringify(expected)} is marked`, () => {
    const text = `x${from}x`;
    const range = stripped({ start: 1, end: 1 + from.length }, text);
    assert.equal(range && text.slice(range.start, range.end), expected);
  });
}

test("blanks alone are nothing", () => {
  assert.equal(stripped({ start: 1, end: 3 }, "a \n b"), null);
});

test("every unit that is touched is taken as a whole", () => {
  const text = "pay 12 EUR, or 13 EUR now";
  const units = [{ start: 4, end: 10 }, { start: 15, end: 21 }];
  const of = (start, end) => text.slice(...Object.values(snapped({ start, end }, units, text)));
  assert.equal(of(5, 6), "12 EUR");
  assert.equal(of(9, 16), "12 EUR, or 13 EUR");
  assert.equal(of(10, 14), "or");
  assert.deepEqual(widened({ start: 10, end: 14 }, units), { start: 10, end: 14 });
});

test("what is left is never empty, never longer, and ends on no blank, whatever was pointed at", () => {
  const alphabet = ["a", "é", " ", "\n", ".", ",", "(", ")", "“", "”", "🎉", "-", "5", "日", "。", "'", "%"];
  let seed = 11;
  const next = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31);
  for (let round = 0; round < 2000; round += 1) {
    const text = Array.from({ length: 1 + (next() % 14) }, () => alphabet[(next() >> 8) % alphabet.length]).join("");
    const found = stripped({ start: 0, end: text.length }, text);
    if (!text.trim()) assert.equal(found, null);
    else {
      const piece = text.slice(found.start, found.end);
      assert.ok(piece && piece === piece.trim(), JSON.stringify([text, piece]));
    }
  }
});
