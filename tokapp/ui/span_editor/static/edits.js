/**
 * What a person's action does to the working copy, before the store has answered. Pure functions, UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {{marks: Mark[]}} Work people's spans and open suggestions, in reading order
 * @typedef {"add" | "remove" | "relabel" | "move" | "join" | "accept" | "reject" | "submit" | "undo" | "redo"} Verb
 * @typedef {{verb: Verb, marks: Mark[]}} Action
 * @typedef {{out: Mark[], into: Mark[]}} Step what an action takes out of the working copy, and what it puts in
 */

import { inReadingOrder, nameOf, spread } from "./layout.js";

/** Undo steps that are drawn without waiting for the store; older ones come from the store's answer. */
const STEPS = 500;

/** The working copy with its past and future, so that undo draws at once. A step holds what changed, not the whole. */
export class History {
  /** @param {Mark[]} marks */
  constructor(marks) {
    this.marks = sorted(marks);
    /** @type {Step[]} */
    this.past = [];
    /** @type {Step[]} */
    this.future = [];
  }

  /**
   * Draw an action into the working copy.
   *
   * @param {Action} action
   * @returns {boolean} false where only the store knows the outcome: an undo of something from before this page
   */
  apply(action) {
    if (action.verb === "undo") return this.#goBack();
    if (action.verb === "redo") return this.#goForward();
    if (action.verb === "submit") return this.#forget();
    const step = stepOf(this.marks, action);
    this.past.push(step);
    if (this.past.length > STEPS) this.past.shift();
    this.future = [];
    this.marks = exchange(this.marks, step.out, step.into);
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

  #goBack() {
    const step = this.past.pop();
    if (!step) return false;
    this.future.push(step);
    this.marks = exchange(this.marks, step.into, step.out);
    return true;
  }

  #goForward() {
    const step = this.future.pop();
    if (!step) return false;
    this.past.push(step);
    this.marks = exchange(this.marks, step.out, step.into);
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

/** @param {Mark[]} marks @param {Action} action @returns {Step} */
function stepOf(marks, { verb, marks: about }) {
  const into = persons(putIn(verb, about));
  const gone = new Set(verb === "add" ? [] : about.map(nameOf));
  const come = new Set(into.map(nameOf));
  const out = marks.filter((mark) => gone.has(nameOf(mark)) || come.has(nameOf(mark)));
  return { out, into };
}

/** @param {Verb} verb @param {Mark[]} about @returns {Mark[]} what an action puts in: of pairs the second half, of a join the span with its new pieces' group */
function putIn(verb, about) {
  if (verb === "remove" || verb === "reject") return [];
  if (verb === "relabel" || verb === "move") return about.slice(about.length / 2);
  return verb === "join" ? about.map((mark) => ({ ...mark, group: about[1].group })) : about;
}

/** @param {Mark[]} marks @returns {Mark[]} each once, as a person's */
function persons(marks) {
  const made = marks.map((mark) => ({ ...mark, suggested: false, score: null }));
  return [...new Map(made.map((mark) => [nameOf(mark), mark])).values()];
}

/** @param {Mark[]} marks @param {Mark[]} out @param {Mark[]} into @returns {Mark[]} */
function exchange(marks, out, into) {
  const gone = new Set(out);
  return sorted([...marks.filter((mark) => !gone.has(mark)), ...into]);
}

/** @param {Mark[]} marks @returns {Mark[]} */
function sorted(marks) {
  return [...marks].sort((one, other) => inReadingOrder(one, other) || (nameOf(one) < nameOf(other) ? -1 : 1));
}

/**
 * How many steps can be undone and redone once everything unanswered is done.
 *
 * @param {{verb: string}[]} entries without an answer, oldest first @param {{undo: number, redo: number}} stored as the store says
 */
export function stepsLeft(entries, { undo, redo }) {
  for (const { verb } of entries) {
    if (verb === "undo") [undo, redo] = [undo - 1, redo + 1];
    else if (verb === "redo") [undo, redo] = [undo + 1, redo - 1];
    else [undo, redo] = [undo + 1, 0];
  }
  return { undo, redo };
}

/** @param {Mark[]} one @param {Mark[]} other both sorted */
export function sameMarks(one, other) {
  return one.length === other.length && one.every((mark, at) => nameOf(mark) === nameOf(other[at]));
}
