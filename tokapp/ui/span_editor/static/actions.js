/**
 * What a person does to the spans: each action is drawn at once, kept until the store has answered it, and sent.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./edits.js").Verb} Verb
 */

import { plainOf } from "./border.js";
import { stepsLeft } from "./edits.js";
import { covers, piecesOf, siblingsOf } from "./groups.js";
import { nameOf } from "./layout.js";
import { sentenceOf } from "./sentence.js";

export class Actions {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
  }

  /** @param {Range} range @param {number} [label] index; the active label if left out @returns {Mark | null} null where it is there already */
  add(range, label = this.editor.bar.active) {
    const { pieces, labels } = this.editor;
    if (pieces.take(range)) return null;
    const name = labels[label]?.name;
    if (name === undefined) return null;
    const mark = { start: range.start, end: range.end, label: name, score: null, suggested: false };
    if (this.#isThere(mark)) return null;
    pieces.remember(mark);
    return this.#make("add", [mark]);
  }

  /** Remove a span with all of its pieces. @param {Mark} mark */
  remove(mark) {
    this.act("remove", piecesOf(mark, this.editor.marks));
  }

  /** @param {Mark} mark @returns {boolean} said if so */
  #isThere(mark) {
    const isThere = this.editor.marks.some((one) => nameOf(one) === nameOf(mark));
    if (isThere) this.editor.status.say(`already marked as ${mark.label}`);
    return isThere;
  }

  /** @param {Verb} verb @param {Mark[]} marks @returns {Mark} the last, which is the one that is there afterwards */
  #make(verb, marks) {
    this.act(verb, marks);
    return marks[marks.length - 1];
  }

  /** @param {Mark} mark @param {string} label */
  relabel(mark, label) {
    if (mark.label === label) return;
    this.#relabel(mark, { ...mark, label, score: null, suggested: false });
  }

  /** The other pieces of its span go with it. @param {Mark} mark @param {Mark} changed */
  #relabel(mark, changed) {
    const others = siblingsOf(mark, this.editor.marks);
    this.act("relabel", [mark, ...others, changed, ...others.map((piece) => ({ ...piece, label: changed.label }))]);
  }

  /** @param {Mark} mark @param {Range} range where it lies from now on @returns {Mark | null} null where such a one is there already, or another piece of its span */
  move(mark, range) {
    if (!this.canLie(mark, range)) return null;
    const moved = { ...mark, start: range.start, end: range.end, score: null, suggested: false };
    return this.#isThere(moved) ? null : this.#make("move", [mark, moved]);
  }

  /** @param {Mark} mark @param {Range} range @returns {boolean} whether the other pieces of its span leave room for it; said if not */
  canLie(mark, range) {
    const isFree = !covers(range, siblingsOf(mark, this.editor.marks));
    if (!isFree) this.editor.status.say("another piece of the span is there");
    return isFree;
  }

  /** Store what a person made of a mark: another range, another label, or both. @param {Mark} mark @param {Range} range @param {string} label */
  change(mark, range, label) {
    const changed = { ...mark, start: range.start, end: range.end, label, score: null, suggested: false };
    if (nameOf(changed) === nameOf({ ...mark, suggested: false })) {
      if (mark.suggested) this.act("accept", [mark]);
      else this.editor.status.say("nothing changed");
    } else if (mark.label === label) this.move(mark, range);
    else this.#relabel(mark, changed);
  }

  /** Draw an action, then send it. @param {Verb} verb @param {Mark[]} marks */
  act(verb, marks) {
    const { data, status, history, queue, offsets, doc, revision, text } = this.editor;
    if (!data || data.disabled) return;
    if (verb === "undo" && this.steps.undo < 1) return status.say("nothing to undo");
    if (verb === "redo" && this.steps.redo < 1) return status.say("nothing to redo");
    history.apply({ verb, marks });
    const persons = history.marks.filter((mark) => !mark.suggested);
    const plain = (/** @type {Mark} */ mark) => plainOf(mark, offsets);
    queue.add({ doc, revision, length: offsets.length }, verb, marks.map(plain), persons.map(plain));
    this.editor.draw();
    status.say(sentenceOf(verb, marks, text));
    this.editor.sendSoon();
  }

  /** How many steps can be undone and redone: those of the store, and those that it has not heard of. */
  get steps() {
    const { queue, doc, data } = this.editor;
    const entries = queue.entries.filter((entry) => entry.doc === doc);
    return stepsLeft(entries, { undo: data?.undoSteps ?? 0, redo: data?.redoSteps ?? 0 });
  }
}
