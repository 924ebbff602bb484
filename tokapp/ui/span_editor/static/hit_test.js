/**
 * From a point on the screen to words, characters and marks, and back. Offsets never come from the document tree: each
 * atom carries its own.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./text_view.js").TextView} TextView
 * @typedef {import("./text_view.js").AtomElement} AtomElement
 * @typedef {{x: number, y: number}} Point
 */

import { Graphemes } from "./units.js";
import { lastStartingBefore } from "./layout.js";

/** @param {TextView} view @param {Point} point @returns {Element | null} inside of the text, or null */
export function elementAt(view, { x, y }) {
  const root = /** @type {Document | ShadowRoot} */ (view.host.getRootNode());
  const element = root.elementFromPoint(x, y);
  return element && view.host.contains(element) ? element : null;
}

/** @param {TextView} view @param {Point} point @returns {number} index of the nearest word, -1 in a text without words */
export function wordAt(view, point) {
  return nearest(atomsNear(view, point), point, (from, to) => wordsIn(view.words, from, to));
}

/** @param {TextView} view @param {Point} point @returns {Range | null} the nearest character, as people count them */
export function characterAt(view, point) {
  const atoms = atomsNear(view, point);
  const word = nearest(atoms, point, (from, to) => wordsIn(view.words, from, to));
  const { start, end } = view.blocks[view.blockAt(view.words[word]?.start ?? 0)] ?? { start: 0, end: 0 };
  const around = { start: Math.max(start, view.words[word - 1]?.end ?? 0), end: Math.min(end, view.words[word + 1]?.start ?? end) };
  const units = new Graphemes(view.text).within(around);
  const at = nearest(atoms, point, (from, to) => units.map((unit, index) => ({ ...unit, index })).filter((unit) => unit.start < to && from < unit.end));
  return units[at] ?? null;
}

/** @param {TextView} view @param {Range} range @returns {DOMRect[]} where the range is on the screen, in reading order */
export function rectsOf(view, range) {
  const rects = [];
  for (const element of view.atomsOver(range)) {
    const { start, end } = element.atom;
    const node = element.firstChild;
    if (node instanceof Text) rects.push(...rectsIn(node, Math.max(range.start, start) - start, Math.min(range.end, end) - start));
  }
  return rects;
}

/** @param {TextView} view @param {Point} point @returns {AtomElement[]} the one there, else those of the nearest line */
function atomsNear(view, point) {
  const element = elementAt(view, point);
  const atom = /** @type {AtomElement | null} */ (element?.closest(".atom") ?? null);
  if (atom) return [atom];
  const line = element?.closest(".line") ?? lineAt(view, point.y);
  if (!line) return [];
  const atoms = view.atomsOf(line);
  const gaps = atoms.map((one) => Math.min(...Array.from(one.getClientRects(), (rect) => heightGap(rect, point.y))));
  const least = Math.min(...gaps);
  return atoms.filter((_, at) => gaps[at] <= least + 2);
}

/** @param {TextView} view @param {number} y @returns {Element | null} the line at that height, else the nearest */
function lineAt(view, y) {
  const stretch = childAt(view.host.querySelectorAll(":scope > .stretch"), y);
  return stretch && childAt(stretch.children, y);
}

/** @param {ArrayLike<Element>} elements that stand below each other @param {number} y */
function childAt(elements, y) {
  let low = 0;
  let high = elements.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elements[middle].getBoundingClientRect().bottom <= y) low = middle + 1;
    else high = middle;
  }
  return elements[low] ?? null;
}

/** @param {Range[]} words @param {number} from @param {number} to */
function wordsIn(words, from, to) {
  const found = [];
  for (let index = lastStartingBefore(words, from + 1); words[index]?.start < to; index += 1) found.push({ ...words[index], index });
  return found;
}

/**
 * @param {AtomElement[]} elements @param {Point} point @param {(from: number, to: number) => (Range & {index: number})[]} piecesIn
 * @returns {number} index of the nearest piece, -1 without any
 */
function nearest(elements, point, piecesIn) {
  let best = -1;
  let least = Infinity;
  for (const element of elements) {
    const node = element.firstChild;
    if (!(node instanceof Text)) continue;
    const { start, end } = element.atom;
    for (const piece of piecesIn(start, end)) {
      const gap = gapTo(node, Math.max(piece.start, start) - start, Math.min(piece.end, end) - start, point);
      if (gap < least) [best, least] = [piece.index, gap];
    }
  }
  return best;
}

/** @param {Text} node @param {number} from @param {number} to @param {Point} point @returns {number} distance, lines before columns */
function gapTo(node, from, to, { x, y }) {
  if (to <= from) return Infinity;
  const gaps = rectsIn(node, from, to).map((rect) => heightGap(rect, y) * 1e4 + Math.max(rect.left - x, x - rect.right, 0));
  return Math.min(Infinity, ...gaps);
}

/** @param {Text} node @param {number} from @param {number} to @returns {DOMRect[]} */
function rectsIn(node, from, to) {
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  return Array.from(range.getClientRects());
}

/** @param {DOMRect} rect @param {number} y */
function heightGap(rect, y) {
  return Math.max(rect.top - y, y - rect.bottom, 0);
}
