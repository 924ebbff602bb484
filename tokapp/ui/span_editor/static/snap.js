/**
 * From what a person pointed at to what is marked: whole units, without blanks and punctuation at the ends. Pure
 * functions, UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Range} Range
 */

import { spread } from "./layout.js";

/** Blanks and signs that separate words. Signs that belong to one stay (100 %, C#, @ana, a/b), and so do .NET and -5. */
const SIGNS = ",;:!?…'\"“”„‘’‚«»‹›¿¡、。，；：！？・「」『』–—";
const LEADING = new RegExp(`^(?:[\\s\\p{Z}${SIGNS}]|\\.(?![\\p{L}\\p{N}])|-(?!\\p{N}))+`, "u");
const TRAILING = new RegExp(`[\\s\\p{Z}${SIGNS}.\\-]$`, "u");
const CLOSING = { "(": ")", "[": "]", "{": "}", "（": "）" };
const OPENING = Object.fromEntries(Object.entries(CLOSING).map(([open, close]) => [close, open]));

/**
 * @param {Range} range as it was pointed at @param {Range[]} units whole ones are taken, in reading order; none for every character
 * @param {string} text @returns {Range | null} null where nothing but blanks is left
 */
export function snapped(range, units, text) {
  return stripped(widened(range, units), text);
}

/** @param {Range} range @param {Range[]} units @returns {Range} with the whole of every unit that it touches */
export function widened(range, units) {
  const touched = spread([range], units)[0] ?? [];
  return touched.reduce((all, unit) => ({ start: Math.min(all.start, unit.start), end: Math.max(all.end, unit.end) }), range);
}

/** @param {Range} range @param {string} text @returns {Range | null} punctuation alone stays as it is, blanks alone are nothing */
export function stripped(range, text) {
  const piece = text.slice(range.start, range.end);
  if (!piece.trim()) return null;
  let [start, end] = [0, piece.length];
  for (;;) {
    const [left, right] = peel(piece.slice(start, end));
    if (!left && !right) break;
    start += left;
    end -= right;
    if (start >= end) return withoutBlanks(range, piece);
  }
  return { start: range.start + start, end: range.start + end };
}

/** @param {Range} range @param {string} piece @returns {Range} */
function withoutBlanks(range, piece) {
  const left = piece.length - piece.trimStart().length;
  return { start: range.start + left, end: range.start + left + piece.trim().length };
}

/** @param {string} piece @returns {[number, number]} how much to take off at its start and at its end */
function peel(piece) {
  if (!piece) return [0, 0];
  const left = LEADING.exec(piece)?.[0].length ?? 0;
  if (left) return [left, 0];
  if (TRAILING.test(piece)) return [0, 1];
  const [first, last] = [piece[0], piece[piece.length - 1]];
  const partner = first in CLOSING ? partnerOf(piece) : -1;
  if (partner === piece.length - 1 && piece.length > 1) return [1, 1];
  if (first in OPENING || (first in CLOSING && partner < 0)) return [1, 0];
  if (last in CLOSING || (last in OPENING && !isClosed(piece))) return [0, 1];
  return [0, 0];
}

/** @param {string} piece that begins with an opening bracket @returns {number} where that is closed, -1 if nowhere */
function partnerOf(piece) {
  const [open, close] = [piece[0], CLOSING[/** @type {keyof typeof CLOSING} */ (piece[0])]];
  let depth = 0;
  for (let at = 0; at < piece.length; at += 1) {
    if (piece[at] === open) depth += 1;
    if (piece[at] === close && (depth -= 1) === 0) return at;
  }
  return -1;
}

/** @param {string} piece that ends with a closing bracket @returns {boolean} whether the bracket was opened within */
function isClosed(piece) {
  const close = piece[piece.length - 1];
  let depth = 0;
  for (let at = piece.length - 1; at >= 0; at -= 1) {
    if (piece[at] === close) depth += 1;
    if (piece[at] === OPENING[close] && (depth -= 1) === 0) return true;
  }
  return false;
}
