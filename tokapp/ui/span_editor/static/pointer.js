/**
 * Mouse, pen and finger: drag over words to mark them, click a span for its card, click a word for the cursor.
 *
 * @typedef {import("./editor.js").Editor} Editor
 */

import { nameOf } from "./layout.js";

/** Pixels that a pointer may move and still be a click. */
const STILL = 4;

export class Pointer {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {{x: number, y: number, word: number, isDrag: boolean} | null} */
    this.from = null;
    /** @type {string} the mark whose card the last click at this place opened */
    this.shown = "";
    const { host } = editor.view;
    host.addEventListener("pointerdown", (event) => this.#down(event));
    host.addEventListener("pointermove", (event) => this.#move(event));
    host.addEventListener("pointerup", (event) => this.#up(event));
    host.addEventListener("pointercancel", () => this.#cancel());
    host.addEventListener("pointerleave", () => editor.view.point(""));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || isOnScrollbar(event, this.editor.view.host)) return;
    event.preventDefault();
    this.editor.view.host.focus({ preventScroll: true });
    this.editor.view.host.setPointerCapture(event.pointerId);
    this.from = { x: event.clientX, y: event.clientY, word: this.editor.view.wordAt(pointOf(event)), isDrag: false };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { view, keyboard, data } = this.editor;
    if (!this.from) {
      const [mark] = view.marksAt(pointOf(event));
      return view.point(mark ? nameOf(mark) : "");
    }
    const moved = Math.hypot(event.clientX - this.from.x, event.clientY - this.from.y);
    if (data?.disabled || (!this.from.isDrag && moved < STILL)) return;
    this.from.isDrag = true;
    keyboard.select(this.from.word, view.wordAt(pointOf(event)), "drag");
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const { from, editor } = this;
    this.from = null;
    if (!from || from.word < 0) return;
    if (!from.isDrag) return this.#click(event, from.word);
    const range = editor.keyboard.selection();
    editor.keyboard.reset();
    if (range) editor.add(range);
    else editor.paint();
  }

  /** @param {PointerEvent} event @param {number} word */
  #click(event, word) {
    const { view, keyboard } = this.editor;
    const marks = view.marksAt(pointOf(event));
    if (event.detail > 1 && !marks.length) return this.#double(word);
    keyboard.select(word, word, marks.length ? "none" : "cursor");
    if (!marks.length) return;
    const next = (marks.findIndex((mark) => nameOf(mark) === this.shown) + 1) % marks.length;
    this.shown = nameOf(marks[next]);
    this.editor.show(marks[next], false);
  }

  /** @param {number} word */
  #double(word) {
    this.editor.keyboard.reset();
    this.editor.add(this.editor.view.words[word]);
  }

  #cancel() {
    this.from = null;
    this.editor.keyboard.reset();
    this.editor.paint();
  }
}

/** @param {PointerEvent} event */
function pointOf(event) {
  return { x: event.clientX, y: event.clientY };
}

/** @param {PointerEvent} event @param {HTMLElement} host */
function isOnScrollbar(event, host) {
  return event.clientX > host.getBoundingClientRect().left + host.clientLeft + host.clientWidth;
}
