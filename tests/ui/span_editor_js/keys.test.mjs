import assert from "node:assert/strict";
import { test } from "node:test";
import { BINDINGS, CHORDS, commandOf } from "../../../tokapp/ui/span_editor/static/keys.js";

const LABELS = [{ key: "f" }, { key: "" }, { key: "y" }];
const press = (key, more = {}) =>
  commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...more }, LABELS);

test("a label has its own key and its number", () => {
  assert.deepEqual(press("f"), { action: "label", extends: false, label: 0 });
  assert.deepEqual(press("F"), { action: "label", extends: false, label: 0 });
  assert.deepEqual(press("2"), { action: "label", extends: false, label: 1 });
  assert.equal(press("4"), null);
});

test("a key of the editor is never a label's, which keeps its number", () => {
  assert.equal(press("y").action, "accept");
  assert.equal(press("3").label, 2);
});

test("undo and redo take Ctrl or Cmd, and Caps Lock does not matter", () => {
  assert.equal(press("z", { ctrlKey: true }).action, "undo");
  assert.equal(press("z", { metaKey: true }).action, "undo");
  assert.equal(press("Z", { ctrlKey: true }).action, "undo");
  assert.equal(press("Z", { ctrlKey: true, shiftKey: true }).action, "redo");
  assert.equal(press("z", { ctrlKey: true, shiftKey: true }).action, "redo");
  assert.equal(press("y", { ctrlKey: true }).action, "redo");
});

test("keys with Alt, keys of a composition and unknown keys are left alone", () => {
  assert.equal(press("f", { altKey: true }), null);
  assert.equal(press("f", { isComposing: true }), null);
  assert.equal(press("q"), null);
  assert.equal(press("f", { ctrlKey: true }), null);
});

test("Shift with an arrow extends", () => {
  assert.deepEqual(press("ArrowRight", { shiftKey: true }), { action: "right", extends: true, label: -1 });
});

test("no key means two things, and each says what it does", () => {
  for (const bindings of [BINDINGS, CHORDS]) {
    const keys = bindings.flatMap((binding) => binding.keys);
    assert.equal(new Set(keys).size, keys.length);
    assert.ok(bindings.every((binding) => binding.shown && binding.says));
  }
});
