/**
 * The patterns of labels: a second sign beside the colour, the same in the line under the text, on the label's button and
 * in the list. Eight colours with five patterns are forty labels before two look the same.
 *
 * @typedef {{ink: [number, number][], period: number, top: number, height: number}} Stroke pixels: pieces of ink in a period, and where it lies in the line
 * @typedef {{image: string, size: string, top: number, height: number}} Layer one background layer
 */

/** Pixels of a line that holds a pattern. */
export const HEIGHT = 3;
const WHOLE = 12;
const GAP = 5;

/** @type {readonly {ink: [number, number][], top: number, height: number}[][]} strokes over a run of twelve pixels */
const PATTERNS = [
  [{ ink: [[0, 12]], top: 0, height: 3 }],
  [{ ink: [[0, 12]], top: 0, height: 1 }, { ink: [[0, 12]], top: 2, height: 1 }],
  [{ ink: [[0, 3], [6, 9]], top: 0, height: 3 }, { ink: [[0, 12]], top: 1, height: 1 }],
  [{ ink: [[0, 12]], top: 0, height: 1 }, { ink: [[1, 3], [5, 7], [9, 11]], top: 1, height: 2 }],
  [{ ink: [[0, 6]], top: 0, height: 1.5 }, { ink: [[6, 12]], top: 1.5, height: 1.5 }],
];

/** How many patterns there are. */
export const COUNT = PATTERNS.length;

/** @param {number} index of the label @param {boolean} suggested cut by gaps where it is a suggestion @returns {Stroke[]} */
export function strokesOf(index, suggested) {
  return PATTERNS[index % COUNT].map((stroke) => ({ ...stroke, period: suggested ? WHOLE + GAP : WHOLE }));
}

/** @param {number} index @param {boolean} suggested @param {string} color any of CSS @returns {Layer[]} */
export function layersOf(index, suggested, color) {
  return strokesOf(index, suggested).map(({ ink, period, top, height }) => ({
    image: `linear-gradient(90deg, ${stops(ink, period, color)})`,
    size: `${period}px ${height}px`,
    top,
    height,
  }));
}

/** @param {[number, number][]} ink @param {number} period @param {string} color */
function stops(ink, period, color) {
  const parts = [];
  let at = 0;
  for (const [from, to] of ink) {
    if (from > at) parts.push(`transparent ${at}px ${from}px`);
    parts.push(`${color} ${from}px ${to}px`);
    at = to;
  }
  if (at < period) parts.push(`transparent ${at}px ${period}px`);
  return parts.join(", ");
}

/** Give an element the colours of a label. @param {HTMLElement} element @param {number} index */
export function dress(element, index) {
  element.style.setProperty("--hue", `var(--hue-${index})`);
  element.style.setProperty("--line", `var(--line-${index})`);
}

/** Paint a label's sign: its tint with its line. @param {HTMLElement} element @param {number} index @param {number} height of the element in pixels @returns {HTMLElement} */
export function paintSign(element, index, height) {
  const layers = layersOf(index, false, `var(--line-${index})`);
  const from = (height - HEIGHT) / 2;
  element.style.backgroundImage = layers.map((layer) => layer.image).join(", ");
  element.style.backgroundSize = layers.map((layer) => layer.size).join(", ");
  element.style.backgroundPosition = layers.map((layer) => `0 ${from + layer.top}px`).join(", ");
  element.style.backgroundRepeat = "repeat-x";
  return element;
}
