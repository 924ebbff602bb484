import assert from "node:assert/strict";
import { test } from "node:test";
import { Vault } from "../../../tokapp/ui/span_editor/static/vault.js";

/** A storage in memory with the browser's own methods. */
class Shelf {
  #items = new Map();
  get length() { return this.#items.size; }
  key(at) { return [...this.#items.keys()][at] ?? null; }
  getItem(name) { return this.#items.get(name) ?? null; }
  setItem(name, text) { this.#items.set(name, text); }
  removeItem(name) { this.#items.delete(name); }
}

const entry = (digit, doc = 1) => ({ token: digit.repeat(32), doc, seen: 0, length: 9, verb: "add", spans: [[0, 4, "x"]] });
const kept = (...entries) => ({ entries, drawn: entries.map((one) => [one.doc, one.spans]) });

test("a new tab takes over what a closed tab left behind, and only one of them keeps it", () => {
  const shelf = new Shelf();
  new Vault("ann", shelf, "a").save(kept(entry("1")));
  assert.deepEqual(new Vault("ann", shelf, "b").takeOver(), kept(entry("1")));
  assert.equal(shelf.length, 1);
  assert.deepEqual(new Vault("ann", shelf, "c").takeOver(), kept(entry("1")));
});

test("two tabs that were closed leave both of their actions, each once", () => {
  const shelf = new Shelf();
  new Vault("ann", shelf, "a").save(kept(entry("1"), entry("2", 2)));
  new Vault("ann", shelf, "b").save(kept(entry("2", 2), entry("3", 3)));
  const { entries, drawn } = new Vault("ann", shelf, "c").takeOver();
  assert.deepEqual(entries.map((one) => one.token[0]).sort(), ["1", "2", "3"]);
  assert.deepEqual(drawn.map(([doc]) => doc).sort(), [1, 2, 3]);
});

test("another person and another store see nothing of it", () => {
  const shelf = new Shelf();
  new Vault("ann", shelf, "a").save(kept(entry("1")));
  assert.deepEqual(new Vault("bob", shelf, "a").takeOver(), kept());
  assert.deepEqual(new Vault("an", shelf, "a").takeOver(), kept());
});

test("once everything is stored, nothing stays behind", () => {
  const shelf = new Shelf();
  const vault = new Vault("ann", shelf, "a");
  vault.save(kept(entry("1")));
  vault.save(kept());
  assert.equal(shelf.length, 0);
});

test("what this module did not write is passed over", () => {
  for (const text of ["", "{", "null", "[]", '{"entries": 3}', '{"entries": [{"token": "x"}, null], "drawn": [7]}']) {
    const shelf = new Shelf();
    shelf.setItem("tokapp.unsaved.ann.z", text);
    assert.deepEqual(new Vault("ann", shelf, "a").takeOver(), kept());
  }
});

test("a full storage and a browser without one say so", () => {
  const full = Object.assign(new Shelf(), { setItem: () => { throw new Error("quota"); } });
  assert.equal(new Vault("ann", full, "a").save(kept(entry("1"))), false);
  assert.equal(new Vault("ann", null, "a").save(kept(entry("1"))), false);
  assert.deepEqual(new Vault("ann", null, "a").takeOver(), kept());
});
