/**
 * From words and spans to what is painted: lanes, rooms and atoms. Pure functions, UTF-16 offsets.
 *
 * @typedef {{start: number, end: number}} Range
 * @typedef {{start: number, end: number, label: string, score: number | null, suggested: boolean, group?: string}} Mark `group`: what the pieces of one span share
 * @typedef {{start: number, end: number, marks: Mark[], starting: Mark[]}} Atom
 */

/** Lanes that are drawn; deeper overlaps share the last one. */
export const LANES = 3;

/** @param {Mark} mark @returns {string} one name per decision, the same for a suggestion and its accepted twin but for the first letter */
export function nameOf(mark) {
  return `${mark.suggested ? "s" : "p"}:${mark.start}:${mark.end}:${mark.label}${mark.group ? `:${mark.group}` : ""}`;
}

/** Reading order, the longer first where two start together. @param {Range} one @param {Range} other */
export function inReadingOrder(one, other) {
  return one.start - other.start || other.end - one.end;
}

/**
 * The lane of every mark: the first one that is free where the mark starts.
 *
 * @param {Mark[]} marks in reading order
 * @returns {Map<string, number>} by name
 */
export function assignLanes(marks) {
  /** @type {number[]} where each lane becomes free */
  const free = [];
  const lanes = new Map();
  for (const mark of marks) {
    let lane = free.findIndex((end) => end <= mark.start);
    if (lane < 0) lane = free.length;
    free[lane] = mark.end;
    lanes.set(nameOf(mark), Math.min(lane, LANES - 1));
  }
  return lanes;
}

/**
 * The marks of every range: those that share at least one character with it.
 *
 * @template {Range} T
 * @param {Range[]} ranges in reading order, not overlapping
 * @param {T[]} marks
 * @returns {T[][]}
 */
export function spread(ranges, marks) {
  /** @type {T[][]} */
  const found = ranges.map(() => []);
  for (const mark of marks) {
    for (let at = lastStartingBefore(ranges, mark.start + 1); at < ranges.length && ranges[at].start < mark.end; at += 1) {
      if (mark.start < ranges[at].end) found[at].push(mark);
    }
  }
  return found;
}

/**
 * Index of the last range that starts before `position`, 0 if there is none.
 *
 * @param {Range[]} ranges in reading order @param {number} position
 */
export function lastStartingBefore(ranges, position) {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle].start < position) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/**
 * Cut a piece of text at every edge, so that an atom lies wholly inside or outside of every mark.
 *
 * The first word of a mark is an atom of its own: its tag hangs there, and a word does not break over two lines.
 *
 * @param {Range} piece
 * @param {Mark[]} marks that touch the piece
 * @param {Range[]} words
 * @param {number[]} edges further places to cut at
 * @returns {Atom[]}
 */
export function cutAtoms(piece, marks, words, edges = []) {
  const cuts = new Set([piece.start, piece.end, ...edges]);
  for (const mark of marks) {
    cuts.add(mark.start).add(mark.end);
    const first = words[lastStartingBefore(words, mark.start + 1)];
    if (first && mark.start < first.end) cuts.add(first.end);
  }
  const places = [...cuts].filter((cut) => cut >= piece.start && cut <= piece.end).sort((a, b) => a - b);
  return places.slice(1).map((end, index) => {
    const start = places[index];
    const over = marks.filter((mark) => mark.start < end && start < mark.end);
    return { start, end, marks: over, starting: over.filter((mark) => mark.start === start) };
  });
}

/** @param {Mark[]} marks @returns {Mark | undefined} the shortest; among equals a person's before a suggestion */
export function innermost(marks) {
  const length = (/** @type {Mark} */ mark) => (mark.end - mark.start) * 2 + (mark.suggested ? 1 : 0);
  return [...marks].sort((one, other) => length(one) - length(other))[0];
}

/** Letters that are twice as wide as others: East Asian writing and emoji. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\ud83c-\ud83e]/g;

/** Tags further apart than this never touch. */
const ROOM = 60;

/**
 * How many narrow letters a tag may take before it meets the next one.
 *
 * @param {string} text
 * @param {Mark[]} marks in reading order
 * @returns {Map<number, number>} by the start of the mark; those with enough room are left out
 */
export function measureRooms(text, marks) {
  const rooms = new Map();
  for (let at = 0; at + 1 < marks.length; at += 1) {
    const start = marks[at].start;
    const next = marks[at + 1].start;
    if (next === start || next - start > ROOM) continue;
    const between = text.slice(start, next);
    if (!between.includes("\n")) rooms.set(start, between.length + (between.match(WIDE)?.length ?? 0) - 0.5);
  }
  return rooms;
}
