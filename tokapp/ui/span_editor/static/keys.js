/**
 * Every key of the editor, as data: the editor acts on this list, the help shows it, and a person may change it.
 *
 * A stroke is a key with its modifiers, such as `Ctrl+z`, `Alt+ArrowLeft` or `[`. Ctrl is Cmd on a Mac too. Letters and
 * signs bring their own Shift, keys with names write it down: `Shift+Tab`.
 *
 * @typedef {{action: string, keys: string[], says: string, moves?: boolean, hasFine?: boolean, anywhere?: boolean}} Binding
 * `moves`: with Shift it extends; `hasFine`: with Alt it goes by one character; `anywhere`: also outside of the text
 * @typedef {{action: string, extends: boolean, label: number, isFine?: boolean, anywhere?: boolean, stroke?: string}} Command
 * @typedef {Record<string, string[]>} Changes keys that a person has chosen, by action
 */

/** @type {readonly Binding[]} */
export const BINDINGS = [
  { action: "left", keys: ["ArrowLeft"], says: "one back", moves: true },
  { action: "right", keys: ["ArrowRight"], says: "one on", moves: true },
  { action: "up", keys: ["ArrowUp"], says: "line above", moves: true },
  { action: "down", keys: ["ArrowDown"], says: "line below", moves: true },
  { action: "home", keys: ["Home"], says: "first word", moves: true },
  { action: "end", keys: ["End"], says: "last word", moves: true },
  { action: "characterLeft", keys: ["Alt+ArrowLeft"], says: "one character back", moves: true },
  { action: "characterRight", keys: ["Alt+ArrowRight"], says: "one character on", moves: true },
  { action: "tokenLeft", keys: ["Ctrl+ArrowLeft"], says: "one model token back", moves: true },
  { action: "tokenRight", keys: ["Ctrl+ArrowRight"], says: "one model token on", moves: true },
  { action: "step", keys: ["="], says: "arrows go by word, character or model token" },
  { action: "nextSuggestion", keys: ["Tab", "."], says: "next suggestion" },
  { action: "previousSuggestion", keys: ["Shift+Tab", ","], says: "suggestion before" },
  { action: "mark", keys: [" "], says: "mark the selection, or open the span" },
  { action: "accept", keys: ["y"], says: "accept the suggestion" },
  { action: "reject", keys: ["n"], says: "reject the suggestion" },
  { action: "edit", keys: ["e"], says: "edit the suggestion or the span" },
  { action: "piece", keys: ["+"], says: "the selection is a further piece of the span before" },
  { action: "findLabel", keys: ["/"], says: "find a label by its name" },
  { action: "remove", keys: ["Delete", "Backspace"], says: "remove the span" },
  { action: "startOut", keys: ["["], says: "start the span a word earlier", hasFine: true },
  { action: "endOut", keys: ["]"], says: "end the span a word later", hasFine: true },
  { action: "startIn", keys: ["{"], says: "start the span a word later", hasFine: true },
  { action: "endIn", keys: ["}"], says: "end the span a word earlier", hasFine: true },
  { action: "submit", keys: ["Enter", "Ctrl+Enter"], says: "done, go to the next" },
  { action: "undo", keys: ["Ctrl+z"], says: "undo", anywhere: true },
  { action: "redo", keys: ["Ctrl+Shift+z", "Ctrl+y"], says: "redo", anywhere: true },
  { action: "copy", keys: ["Ctrl+c"], says: "copy the selection" },
  { action: "cancel", keys: ["Escape"], says: "drop the selection; Tab then leaves the text" },
  { action: "help", keys: ["?"], says: "show or hide the keys" },
];

/** What holds for several keys at once; said in the help. */
export const NOTES = [
  { shown: "letter, digit", says: "mark or relabel with that label" },
  { shown: "Shift + arrow", says: "extend the selection" },
  { shown: "Alt + [ ]", says: "move an edge by one character" },
  { shown: "Ctrl + drag", says: "mark a further piece of the span before" },
  { shown: "Alt + letter, Alt + drag", says: "mark exactly, without snapping" },
];

/** Keys that no action can have: they only change others, or are the browser's. */
const UNUSABLE = /^(Control|Meta|Alt|Shift|AltGraph|CapsLock|Dead|Process|Unidentified|F\d+|OS|ContextMenu)$/;
const BRACKETS = { BracketLeft: ["[", "{"], BracketRight: ["]", "}"] };
const SHOWN = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "Space", Escape: "Esc", "{": "Shift [", "}": "Shift ]",
};

