/**
 * The edges of a span by key: nudged one by one, or edited as a selection that is stored at the end.
 *
 * @typedef {import("./keyboard.js").Keyboard} Keyboard
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Range} Range
 */

import { shorten } from "./elements.js";
import { nudged } from "./nudge.js";
import { Graphemes, Listed } from "./units.js";

export class Edges {
  /** @param {Keyboard} keyboard */
  constructor(keyboard) {
    this.keyboard = keyboard;
    this.editor = keyboard.editor;
  }

  /** Select a span, so that its edges can be changed before it is stored with its own or with another label. @param {Mark} mark */
  edit(mark) {
    const { editor, keyboard } = this;
    if (editor.data?.disabled) return;
    const units = new Graphemes(editor.text);
    const [first, last] = [units.at(mark.start), units.at(mark.end - 1)];
    if (!first || !last) return;
    keyboard.editing = mark;
    keyboard.isExact = true;
    editor.handles.hide();
    editor.view.host.focus({ preventScroll: true });
    keyboard.select(first, last, "cursor");
    const surface = shorten(editor.text.slice(mark.start, mark.end), 40);
    editor.status.say(`editing ${surface}: Shift with arrows or brackets move the edges, a letter changes the label, Space stores, Escape drops`);
  }

  /** Store what is edited. @param {string} [label] its own if left out @returns {true} */
  store(label) {
    const { editing, cursor } = this.keyboard;
    const range = this.keyboard.selection();
    if (!editing || !range || !this.editor.actions.canLie(editing, range)) return true;
    this.keyboard.editing = null;
    this.editor.actions.change(editing, range, label ?? editing.label);
    if (cursor) this.keyboard.select(cursor, cursor, "cursor");
    return true;
  }

  /** Move an edge of the selection, else of the span in the card, else of the one at the caret. @param {import("./nudge.js").Way} way @param {boolean} isFine @returns {true} */
  nudge(way, isFine) {
    const { editor, keyboard } = this;
    const selection = keyboard.selection();
    const mark = selection ? null : editor.card.mark ?? keyboard.here()[0];
    const from = selection ?? mark;
    const range = from && nudged(from, way, isFine ? new Graphemes(editor.text) : this.#units());
    if (!range) {
      editor.status.say(from ? "the edge cannot move there" : "no span here");
      return true;
    }
    if (mark && !editor.actions.move(mark, range)) return true;
    this.#standAt(range, way.startsWith("start"), !mark);
    return true;
  }

  #units() {
    const { marking, view } = this.editor;
    return (marking.preferences.step === "token" && marking.unitsOf("token")) || new Listed(view.words);
  }

  /** @param {Range} range @param {boolean} isStart at which edge the caret stands @param {boolean} isSelected */
  #standAt(range, isStart, isSelected) {
    const { keyboard, editor } = this;
    const units = isSelected ? new Graphemes(editor.text) : new Listed(editor.view.words);
    const [first, last] = [units.at(range.start), units.at(range.end - 1)];
    if (!first || !last) return;
    const cursor = isStart ? first : last;
    keyboard.isExact ||= isSelected;
    keyboard.select(isSelected ? (isStart ? last : first) : cursor, cursor, "cursor");
    if (isSelected) editor.status.say(keyboard.describe(cursor));
  }
}
