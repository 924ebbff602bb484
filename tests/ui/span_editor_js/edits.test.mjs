import assert from "node:assert/strict";
import { test } from "node:test";
import { History, sameMarks, stepsLeft, visible } from "../../../tokapp/ui/span_editor/static/edits.js";
import { nameOf } from "../../../tokapp/ui/span_editor/static/layout.js";

/** @param {number} start @param {number} end */
const person = (start, end, label = "a") => ({ start, end, label, score: null, suggested: false });
/** @param {number} start @param {number} end */
const suggestion = (start, end, label = "a", score = 0.5) => ({ start, end, label, score, suggested: true });
/** @param {History} history */
const shown = (history) => visible(history.marks).map(nameOf);

test("an accepted suggestion becomes a person's span and loses its score", () => {
  const history = new History([suggestion(0, 4)]);
  history.apply({ verb: "accept", marks: [suggestion(0, 4)] });
  assert.deepEqual(history.marks, [person(0, 4)]);
});

test("a rejected suggestion goes, and undo brings it back with its score", () => {
  const history = new History([suggestion(0, 4, "a", 0.7)]);
  history.apply({ verb: "reject", marks: [suggestion(0, 4)] });
  assert.deepEqual(shown(history), []);
  assert.equal(history.apply({ verb: "undo", marks: [] }), true);
  assert.equal(history.marks[0].score, 0.7);
});

test("many suggestions are accepted in one step, and one undo takes all back", () => {
  const history = new History([suggestion(0, 4), suggestion(6, 8)]);
  history.apply({ verb: "accept", marks: history.marks });
  assert.deepEqual(shown(history), ["p:0:4:a", "p:6:8:a"]);
  history.apply({ verb: "undo", marks: [] });
  assert.deepEqual(shown(history), ["s:0:4:a", "s:6:8:a"]);
});

test("a person's span hides the suggestion at its place and those of its label that it overlaps", () => {
  const history = new History([suggestion(0, 4, "b"), suggestion(2, 6), suggestion(3, 9, "b"), suggestion(20, 22)]);
  history.apply({ verb: "add", marks: [person(0, 4)] });
  assert.deepEqual(shown(history), ["p:0:4:a", "s:3:9:b", "s:20:22:a"]);
});

test("a hidden suggestion comes back when the span that hid it goes", () => {
  const history = new History([suggestion(0, 4)]);
  history.apply({ verb: "add", marks: [person(0, 9)] });
  history.apply({ verb: "remove", marks: [person(0, 9)] });
  assert.deepEqual(shown(history), ["s:0:4:a"]);
});

test("changing the label of a suggestion settles it", () => {
  const history = new History([suggestion(0, 4)]);
  history.apply({ verb: "relabel", marks: [suggestion(0, 4), person(0, 4, "b")] });
  assert.deepEqual(shown(history), ["p:0:4:b"]);
});

test("redo follows undo until something new is done", () => {
  const history = new History([]);
  history.apply({ verb: "add", marks: [person(0, 1)] });
  history.apply({ verb: "undo", marks: [] });
  history.apply({ verb: "redo", marks: [] });
  assert.deepEqual(shown(history), ["p:0:1:a"]);
  history.apply({ verb: "undo", marks: [] });
  history.apply({ verb: "add", marks: [person(5, 6)] });
  assert.equal(history.apply({ verb: "redo", marks: [] }), false);
});

test("an undo of something from before this page is left to the store", () => {
  const history = new History([person(0, 1)]);
  assert.equal(history.apply({ verb: "undo", marks: [] }), false);
  assert.deepEqual(shown(history), ["p:0:1:a"]);
});

test("200 steps can be undone one by one", () => {
  const history = new History([]);
  for (let at = 0; at < 200; at += 1) history.apply({ verb: "add", marks: [person(at * 2, at * 2 + 1)] });
  for (let at = 0; at < 200; at += 1) assert.equal(history.apply({ verb: "undo", marks: [] }), true);
  assert.deepEqual(history.marks, []);
});

test("an echo of one's own actions keeps the local past, another person's actions end it", () => {
  const history = new History([]);
  history.apply({ verb: "add", marks: [person(0, 1)] });
  history.adopt([person(0, 1)], true);
  assert.equal(history.past.length, 1);
  history.adopt([person(0, 1), person(4, 5)], false);
  assert.equal(history.past.length, 0);
  assert.deepEqual(shown(history), ["p:0:1:a", "p:4:5:a"]);
});

test("two lists are the same if they hold the same decisions", () => {
  assert.ok(sameMarks([person(0, 1)], [person(0, 1)]));
  assert.ok(!sameMarks([person(0, 1)], [suggestion(0, 1)]));
  assert.ok(!sameMarks([person(0, 1)], []));
});

test("the steps left are those of the store and those that it has not heard of", () => {
  const verbs = (/** @type {string[]} */ ...names) => names.map((verb) => ({ verb }));
  assert.deepEqual(stepsLeft([], { undo: 3, redo: 1 }), { undo: 3, redo: 1 });
  assert.deepEqual(stepsLeft(verbs("undo", "undo"), { undo: 3, redo: 0 }), { undo: 1, redo: 2 });
  assert.deepEqual(stepsLeft(verbs("undo", "redo", "add"), { undo: 1, redo: 4 }), { undo: 2, redo: 0 });
});
