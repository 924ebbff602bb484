/**
 * Mouse and pen: drag to mark, click a span for its card, click a word for the caret, double-click it to mark it. Fingers
 * tap; see `touch.js`.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Range} Range
 * @typedef {{x: number, y: number, word: Range | null, character: Range | null, isDrag: boolean}} Beginning
 */

import { union } from "./caret.js";
import { nameOf } from "./layout.js";
import { snapped } from "./snap.js";
import { Touch } from "./touch.js";

/** Pixels that a pointer may move and still be a click. */
const STILL = 4;

/** The same for a finger, which rolls. */
const STILL_FINGER = 12;

export class Pointer {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.touch = new Touch(editor);
    /** @type {Beginning | null} */
    this.from = null;
    this.isTouch = false;
    /** @type {string} the mark whose card the last click at this place opened */
    this.shown = "";
    const { host } = editor.view;
    host.addEventListener("pointerdown", (event) => this.#down(event));
    host.addEventListener("pointermove", (event) => this.#move(event));
    host.addEventListener("pointerup", (event) => this.#up(event));
    host.addEventListener("dblclick", (event) => this.#double(event));
    host.addEventListener("pointercancel", () => this.#cancel());
    host.addEventListener("pointerleave", () => editor.view.point(""));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { view } = this.editor;
    if (event.button !== 0 || !event.isPrimary || isOnScrollbar(event, view.host)) return;
    const point = pointOf(event);
    this.isTouch = event.pointerType === "touch";
    if (!this.isTouch) {
      event.preventDefault();
      view.host.setPointerCapture(event.pointerId);
    }
    view.host.focus({ preventScroll: true });
    this.from = { ...point, word: view.words[view.wordAt(point)] ?? null, character: view.characterAt(point), isDrag: false };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { view, keyboard, data } = this.editor;
    const isTouch = event.pointerType === "touch";
    if (!this.from) {
      const [mark] = view.marksAt(pointOf(event));
      return view.point(mark && !isTouch ? nameOf(mark) : "");
    }
    const moved = Math.hypot(event.clientX - this.from.x, event.clientY - this.from.y);
    if (data?.disabled || (!this.from.isDrag && moved < (isTouch ? STILL_FINGER : STILL))) return;
    this.from.isDrag = true;
    if (isTouch) return; // a finger that moves scrolls
    const range = this.#between(event);
    if (range) keyboard.preview(range);
  }

  /** @param {PointerEvent} event @returns {Range | null} what is marked if the drag ends here */
  #between(event) {
    const { view, marking, text } = this.editor;
    const byWord = marking.preferences.snap === "word" && !event.altKey;
    const from = byWord ? this.from?.word : this.from?.character;
    const to = byWord ? view.words[view.wordAt(pointOf(event))] : view.characterAt(pointOf(event));
    if (!from || !to) return null;
    const range = union(from, to);
    return event.altKey ? range : snapped(range, marking.pieces, text);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const { from, editor } = this;
    if (!from || !from.character) return this.#cancel();
    if (event.pointerType === "touch") {
      this.from = null;
      if (!from.isDrag) this.touch.tap(pointOf(event), from.word ?? from.character);
      return;
    }
    if (!from.isDrag) {
      this.from = null;
      return this.#click(event, from.word ?? from.character);
    }
    const range = this.#between(event);
    this.from = null;
    editor.keyboard.reset();
    if (range) editor.actions.add(range);
    else editor.paint();
  }

  /** @param {PointerEvent} event @param {Range} at */
  #click(event, at) {
    const { view, keyboard, handles } = this.editor;
    const marks = view.marksAt(pointOf(event));
    handles.hide();
    keyboard.editing = null;
    keyboard.isExact = false;
    keyboard.select(at, at, marks.length ? "none" : "cursor");
    if (!marks.length) return;
    const next = (marks.findIndex((mark) => nameOf(mark) === this.shown) + 1) % marks.length;
    this.shown = nameOf(marks[next]);
    this.editor.show(marks[next], false);
  }

  /** After two clicks with mouse or pen; fingers tap twice by another way. @param {MouseEvent} event */
  #double(event) {
    const { view, keyboard, marking, text } = this.editor;
    const word = view.words[view.wordAt(pointOf(event))];
    if (!word || this.isTouch || this.editor.data?.disabled || view.marksAt(pointOf(event)).length) return;
    keyboard.reset();
    const range = event.altKey ? word : snapped(word, marking.pieces, text);
    if (range) this.editor.actions.add(range);
  }

  #cancel() {
    const isDrag = this.from?.isDrag;
    this.from = null;
    if (!isDrag) return;
    this.editor.keyboard.reset();
    this.editor.paint();
  }
}

/** @param {MouseEvent} event */
export function pointOf(event) {
  return { x: event.clientX, y: event.clientY };
}

/** @param {PointerEvent} event @param {HTMLElement} host */
function isOnScrollbar(event, host) {
  return event.clientX > host.getBoundingClientRect().left + host.clientLeft + host.clientWidth;
}
