import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../../../tokapp/ui/span_editor/static/queue.js";

const PLACE = { doc: 3, revision: 5, length: 40 };

test("each action names the revision that the ones before it will have made", () => {
  const queue = new Queue();
  const seen = ["add", "remove", "undo"].map((verb) => queue.add(PLACE, verb, []).seen);
  assert.deepEqual(seen, [5, 6, 7]);
});

test("another document counts its own revisions", () => {
  const queue = new Queue();
  queue.add(PLACE, "add", []);
  assert.equal(queue.add({ ...PLACE, doc: 4, revision: 0 }, "add", []).seen, 0);
});

test("tokens are 32 hexadecimal digits and never the same", () => {
  const queue = new Queue();
  const tokens = Array.from({ length: 1000 }, () => queue.add(PLACE, "add", []).token);
  assert.equal(new Set(tokens).size, 1000);
  assert.ok(tokens.every((token) => /^[0-9a-f]{32}$/.test(token)));
});

test("only what was answered leaves the queue", () => {
  const queue = new Queue();
  const [first, second, third] = ["add", "add", "add"].map((verb) => queue.add(PLACE, verb, []));
  const answer = queue.settle({ [first.token]: 6, [second.token]: "no such label", unknown: 9 });
  assert.deepEqual(answer, { revision: 6, reasons: ["no such label"] });
  assert.deepEqual(queue.entries, [third]);
  assert.equal(queue.isEmptyFor(3), false);
  queue.settle({ [third.token]: 7 });
  assert.equal(queue.isEmptyFor(3), true);
});

test("no answer leaves everything as it is", () => {
  const queue = new Queue();
  queue.add(PLACE, "add", []);
  assert.deepEqual(queue.settle({}), { revision: -1, reasons: [] });
  assert.equal(queue.entries.length, 1);
});
