/**
 * Which rows of a long list are on the screen. Pure functions.
 *
 * @typedef {{from: number, to: number}} Rows from the first up to before the last
 */

/** Rows that are kept above and below the screen, so that a turn of the wheel finds them drawn. */
const SPARE = 6;

/**
 * @param {number} count of all rows @param {number} height of one row @param {number} top how far the list is scrolled
 * @param {number} room height of the part that is seen
 * @returns {Rows}
 */
export function rowsIn(count, height, top, room) {
  const from = Math.max(0, Math.floor(top / height) - SPARE);
  return { from: Math.min(from, count), to: Math.min(count, Math.ceil((top + room) / height) + SPARE) };
}
