/**
 * Spans of several pieces: pieces that share a group. Pure functions.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Range} Range
 */

import { shorten } from "./elements.js";
import { nameOf } from "./layout.js";

/** @param {Mark} mark @param {Mark[]} marks in reading order @returns {Mark[]} every piece of the span, the mark alone if it is one */
export function piecesOf(mark, marks) {
  if (!mark.group || mark.suggested) return [mark];
  const pieces = marks.filter((one) => one.group === mark.group && one.label === mark.label && !one.suggested);
  return pieces.length ? pieces : [mark];
}

/** @param {Mark[]} marks in reading order @returns {Mark[]} one for each span: its first piece */
export function firstPieces(marks) {
  const seen = new Set();
  return marks.filter((mark) => {
    if (!mark.group || mark.suggested) return true;
    const name = `${mark.group}:${mark.label}`;
    return !seen.has(name) && seen.add(name);
  });
}

/** @param {Mark[]} marks in reading order @returns {Map<string, number>} a number for each span of at least two pieces, by its group */
export function numberGroups(marks) {
  /** @type {Map<string, number>} */
  const pieces = new Map();
  for (const mark of marks) if (mark.group && !mark.suggested) pieces.set(mark.group, (pieces.get(mark.group) ?? 0) + 1);
  const numbers = new Map();
  for (const [group, count] of pieces) if (count > 1) numbers.set(group, numbers.size + 1);
  return numbers;
}

/** @param {Mark[]} pieces @param {string} text @param {number} length @returns {string} what the span covers, the rest left out */
export function surfaceOf(pieces, text, length) {
  return shorten(pieces.map((piece) => shorten(text.slice(piece.start, piece.end), length)).join(" … "), length);
}

/** @param {Mark} mark @param {Mark[]} marks @returns {Mark[]} the other pieces of its span */
export function siblingsOf(mark, marks) {
  return piecesOf(mark, marks).filter((piece) => nameOf(piece) !== nameOf(mark));
}

/** @param {Range} range @param {Mark[]} pieces @returns {boolean} whether it lies over one of them: pieces of one span never overlap */
export function covers(range, pieces) {
  return pieces.some((piece) => piece.start < range.end && range.start < piece.end);
}

/** @param {Range} from where a piece lies @param {Range} to where it shall lie @param {Mark[]} siblings @returns {Range} as far as they let it grow */
export function kept(from, to, siblings) {
  const before = siblings.filter((piece) => piece.end <= from.start).map((piece) => piece.end);
  const after = siblings.filter((piece) => piece.start >= from.end).map((piece) => piece.start);
  return { start: Math.max(to.start, ...before), end: Math.min(to.end, ...after) };
}

/** @param {Mark} stem @param {{start: number, end: number}[]} ranges @param {() => string} makeGroup @returns {Mark[]} what a join is about: the span, then its new pieces */
export function joinOf(stem, ranges, makeGroup) {
  const group = stem.group || makeGroup();
  return [stem, ...ranges.map(({ start, end }) => ({ ...stem, start, end, group, score: null, suggested: false }))];
}

/** @param {Mark} mark @param {Mark[]} marks @returns {string} one name for the whole span, another one when its pieces change */
export function wholeName(mark, marks) {
  return piecesOf(mark, marks).map(nameOf).join("|");
}
