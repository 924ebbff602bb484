/**
 * Two handles at the ends of a span, which move its edges by finger, pen or mouse. Keys that do the same are in `keys.js`.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Range} Range
 */

import { isSame } from "./caret.js";
import { make } from "./elements.js";
import { kept, siblingsOf } from "./groups.js";
import { nameOf } from "./layout.js";
import { snapped, stripped } from "./snap.js";

/** Nearer than this to the top or the foot of the panel, dragging scrolls. */
const EDGE = 24;

export class Handles {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Mark | null} */
    this.mark = null;
    /** @type {Range | null} while a handle is dragged: what it would become */
    this.range = null;
    /** From the edge on the screen to where it was taken hold of. */
    this.grip = { x: 0, y: 0 };
    this.ends = { start: this.#handle("start"), end: this.#handle("end") };
    this.observer = new ResizeObserver(() => this.#place());
    this.observer.observe(editor.view.host);
  }

  close() {
    this.observer.disconnect();
  }

  /** @param {Mark} mark */
  show(mark) {
    if (this.editor.data?.disabled) return;
    this.mark = mark;
    this.editor.view.host.append(this.ends.start, this.ends.end);
    this.#place();
  }

  hide() {
    this.mark = null;
    this.range = null;
    this.ends.start.remove();
    this.ends.end.remove();
  }

  /** After a change: a span that is gone has no handles. */
  follow() {
    const { mark } = this;
    if (!mark) return;
    if (this.editor.marks.some((one) => nameOf(one) === nameOf(mark))) this.#place();
    else this.hide();
  }

  /** @param {"start" | "end"} side */
  #handle(side) {
    const element = make("div", `handle ${side}`);
    element.dataset.side = side;
    element.setAttribute("aria-hidden", "true");
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      element.setPointerCapture(event.pointerId);
      this.#take(event, side);
    });
    element.addEventListener("pointermove", (event) => this.#move(event, side));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", () => this.#drop());
    return element;
  }

  /** @param {PointerEvent} event @param {"start" | "end"} side */
  #take(event, side) {
    this.range = this.mark;
    const edge = this.#edges()?.[side];
    if (edge) this.grip = { x: event.clientX - edge.x, y: event.clientY - (edge.rect.top + edge.rect.bottom) / 2 };
  }

  /** @param {PointerEvent} event @param {"start" | "end"} side */
  #move(event, side) {
    event.stopPropagation();
    const { mark, range, editor } = this;
    if (!mark || !range) return;
    this.#scroll(event.clientY);
    const next = this.#rangeAt(event, side, mark);
    if (!next || next.start >= next.end) return;
    this.range = next;
    editor.keyboard.preview(next);
    this.#place();
  }

  /** @param {PointerEvent} event @param {"start" | "end"} side @param {Mark} mark @returns {Range | null} */
  #rangeAt(event, side, mark) {
    const { view, marking, text } = this.editor;
    const inwards = (side === "start") === !view.isRightToLeft(mark) ? 1 : -1; // an edge lies between two characters
    const point = { x: event.clientX - this.grip.x + inwards, y: event.clientY - this.grip.y };
    const byWord = marking.preferences.snap === "word" && !event.altKey;
    const at = byWord ? view.words[view.wordAt(point)] : view.characterAt(point);
    if (!at) return null;
    const range = side === "start" ? { start: at.start, end: mark.end } : { start: mark.start, end: at.end };
    if (range.start >= range.end) return range;
    const whole = event.altKey ? range : snapped(range, marking.pieces, text);
    const free = whole && this.#within(mark, whole);
    // The edge that nobody drags stays where it is.
    return free && (side === "start" ? { start: free.start, end: mark.end } : { start: mark.start, end: free.end });
  }

  /** @param {Mark} mark @param {Range} range @returns {Range | null} up to the other pieces of its span, without blanks there */
  #within(mark, range) {
    const { marks, text } = this.editor;
    const free = kept(mark, range, siblingsOf(mark, marks));
    return isSame(free, range) ? range : stripped(free, text);
  }

  /** @param {number} y */
  #scroll(y) {
    const { host } = this.editor.view;
    const { top, bottom } = host.getBoundingClientRect();
    if (y < top + EDGE) host.scrollTop -= EDGE / 2;
    if (y > bottom - EDGE) host.scrollTop += EDGE / 2;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    event.stopPropagation();
    const { mark, range, editor } = this;
    this.range = null;
    if (!mark || !range) return;
    editor.keyboard.reset();
    const moved = range.start === mark.start && range.end === mark.end ? mark : editor.actions.move(mark, range);
    editor.paint();
    this.show(moved ?? mark);
  }

  #drop() {
    this.range = null;
    this.editor.keyboard.reset();
    this.editor.paint();
    this.#place();
  }

  /** @returns {Record<"start" | "end", {x: number, rect: DOMRect}> | null} where the edges are on the screen */
  #edges() {
    const range = this.range ?? this.mark;
    const { view } = this.editor;
    const rects = range ? view.rectsOf(range) : [];
    if (!range || !rects.length) return null;
    const [first, last] = [rects[0], rects[rects.length - 1]];
    const [left, right] = view.isRightToLeft(range) ? ["right", "left"] : ["left", "right"];
    return {
      start: { x: first[/** @type {"left"} */ (left)], rect: first },
      end: { x: last[/** @type {"left"} */ (right)], rect: last },
    };
  }

  #place() {
    const edges = this.#edges();
    if (!edges) return;
    const { host } = this.editor.view;
    const { left, top } = host.getBoundingClientRect();
    for (const side of /** @type {const} */ (["start", "end"])) {
      const { x, rect } = edges[side];
      this.ends[side].style.left = `${x - left - host.clientLeft + host.scrollLeft}px`;
      this.ends[side].style.top = `${rect.bottom - top - host.clientTop + host.scrollTop}px`;
    }
  }
}
