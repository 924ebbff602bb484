/**
 * What a person's action does to the working copy, before the store has answered. Pure functions, UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {{marks: Mark[]}} Work people's spans and open suggestions, in reading order
 * @typedef {"add" | "remove" | "relabel" | "accept" | "reject" | "submit" | "undo" | "redo"} Verb
 * @typedef {{verb: Verb, marks: Mark[]}} Action
 */

import { inReadingOrder, nameOf, spread } from "./layout.js";

/** Undo steps that are drawn without waiting for the store; older ones come from the store's answer. */
const STEPS = 500;

/** The working copy with its past and future, so that undo draws at once. */
export class History {
  /** @param {Mark[]} marks */
  constructor(marks) {
    this.marks = sorted(marks);
    /** @type {Mark[][]} */
    this.past = [];
    /** @type {Mark[][]} */
    this.future = [];
  }

  /**
   * Draw an action into the working copy.
   *
   * @param {Action} action
   * @returns {boolean} false where only the store knows the outcome: an undo of something from before this page
   */
  apply(action) {
    if (action.verb === "undo") return this.#step(this.past, this.future);
    if (action.verb === "redo") return this.#step(this.future, this.past);
    if (action.verb === "submit") return this.#forget();
    this.past.push(this.marks);
    if (this.past.length > STEPS) this.past.shift();
    this.future = [];
    this.marks = sorted(outcome(this.marks, action));
    return true;
  }

  /** Take what the store says; a difference ends the local past. @param {Mark[]} marks @param {boolean} isContinued */
  adopt(marks, isContinued) {
    const ordered = sorted(marks);
    if (isContinued && sameMarks(visible(this.marks), ordered)) return;
    this.marks = ordered;
    this.#forget();
  }

  /** A submission is a step of the store alone: what an undo after it shows, only the store knows. */
  #forget() {
    this.past = [];
    this.future = [];
    return true;
  }

  /** @param {Mark[][]} from @param {Mark[][]} to */
  #step(from, to) {
    const marks = from.pop();
    if (!marks) return false;
    to.push(this.marks);
    this.marks = marks;
    return true;
  }
}

/**
 * What is shown: a person's span covers the suggestion at the same place and those of its label that it overlaps. They
 * stay in the working copy, since they come back when the person's span goes.
 *
 * @param {Mark[]} marks @returns {Mark[]}
 */
export function visible(marks) {
  const persons = marks.filter((mark) => !mark.suggested);
  const byPlace = new Set(persons.map((mark) => `${mark.start}:${mark.end}`));
  const open = marks.filter((mark) => mark.suggested && !byPlace.has(`${mark.start}:${mark.end}`));
  const covering = spread(open, persons);
  const shown = new Set(open.filter((mark, at) => !covering[at].some((person) => person.label === mark.label)));
  return marks.filter((mark) => !mark.suggested || shown.has(mark));
}

/** @param {Mark[]} marks @param {Action} action @returns {Mark[]} */
function outcome(marks, { verb, marks: about }) {
  const named = new Set(about.map(nameOf));
  const others = marks.filter((mark) => !named.has(nameOf(mark)));
  const [before, after] = about;
  switch (verb) {
    case "add":
      return withPersons(marks, about);
    case "relabel":
      return withPersons(marks.filter((mark) => nameOf(mark) !== nameOf(before)), [after]);
    case "accept":
      return withPersons(others, about);
    default: // remove, reject
      return others;
  }
}

/** @param {Mark[]} marks @param {Mark[]} added @returns {Mark[]} */
function withPersons(marks, added) {
  const persons = added.map((mark) => ({ ...mark, suggested: false, score: null }));
  const names = new Set(persons.map(nameOf));
  return [...marks.filter((mark) => !names.has(nameOf(mark))), ...persons];
}

/** @param {Mark[]} marks @returns {Mark[]} */
function sorted(marks) {
  return [...marks].sort((one, other) => inReadingOrder(one, other) || (nameOf(one) < nameOf(other) ? -1 : 1));
}

/** @param {Mark[]} one @param {Mark[]} other both sorted */
export function sameMarks(one, other) {
  return one.length === other.length && one.every((mark, at) => nameOf(mark) === nameOf(other[at]));
}
