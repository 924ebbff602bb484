/**
 * The units by which a caret moves: words or tokens as they were given, or characters as people count them. A unit is a
 * range; each kind finds the one at a place, the next and the one before. UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {{at: (position: number) => Range | null, after: (start: number) => Range | null, before: (start: number) => Range | null}} Units
 */

import { lastStartingBefore } from "./layout.js";

/** @implements {Units} */
export class Listed {
  /** @param {Range[]} ranges in reading order */
  constructor(ranges) {
    this.ranges = ranges;
  }

  /** @param {number} position @returns {Range | null} the unit there, else the one before, else the first */
  at(position) {
    return this.ranges[lastStartingBefore(this.ranges, position + 1)] ?? null;
  }

  /** @param {number} start @returns {Range | null} the first that starts later */
  after(start) {
    const at = lastStartingBefore(this.ranges, start + 1);
    return this.ranges[this.ranges[at]?.start > start ? at : at + 1] ?? null;
  }

  /** @param {number} start @returns {Range | null} the last that starts earlier */
  before(start) {
    const found = this.ranges[lastStartingBefore(this.ranges, start)];
    return found && found.start < start ? found : null;
  }
}

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const LINE_END = /[\r\n]/;

/** Longer runs without a place that surely starts a character are cut all the same. */
const FAR = 1000;

/** Characters with their joiners and combining marks; line ends are none. @implements {Units} */
export class Graphemes {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  /** @param {number} position @returns {Range | null} */
  at(position) {
    const inside = Math.max(0, Math.min(position, this.text.length - 1));
    const found = this.#pieceAt(inside);
    return found && (this.#isLineEnd(found) ? this.before(found.start) ?? this.after(found.start) : found);
  }

  /** @param {number} start @returns {Range | null} */
  after(start) {
    let found = this.#pieceAt(start);
    do found = found && this.#pieceAt(found.end);
    while (found && this.#isLineEnd(found));
    return found;
  }

  /** @param {number} start @returns {Range | null} */
  before(start) {
    let found = this.#pieceAt(start - 1);
    while (found && this.#isLineEnd(found)) found = this.#pieceAt(found.start - 1);
    return found;
  }

  /** @param {Range} range that starts and ends between characters @returns {Range[]} */
  within({ start, end }) {
    return Array.from(SEGMENTER.segment(this.text.slice(start, end)), ({ index, segment }) => ({
      start: start + index,
      end: start + index + segment.length,
    }));
  }

  /** @param {number} position @returns {Range | null} */
  #pieceAt(position) {
    if (position < 0 || position >= this.text.length) return null;
    const from = this.#safeStart(position);
    const found = SEGMENTER.segment(this.text.slice(from, position + FAR)).containing(position - from);
    return found ? { start: from + found.index, end: from + found.index + found.segment.length } : null;
  }

  /** A place at or before `position` at which a character surely begins: a blank or a plain letter. @param {number} position */
  #safeStart(position) {
    const least = Math.max(0, position - FAR);
    for (let at = position; at > least; at -= 1) if (/[ -~]/.test(this.text[at])) return at;
    return least;
  }

  /** @param {Range} range */
  #isLineEnd(range) {
    return LINE_END.test(this.text[range.start]);
  }
}
