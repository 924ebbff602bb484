import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../../../tokapp/ui/span_editor/static/queue.js";

/** A keeper that remembers what it was last given. */
function newQueue(kept = { entries: [], drawn: [] }) {
  return new Queue({ place: "p", takeOver: () => kept, save: (now) => Object.assign(kept, structuredClone(now)) && true });
}

const PLACE = { doc: 3, revision: 5, length: 40 };

test("each action names the revision that the ones before it will have made", () => {
  const queue = newQueue();
  const seen = ["add", "remove", "undo"].map((verb) => queue.add(PLACE, verb, [], []).seen);
  assert.deepEqual(seen, [5, 6, 7]);
});

test("another document counts its own revisions", () => {
  const queue = newQueue();
  queue.add(PLACE, "add", [], []);
  assert.equal(queue.add({ ...PLACE, doc: 4, revision: 0 }, "add", [], []).seen, 0);
});

test("tokens are 32 hexadecimal digits and never the same", () => {
  const queue = newQueue();
  const tokens = Array.from({ length: 1000 }, () => queue.add(PLACE, "add", [], []).token);
  assert.equal(new Set(tokens).size, 1000);
  assert.ok(tokens.every((token) => /^[0-9a-f]{32}$/.test(token)));
});

test("only what was answered leaves the queue", () => {
  const queue = newQueue();
  const [first, second, third] = ["add", "add", "add"].map((verb) => queue.add(PLACE, verb, [], []));
  const answer = queue.settle({ [first.token]: 6, [second.token]: "no such label", unknown: 9 });
  assert.deepEqual(answer, { revision: 6, reasons: ["no such label"] });
  assert.deepEqual(queue.entries, [third]);
  assert.equal(queue.isEmptyFor(3), false);
  queue.settle({ [third.token]: 7 });
  assert.equal(queue.isEmptyFor(3), true);
});

test("no answer leaves everything as it is", () => {
  const queue = newQueue();
  queue.add(PLACE, "add", [], []);
  assert.deepEqual(queue.settle({}), { revision: -1, reasons: [] });
  assert.equal(queue.entries.length, 1);
});

test("what an earlier page could not send is there from the start", () => {
  const kept = { entries: [], drawn: [] };
  const entry = newQueue(kept).add(PLACE, "add", [[0, 4, "x"]], [[0, 4, "x"]]);
  const later = newQueue(kept);
  assert.deepEqual(later.entries, [entry]);
  assert.deepEqual(later.drawn.get(3), [[0, 4, "x"]]);
});

test("an answer takes the action out of what is kept, and the document with its last action", () => {
  const kept = { entries: [], drawn: [] };
  const queue = newQueue(kept);
  const [first, second] = ["add", "add"].map((verb) => queue.add(PLACE, verb, [], []));
  queue.settle({ [first.token]: 6 });
  assert.deepEqual(kept.entries, [second]);
  assert.equal(queue.drawn.size, 1);
  queue.settle({ [second.token]: 7 });
  assert.deepEqual(kept, { entries: [], drawn: [] });
});
