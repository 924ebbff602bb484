import assert from "node:assert/strict";
import { test } from "node:test";
import { findLabels, takeSlot } from "../../../tokapp/ui/span_editor/static/find_label.js";

/** @param {string} name */
const label = (name, group = "", description = "") => ({ name, group, description, color: "#808080", light: "#000000", dark: "#ffffff", key: "" });
const LABELS = [label("price", "money"), label("Größe", "looks"), label("delivery time"), label("time of day", "", "when it happened"), label("refund", "money")];
/** @param {string} typed @param {string[]} [recent] */
const names = (typed, recent = []) => findLabels(LABELS, typed, recent).flatMap(({ items }) => items.map((index) => LABELS[index].name));

test("without a word the recent ones stand first, then the groups in their order", () => {
  const found = findLabels(LABELS, "", ["refund", "gone", "price"]);
  assert.deepEqual(found.map(({ title, items }) => [title, items]), [["Recent", [4, 0]], ["looks", [1]], ["Other", [2, 3]]]);
  assert.deepEqual(findLabels([label("a"), label("b")], "", []).map(({ title }) => title), [""]);
});

const TYPED = [
  ["tim", ["time of day", "delivery time"]],
  ["GRO", ["Größe"]],
  ["del tim", ["delivery time"]],
  ["fund", ["refund"]],
  ["money", ["price", "refund"]],
  ["happen", ["time of day"]],
  ["xyz", []],
];
for (const [typed, expected] of TYPED) {
  test(`typing ${typed} finds ${expected}`, () => assert.deepEqual(names(/** @type {string} */ (typed)), expected));
}

test("among names that begin alike the one used last is first", () => {
  const many = [label("time a"), label("time b"), label("time c")];
  assert.deepEqual(findLabels(many, "time", ["time c"])[0].items, [2, 0, 1]);
});

test("a label without a button takes the place of the one that was not used for longest", () => {
  assert.deepEqual(takeSlot([0, 1, 2], 1, [1, 0, 2]), [0, 1, 2]);
  assert.deepEqual(takeSlot([0, 1, 2], 7, [7, 1, 0]), [0, 1, 7]);
  assert.deepEqual(takeSlot([0, 1, 2], 7, [7, 2, 1, 0]), [7, 1, 2]);
});
