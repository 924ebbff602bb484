/**
 * The border to Python: what comes down, and where code points, which it counts in, become the UTF-16 units of the
 * browser and back.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./offsets.js").Offsets} Offsets
 * @typedef {import("./queue.js").PlainSpan} PlainSpan
 * @typedef {{
 *   place: string, session: string, doc: number, revision: number, text: string | null, words: number[] | null,
 *   labels: import("./label_bar.js").Label[], spans: PlainSpan[], suggestions: [number, number, string, number | null][],
 *   answers: Record<string, number | string>, undoSteps: number, redoSteps: number, discontinuous: boolean, canExplain: boolean, disabled: boolean, height: number | null,
 *   comments: [number, number, string, number][], canComment: boolean, canBulk: boolean,
 *   marking: import("./marking.js").Data | null
 * }} Data
 */

/** @param {Pick<Data, "spans" | "suggestions">} data @param {Offsets} offsets @returns {Mark[]} */
export function marksOf({ spans, suggestions }, offsets) {
  const ends = (/** @type {number} */ start, /** @type {number} */ end) => ({ start: offsets.toUnit(start), end: offsets.toUnit(end) });
  return [
    ...spans.map(([start, end, label, group]) => ({ ...ends(start, end), label, score: null, suggested: false, ...(group ? { group } : {}) })),
    ...suggestions.map(([start, end, label, score]) => ({ ...ends(start, end), label, score, suggested: true })),
  ];
}

/** @param {Mark} mark @param {Offsets} offsets @returns {[number, number, string]} without its group */
export function placeOf(mark, offsets) {
  return [offsets.toPoint(mark.start), offsets.toPoint(mark.end), mark.label];
}

/** @param {Mark} mark @param {Offsets} offsets @returns {PlainSpan} */
export function plainOf(mark, offsets) {
  return mark.group ? [...placeOf(mark, offsets), mark.group] : placeOf(mark, offsets);
}
