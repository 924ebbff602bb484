import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BINDINGS, Keymap, isTaken, keymap, NOTES, shownStroke, strokeOf } from "../../../tokapp/ui/span_editor/static/keys.js";

const LABELS = [{ key: "f" }, { key: "" }, { key: "y" }];
const event = (key, more = {}) =>
  ({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, getModifierState: () => false, ...more });
const press = (key, more) => keymap.commandOf(event(key, more), LABELS);

beforeEach(() => keymap.change({}));

test("a label has its own key and its number", () => {
  assert.equal(press("f").label, 0);
  assert.equal(press("F").label, 0);
  assert.equal(press("2").label, 1);
  assert.equal(press("4"), null);
});

test("a key of the editor is never a label's, which keeps its number", () => {
  assert.equal(press("y").action, "accept");
  assert.equal(press("3").label, 2);
  assert.ok(isTaken("y") && !isTaken("f"));
});

test("undo and redo take Ctrl or Cmd, and Caps Lock does not matter", () => {
  assert.equal(press("z", { ctrlKey: true }).action, "undo");
  assert.equal(press("z", { metaKey: true }).action, "undo");
  assert.equal(press("Z", { ctrlKey: true }).action, "undo");
  assert.equal(press("Z", { ctrlKey: true, shiftKey: true }).action, "redo");
  assert.equal(press("z", { ctrlKey: true, shiftKey: true }).action, "redo");
  assert.equal(press("y", { ctrlKey: true }).action, "redo");
  assert.equal(press("Y").action, "accept");
});

test("every key of the issue does what it says", () => {
  const said = { "[": "startOut", "]": "endOut", "{": "startIn", "}": "endIn", Delete: "remove", Enter: "submit", y: "accept", n: "reject", e: "edit", Tab: "nextSuggestion", "?": "help" };
  for (const [key, action] of Object.entries(said)) assert.equal(press(key, { shiftKey: "{}?".includes(key) }).action, action);
  assert.equal(press("Tab", { shiftKey: true }).action, "previousSuggestion");
});

test("keys of a composition, unknown keys and keys that only change others are left alone", () => {
  assert.equal(press("f", { isComposing: true }), null);
  assert.equal(press("q"), null);
  assert.equal(press("f", { ctrlKey: true }), null);
  for (const key of ["Shift", "Control", "Alt", "Dead", "F5", "Process"]) assert.equal(press(key), null);
});

test("Shift with an arrow extends, by character, word and token", () => {
  for (const [more, action] of [[{}, "right"], [{ altKey: true }, "characterRight"], [{ ctrlKey: true }, "tokenRight"]]) {
    const plain = press("ArrowRight", more);
    const wide = press("ArrowRight", { ...more, shiftKey: true });
    assert.deepEqual([plain.action, plain.extends, wide.action, wide.extends], [action, false, action, true]);
  }
});

test("Alt moves an edge by a character and marks exactly", () => {
  assert.deepEqual([press("[", { altKey: true }).action, press("[", { altKey: true }).isFine], ["startOut", true]);
  assert.deepEqual([press("f", { altKey: true }).label, press("f", { altKey: true }).isFine], [0, true]);
});

test("a Mac's Alt and a sign that is typed with AltGr mean the key that was pressed", () => {
  assert.equal(press("ƒ", { altKey: true, code: "KeyF" }).label, 0);
  assert.equal(press("”", { altKey: true, code: "BracketLeft", shiftKey: true }).action, "startIn");
  assert.equal(press("[", { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" }).action, "startOut");
});

test("a changed key takes the place of the usual ones, and its letter is no label's any more", () => {
  keymap.change({ accept: ["f"], nextSuggestion: ["Ctrl+ArrowDown"], unknown: ["q"] });
  assert.equal(press("f").action, "accept");
  assert.equal(press("y").label, 2);
  assert.equal(press("Tab"), null);
  assert.equal(press("ArrowDown", { ctrlKey: true }).action, "nextSuggestion");
  assert.equal(press("q"), null);
  assert.equal(press("1").label, 0);
});

test("no key means two things, and each says what it does", () => {
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok([...BINDINGS, ...NOTES].every((one) => one.says));
  const map = new Keymap();
  for (const { action } of BINDINGS) assert.ok(map.shown(action), action);
});

test("a stroke that was pressed is found again by what the list calls it", () => {
  const named = { Ctrl: "ctrlKey", Alt: "altKey", Shift: "shiftKey" };
  for (const stroke of BINDINGS.flatMap((binding) => binding.keys)) {
    const parts = stroke.split(/\+(?=.)/);
    const more = Object.fromEntries(parts.slice(0, -1).map((part) => [named[part], true]));
    assert.equal(strokeOf(event(parts[parts.length - 1], more)), stroke);
  }
});

test("strokes are shown as they stand on keyboards", () => {
  const shown = ["Ctrl+Shift+z", " ", "Alt+ArrowLeft", "y", "Shift+Tab", "Delete", "Ctrl++"].map(shownStroke);
  assert.deepEqual(shown, ["Ctrl Shift Z", "Space", "Alt ←", "y", "Shift Tab", "Delete", "Ctrl +"]);
});