/** @param {KeyboardEvent} event @returns {string} "" where it is no stroke that could mean something */
export function strokeOf(event) {
  if (event.isComposing || UNUSABLE.test(event.key)) return "";
  const isTyped = event.getModifierState?.("AltGraph") ?? false; // AltGr types a sign, though Windows reports Ctrl and Alt
  const control = !isTyped && (event.ctrlKey || event.metaKey);
  const alt = !isTyped && event.altKey;
  const key = keyOf(event, control, alt);
  const shift = event.shiftKey && (key.length > 1 || control);
  return `${control ? "Ctrl+" : ""}${alt ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

/** @param {KeyboardEvent} event @param {boolean} control @param {boolean} alt */
function keyOf({ key, code, shiftKey }, control, alt) {
  if (key.length > 1) return key;
  if ("[]{}".includes(key)) return key;
  if (alt && code in BRACKETS) return BRACKETS[/** @type {keyof typeof BRACKETS} */ (code)][shiftKey ? 1 : 0];
  if (alt && /^(Key|Digit)/.test(code ?? "")) return code.slice(-1).toLowerCase(); // a Mac types another sign with Alt
  return control ? key.toLowerCase() : key;
}

/** @param {string} stroke @returns {string} as it is written on the screen: `Ctrl Z` */
export function shownStroke(stroke) {
  const parts = stroke.split(/\+(?=.)/);
  const key = /** @type {string} */ (parts.pop());
  const name = key in SHOWN ? SHOWN[/** @type {keyof typeof SHOWN} */ (key)] : parts.includes("Ctrl") ? key.toUpperCase() : key;
  return [...parts, key.length > 1 && !(key in SHOWN) ? key : name].join(" ");
}

/** The keys of one person: those of the list, but for what they have changed. */
export class Keymap {
  constructor() {
    /** @type {Changes} */
    this.changes = {};
    /** @type {readonly Binding[]} */
    this.bindings = BINDINGS;
    /** @type {Map<string, Binding>} */
    this.byStroke = new Map();
    this.change({});
  }

  /** @param {Changes} changes what is not an action is passed over */
  change(changes) {
    this.changes = changes;
    this.bindings = BINDINGS.map((binding) => (changes[binding.action]?.length ? { ...binding, keys: changes[binding.action] } : binding));
    this.byStroke = new Map();
    for (const binding of this.bindings) for (const key of binding.keys) if (!this.byStroke.has(key)) this.byStroke.set(key, binding);
  }

  /** @param {string} action @returns {string} its first key as it is shown */
  shown(action) {
    const binding = this.bindings.find((one) => one.action === action);
    return binding ? shownStroke(binding.keys[0]) : "";
  }

  /** @param {string} stroke @returns {Binding | undefined} what has this key; a letter may be a capital one */
  find(stroke) {
    return this.byStroke.get(stroke) ?? (stroke.length === 1 ? this.byStroke.get(stroke.toLowerCase()) : undefined);
  }

  /**
   * What a key press asks for, or null if it is none of ours. The editor's own keys win over a label's, which then keeps
   * its number.
   *
   * @param {KeyboardEvent} event @param {{key: string}[]} labels @returns {Command | null}
   */
  commandOf(event, labels) {
    const stroke = strokeOf(event);
    if (!stroke) return null;
    const still = stroke.replace("Shift+", "");
    const bare = stroke.replace("Alt+", "");
    const found = this.find(stroke);
    if (found) return { action: found.action, extends: false, label: -1, anywhere: found.anywhere, stroke };
    const moving = this.find(still);
    if (moving?.moves) return { action: moving.action, extends: still !== stroke, label: -1, stroke };
    const fine = this.find(bare);
    if (bare !== stroke && fine?.hasFine) return { action: fine.action, extends: false, label: -1, isFine: true, stroke };
    const label = labelOf(bare, labels);
    return label < 0 ? null : { action: "label", extends: false, label, isFine: bare !== stroke, stroke };
  }
}

/** The keys of whoever uses this page. */
export const keymap = new Keymap();

/** @param {string} key @param {{key: string}[]} labels @returns {number} index of the label, -1 if none */
function labelOf(key, labels) {
  const own = labels.findIndex((label) => label.key !== "" && label.key === key.toLowerCase());
  if (own >= 0) return own;
  return /^[1-9]$/.test(key) && Number(key) <= labels.length ? Number(key) - 1 : -1;
}

/** @param {string} key @returns {boolean} whether the editor uses this key itself, so that no label can have it */
export function isTaken(key) {
  return keymap.find(key) !== undefined;
}
