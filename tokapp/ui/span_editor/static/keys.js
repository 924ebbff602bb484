/**
 * Every key of the editor, as data: the editor acts on this list and the help shows it.
 *
 * @typedef {{action: string, keys: string[], shown: string, says: string, hasFine?: boolean}} Binding `hasFine`: with Alt, by one character
 * @typedef {{action: string, extends: boolean, label: number, isFine?: boolean}} Command
 */

/** @type {readonly Binding[]} */
export const BINDINGS = [
  { action: "left", keys: ["ArrowLeft"], shown: "←", says: "word before" },
  { action: "right", keys: ["ArrowRight"], shown: "→", says: "word after" },
  { action: "up", keys: ["ArrowUp"], shown: "↑", says: "line above" },
  { action: "down", keys: ["ArrowDown"], shown: "↓", says: "line below" },
  { action: "home", keys: ["Home"], shown: "Home", says: "first word" },
  { action: "end", keys: ["End"], shown: "End", says: "last word" },
  { action: "nextSuggestion", keys: ["."], shown: ".", says: "next suggestion" },
  { action: "previousSuggestion", keys: [","], shown: ",", says: "suggestion before" },
  { action: "mark", keys: ["Enter", " "], shown: "Enter, Space", says: "mark the selection, or open the span" },
  { action: "accept", keys: ["y"], shown: "y", says: "accept the suggestion" },
  { action: "reject", keys: ["n"], shown: "n", says: "reject the suggestion" },
  { action: "remove", keys: ["Delete", "Backspace"], shown: "Delete", says: "remove the span" },
  { action: "startOut", keys: ["["], shown: "[", says: "start the span a word earlier", hasFine: true },
  { action: "endOut", keys: ["]"], shown: "]", says: "end the span a word later", hasFine: true },
  { action: "startIn", keys: ["{"], shown: "Shift [", says: "start the span a word later", hasFine: true },
  { action: "endIn", keys: ["}"], shown: "Shift ]", says: "end the span a word earlier", hasFine: true },
  { action: "cancel", keys: ["Escape"], shown: "Esc", says: "drop the selection" },
  { action: "help", keys: ["?"], shown: "?", says: "show or hide the keys" },
];

/** @type {readonly Binding[]} with Ctrl, or Cmd on a Mac */
export const CHORDS = [
  { action: "undo", keys: ["z"], shown: "Ctrl Z", says: "undo" },
  { action: "redo", keys: ["Z", "y"], shown: "Ctrl Shift Z", says: "redo" },
  { action: "copy", keys: ["c"], shown: "Ctrl C", says: "copy the selection" },
  { action: "submit", keys: ["Enter"], shown: "Ctrl Enter", says: "done, go to the next" },
];

/** Said in the help, done by the same list: Shift with an arrow. */
export const EXTENDING = { shown: "Shift + arrow", says: "extend the selection" };

/** Said in the help, done by the same list: Alt with a key that moves an edge. */
export const FINE = { shown: "Alt + [ ]", says: "move an edge by one character" };

/**
 * What a key press asks for, or null if it is none of ours. A label's own key wins over the number keys.
 *
 * @param {KeyboardEvent} event
 * @param {{key: string}[]} labels
 * @returns {Command | null}
 */
export function commandOf(event, labels) {
  const chord = event.ctrlKey || event.metaKey;
  if (event.isComposing) return null;
  const key = chord && event.key.length === 1 ? (event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key;
  const bound = (chord ? CHORDS : BINDINGS).find((binding) => binding.keys.includes(key));
  if (event.altKey) return bound?.hasFine ? { action: bound.action, extends: false, label: -1, isFine: true } : null;
  if (bound) return { action: bound.action, extends: event.shiftKey, label: -1 };
  const label = chord ? -1 : labelOf(key, labels);
  return label < 0 ? null : { action: "label", extends: false, label };
}

/** @param {string} key @param {{key: string}[]} labels @returns {number} index of the label, -1 if none */
function labelOf(key, labels) {
  const own = labels.findIndex((label) => label.key !== "" && label.key === key.toLowerCase());
  if (own >= 0) return own;
  return /^[1-9]$/.test(key) && Number(key) <= labels.length ? Number(key) - 1 : -1;
}

/** @param {string} key @returns {boolean} whether the editor uses this key itself, so that no label can have it */
export function isTaken(key) {
  return BINDINGS.some((binding) => binding.keys.includes(key));
}
