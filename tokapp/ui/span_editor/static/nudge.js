/**
 * A span whose one edge has moved by one unit: a word or a character. Pure functions, UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./units.js").Units} Units
 * @typedef {"startOut" | "startIn" | "endOut" | "endIn"} Way which edge, and whether the span grows or shrinks
 */

/** @param {Range} range @param {Way} way @param {Units} units @returns {Range | null} null where the edge cannot move that way */
export function nudged({ start, end }, way, units) {
  const unit = neighbour({ start, end }, way, units);
  if (!unit) return null;
  const moved = way.startsWith("start") ? { start: unit.start, end } : { start, end: unit.end };
  return moved.start < moved.end ? moved : null;
}

/** @param {Range} range @param {Way} way @param {Units} units @returns {Range | null} the unit at which the edge stands afterwards */
function neighbour({ start, end }, way, units) {
  if (way === "startOut") return units.before(start);
  if (way === "startIn") return units.after(start);
  const last = units.at(end - 1);
  if (!last) return null;
  if (way === "endIn") return units.before(last.start);
  return last.end > end ? last : units.after(last.start);
}
