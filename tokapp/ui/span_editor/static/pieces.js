/**
 * Marking further pieces of a span, where the task allows it: drag with Ctrl held, or choose the span first, by its card
 * or by key, and mark then. The pieces share a group.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 */

import { part } from "./elements.js";
import { covers, joinOf, piecesOf, surfaceOf } from "./groups.js";
import { nameOf } from "./layout.js";

export class Pieces {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.note = part(editor.section, "note");
    /** @type {string} the span that was marked or opened last: what Ctrl with a drag adds to */
    this.last = "";
    /** @type {string} the span that what is marked next belongs to */
    this.armed = "";
    this.isHeld = false;
    const { host } = editor.view;
    host.addEventListener("pointerdown", (event) => (this.isHeld = this.isAllowed && (event.ctrlKey || event.metaKey)), true);
    host.addEventListener("pointerup", () => setTimeout(() => (this.isHeld = false)));
    editor.section.addEventListener("keydown", (event) => this.#drop(event), true);
  }

  get isAllowed() {
    return Boolean(this.editor.data?.discontinuous) && !this.editor.data?.disabled;
  }

  /** @param {Mark} mark marked, opened or changed now */
  remember(mark) {
    if (!mark.suggested) this.last = nameOf(mark);
  }

  /** What is marked next belongs to this span. @param {Mark} mark */
  arm(mark) {
    this.armed = nameOf(mark);
    const { marks, text } = this.editor;
    this.note.textContent = `Mark the next piece of “${surfaceOf(piecesOf(mark, marks), text, 40)}”. Esc leaves it as it is.`;
    this.note.hidden = false;
    this.editor.status.say(this.note.textContent);
  }

  disarm() {
    this.armed = "";
    this.note.hidden = true;
  }

  /** By key: the selection becomes a piece of the span before; without one the span at the caret waits for a piece. @param {Range | null} range @param {Mark | undefined} here */
  command(range, here) {
    if (!this.isAllowed) this.editor.status.say("this task has no spans of several pieces");
    else if (range) this.#join(this.#find(this.armed || this.last), range);
    else if (here && !here.suggested) this.arm(here);
    else this.editor.status.say("put the caret on a span first");
  }

  /** @param {Range} range that is marked now @returns {boolean} whether it became a piece of a span */
  take(range) {
    if (!this.armed && !this.isHeld) return false;
    this.#join(this.#find(this.armed || this.last), range);
    return true;
  }

  /** @param {string} name @returns {Mark | undefined} */
  #find(name) {
    return this.editor.marks.find((mark) => !mark.suggested && nameOf(mark) === name);
  }

  /** @param {Mark | undefined} stem @param {Range} range */
  #join(stem, range) {
    const { editor } = this;
    this.disarm();
    if (!stem) {
      editor.status.say("mark or click the span first, then its further pieces");
      return editor.paint();
    }
    if (covers(range, piecesOf(stem, editor.marks))) {
      editor.status.say("that is a part of the span already");
      return editor.paint();
    }
    const marks = joinOf(stem, [range], makeGroup);
    editor.actions.act("join", marks);
    this.last = nameOf({ ...stem, group: marks[1].group });
  }

  /** @param {KeyboardEvent} event */
  #drop(event) {
    if (event.key !== "Escape" || !this.armed) return;
    event.stopPropagation();
    this.disarm();
    this.editor.status.say("left as it is");
  }
}

/** @returns {string} eight hexadecimal digits */
function makeGroup() {
  return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
