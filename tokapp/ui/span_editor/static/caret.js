/**
 * Where the caret goes next. The caret lies on a unit: a word, a character or a token, and may go on by another kind than
 * the one it lies on. Pure functions, UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./units.js").Units} Units
 */

/** @param {Range} from @param {Units} units @param {boolean} isForward @returns {Range | null} null at the end of the text */
export function step(from, units, isForward) {
  const here = units.at(from.start);
  if (!here) return null;
  if (!isForward) return here.start < from.start ? here : units.before(here.start);
  const isInside = here.start === from.start && here.end < from.end; // into smaller units: the first of them
  return here.start > from.start || isInside ? here : units.after(here.start);
}

/**
 * The same with a selection behind the caret: the edge that moves is the one away from the anchor.
 *
 * @param {Range} anchor @param {Range} from @param {Units} units @param {boolean} isForward @returns {Range | null}
 */
export function stretch(anchor, from, units, isForward) {
  const isEnd = from.start > anchor.start || (from.start === anchor.start && isForward);
  const here = units.at(isEnd ? from.end - 1 : from.start);
  if (!here) return null;
  if (isForward) return isEnd && here.end > from.end ? here : units.after(here.start);
  return !isEnd && here.start < from.start ? here : units.before(here.start);
}

/** @param {Range} one @param {Range} other @returns {Range} from the first to the last of both */
export function union(one, other) {
  return { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) };
}

/** @param {Range} one @param {Range} other */
export function isSame(one, other) {
  return one.start === other.start && one.end === other.end;
}
