/**
 * What is known about all marks at once: which ones meet a place, their lanes, and the room of their tags.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 */

import { numberGroups } from "./groups.js";
import { assignLanes, innermost, lastStartingBefore, measureRooms, nameOf } from "./layout.js";

export class MarkIndex {
  /** @param {string} text @param {Mark[]} marks in reading order */
  constructor(text, marks) {
    this.marks = marks;
    this.lanes = assignLanes(marks);
    this.rooms = measureRooms(text, marks);
    /** Spans of several pieces have a number each, by their group. */
    this.numbers = numberGroups(marks);
    /** Where the marks up to each one end at the latest: a search to the left may stop there. */
    this.reach = new Uint32Array(marks.length);
    marks.forEach((mark, at) => (this.reach[at] = Math.max(mark.end, at ? this.reach[at - 1] : 0)));
  }

  /** @param {Range} range @returns {Mark[]} those that share at least one character with the range, in reading order */
  over(range) {
    const found = [];
    for (let at = lastStartingBefore(this.marks, range.end); at >= 0 && this.reach[at] > range.start; at -= 1) {
      const mark = this.marks[at];
      if (mark.start < range.end && range.start < mark.end) found.push(mark);
    }
    return found.reverse();
  }

  /** @param {Range} range @returns {Mark[]} the same, the innermost first */
  byDepth(range) {
    return byDepth(this.over(range));
  }

  /** @param {string} name @returns {Mark | undefined} */
  find(name) {
    return this.marks.find((mark) => nameOf(mark) === name);
  }

  /** @param {Mark} mark @returns {string} all that its looks depend on */
  signature(mark) {
    return `${nameOf(mark)}:${mark.score}/${this.lanes.get(nameOf(mark))}/${this.rooms.get(mark.start)}/${this.numbers.get(mark.group ?? "")}`;
  }
}

/** @param {Mark[]} marks @returns {Mark[]} the innermost first */
export function byDepth(marks) {
  const rest = [...marks];
  const ordered = [];
  for (let mark = innermost(rest); mark; mark = innermost(rest)) {
    ordered.push(mark);
    rest.splice(rest.indexOf(mark), 1);
  }
  return ordered;
}
