import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsIn } from "../../../tokapp/ui/span_editor/static/window.js";

test("all rows on the screen are drawn, with some to spare, and few others", () => {
  for (const top of [-50, 0, 1, 43, 44, 1000, 87000, 88000]) {
    const { from, to } = rowsIn(2000, 44, top, 500);
    const first = Math.max(0, Math.floor(top / 44));
    const last = Math.min(2000, Math.ceil((top + 500) / 44));
    assert.ok(from <= first && to >= last, `${top}`);
    assert.ok(to - from <= 40, `${top}`);
  }
});

test("an empty list has no rows, and a list that shrank under its scrolling shows its end", () => {
  assert.deepEqual(rowsIn(0, 44, 0, 500), { from: 0, to: 0 });
  assert.deepEqual(rowsIn(3, 44, 9000, 500), { from: 3, to: 3 });
});
