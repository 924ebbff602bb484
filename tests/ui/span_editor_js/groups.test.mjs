import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../../tokapp/ui/span_editor/static/edits.js";
import { covers, firstPieces, joinOf, kept, numberGroups, piecesOf, siblingsOf, surfaceOf, wholeName } from "../../../tokapp/ui/span_editor/static/groups.js";
import { nameOf } from "../../../tokapp/ui/span_editor/static/layout.js";

/** @param {number} start @param {number} end */
const mark = (start, end, label = "a", group = "") => ({ start, end, label, score: null, suggested: false, ...(group ? { group } : {}) });
const TEXT = "pain in the left and right arm";
const [PAIN, OTHER, ARM] = [mark(0, 16, "a", "g"), mark(5, 7), mark(27, 30, "a", "g")];

test("the pieces of a span share its group and its label", () => {
  const all = [PAIN, OTHER, mark(8, 11, "b", "g"), ARM];
  assert.deepEqual(piecesOf(ARM, all), [PAIN, ARM]);
  assert.deepEqual(piecesOf(OTHER, all), [OTHER]);
});

test("a list has one row for a span, and its pieces stand in it", () => {
  const all = [PAIN, OTHER, ARM];
  assert.deepEqual(firstPieces(all), [PAIN, OTHER]);
  assert.equal(surfaceOf(piecesOf(PAIN, all), TEXT, 40), "pain in the left … arm");
  assert.notEqual(wholeName(PAIN, all), wholeName(PAIN, [PAIN, OTHER]));
});

test("only spans of two pieces and more have a number", () => {
  assert.deepEqual([...numberGroups([mark(0, 1, "a", "x"), PAIN, OTHER, ARM])], [["g", 1]]);
});

test("a join gives the span a group, undo takes it away, and a second join keeps it", () => {
  const stem = mark(0, 16);
  const history = new History([stem]);
  history.apply({ verb: "join", marks: joinOf(stem, [ARM], () => "n") });
  assert.deepEqual(history.marks.map(nameOf), ["p:0:16:a:n", "p:27:30:a:n"]);
  history.apply({ verb: "join", marks: joinOf(history.marks[0], [{ start: 17, end: 20 }], () => "other") });
  assert.deepEqual(history.marks.map((one) => one.group), ["n", "n", "n"]);
  history.apply({ verb: "undo", marks: [] });
  history.apply({ verb: "undo", marks: [] });
  assert.deepEqual(history.marks.map(nameOf), ["p:0:16:a"]);
});

test("all pieces change their label in one step", () => {
  const history = new History([PAIN, ARM]);
  history.apply({ verb: "relabel", marks: [PAIN, ARM, { ...PAIN, label: "b" }, { ...ARM, label: "b" }] });
  assert.deepEqual(history.marks.map((one) => one.label), ["b", "b"]);
  history.apply({ verb: "undo", marks: [] });
  assert.deepEqual(history.marks.map((one) => one.label), ["a", "a"]);
});

test("a piece grows up to the next piece of its span, and no further", () => {
  const siblings = siblingsOf(ARM, [PAIN, OTHER, ARM]);
  assert.deepEqual(siblings, [PAIN]);
  assert.deepEqual([covers({ start: 15, end: 30 }, siblings), covers({ start: 16, end: 30 }, siblings)], [true, false]);
  assert.deepEqual(kept(ARM, { start: 3, end: 40 }, siblings), { start: 16, end: 40 });
  assert.deepEqual(kept(PAIN, { start: 0, end: 29 }, [ARM]), { start: 0, end: 27 });
  assert.deepEqual(kept(OTHER, { start: 0, end: 29 }, []), { start: 0, end: 29 });
});
