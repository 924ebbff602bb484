import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assignLanes, cutAtoms, inReadingOrder, innermost, lastStartingBefore, measureRooms, nameOf, spread,
} from "../../../tokapp/ui/span_editor/static/layout.js";

/** @param {number} start @param {number} end */
const mark = (start, end, label = "a", suggested = false) => ({ start, end, label, score: null, suggested });

/** @param {string} text */
const wordsOf = (text) => [...text.matchAll(/\w+|[^\w\s]/g)].map((found) => ({ start: found.index, end: found.index + found[0].length }));

const LANES = [
  { name: "apart", marks: [mark(0, 3), mark(4, 6)], lanes: [0, 0] },
  { name: "touching", marks: [mark(0, 3), mark(3, 6)], lanes: [0, 0] },
  { name: "nested", marks: [mark(0, 9), mark(2, 4)], lanes: [0, 1] },
  { name: "crossing", marks: [mark(0, 5), mark(3, 9)], lanes: [0, 1] },
  { name: "three deep, then free again", marks: [mark(0, 9), mark(1, 5), mark(2, 4), mark(6, 8)], lanes: [0, 1, 2, 1] },
  { name: "deeper than the lanes", marks: [mark(0, 9), mark(0, 8), mark(0, 7), mark(0, 6)], lanes: [0, 1, 2, 2] },
];
for (const { name, marks, lanes } of LANES) {
  test(`marks that are ${name} get the lanes ${lanes}`, () => {
    const assigned = assignLanes([...marks].sort(inReadingOrder));
    assert.deepEqual(marks.map((one) => assigned.get(nameOf(one))), lanes);
  });
}

test("an atom lies wholly inside or outside of every mark, and the atoms give the text back", () => {
  const text = "the search bar is slow today";
  const words = wordsOf(text);
  const marks = [mark(4, 14), mark(11, 22), mark(5, 7, "b"), mark(18, 22, "c", true)];
  const atoms = cutAtoms({ start: 0, end: text.length }, marks, words);
  assert.equal(atoms.map((atom) => text.slice(atom.start, atom.end)).join(""), text);
  for (const atom of atoms) {
    for (const one of marks) {
      const isInside = one.start <= atom.start && atom.end <= one.end;
      const isOutside = one.end <= atom.start || atom.end <= one.start;
      assert.ok(isInside || isOutside);
      assert.equal(atom.marks.includes(one), isInside);
    }
  }
});

test("the first word of a mark is an atom of its own, so that its tag hangs on one line", () => {
  const text = "search bar here";
  const [first] = cutAtoms({ start: 0, end: text.length }, [mark(0, 10)], wordsOf(text));
  assert.deepEqual([first.start, first.end, first.starting.length], [0, 6, 1]);
});

test("a mark that began in an earlier chunk does not start again", () => {
  const text = "search bar here";
  const atoms = cutAtoms({ start: 7, end: 15 }, [mark(0, 10)], wordsOf(text));
  assert.deepEqual(atoms.map((atom) => [atom.start, atom.end, atom.starting.length]), [[7, 10, 0], [10, 15, 0]]);
});

test("marks are spread over exactly the ranges that they share a character with", () => {
  const ranges = [{ start: 0, end: 5 }, { start: 6, end: 10 }, { start: 10, end: 20 }];
  const found = spread(ranges, [mark(0, 5), mark(4, 7), mark(5, 6), mark(9, 20), mark(19, 20)]);
  assert.deepEqual(found.map((marks) => marks.map((one) => [one.start, one.end])), [
    [[0, 5], [4, 7]],
    [[4, 7], [9, 20]],
    [[9, 20], [19, 20]],
  ]);
});

test("the innermost mark is the shortest, and a person's before a suggestion of the same length", () => {
  assert.deepEqual(innermost([mark(0, 9), mark(2, 4, "b", true), mark(2, 4, "c")]), mark(2, 4, "c"));
  assert.equal(innermost([]), undefined);
});

test("the last range before a position is found by halves", () => {
  const ranges = [{ start: 0, end: 2 }, { start: 3, end: 5 }, { start: 8, end: 9 }];
  assert.deepEqual([0, 1, 3, 4, 8, 99].map((position) => lastStartingBefore(ranges, position)), [0, 0, 0, 1, 1, 2]);
});

test("a tag gets the room up to the next one, wide letters count twice, and far ones do not matter", () => {
  const text = "ab 日本 x " + "-".repeat(80) + " y";
  const rooms = measureRooms(text, [mark(0, 2), mark(3, 5), mark(6, 7), mark(text.length - 1, text.length)]);
  assert.deepEqual([...rooms], [[0, 2.5], [3, 4.5]]);
});
