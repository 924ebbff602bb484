/**
 * Fingers: a tap on the first word and a tap on the last one mark what lies between; a tap on a span opens its card. The
 * handles at both ends then move its edges.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Range} Range
 */

import { union } from "./caret.js";
import { button, make, part, shorten } from "./elements.js";
import { snapped } from "./snap.js";

export class Touch {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Range | null} the word that was tapped first */
    this.first = null;
    this.hint = part(editor.section, "hint");
  }

  /** @param {import("./hit_test.js").Point} point @param {Range} at the word there */
  tap(point, at) {
    const { editor, first } = this;
    const [mark] = editor.view.marksAt(point);
    if (first) return this.#end(first, at);
    editor.handles.hide();
    if (mark) return editor.show(mark, false);
    if (!editor.data?.disabled) this.#begin(at);
  }

  /** Forget the first tap. */
  cancel() {
    this.first = null;
    this.hint.hidden = true;
  }

  /** @param {Range} at */
  #begin(at) {
    const { editor } = this;
    this.first = at;
    editor.keyboard.select(at, at, "cursor");
    const word = shorten(editor.text.slice(at.start, at.end), 30);
    const stop = button("Cancel", "Mark nothing", () => this.#stop(), "plain");
    this.hint.replaceChildren(make("span", "", `Tap the last word of the mark, or “${word}” again`), stop);
    this.hint.hidden = false;
    editor.status.say(`mark from ${word}: tap the last word`);
  }

  #stop() {
    this.cancel();
    this.editor.keyboard.reset();
    this.editor.paint();
  }

  /** @param {Range} first @param {Range} last */
  #end(first, last) {
    const { editor } = this;
    this.cancel();
    editor.keyboard.reset();
    const range = snapped(union(first, last), editor.marking.pieces, editor.text);
    const made = range ? editor.actions.add(range) : null;
    if (made) editor.handles.show(made);
    else editor.paint();
  }
}
