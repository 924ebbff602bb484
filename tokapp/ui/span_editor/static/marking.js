/**
 * How a person marks: their keys, the unit of the caret, what marks snap to, and whether the model's tokens are shown.
 * Python keeps it for each person. Tokens and matches of the project's pattern come from Python once they are needed.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./units.js").Units} Units
 * @typedef {import("./offsets.js").Offsets} Offsets
 * @typedef {"word" | "character" | "token"} Step
 * @typedef {"off" | "word" | "token" | "pattern"} Snap
 * @typedef {{keys: import("./keys.js").Changes, step: Step, snap: Snap, ticks: boolean}} Preferences
 * @typedef {{preferences: Preferences, hasPattern: boolean, units: Partial<Record<"token" | "pattern", number[] | string | null>>}} Data
 * `units`: starts and ends in code points, or why there are none, or null while they are on their way
 * @typedef {{text: string, words: Range[], offsets: Offsets}} Content
 * @typedef {{ask: (kinds: string[]) => void, save: (preferences: Preferences) => void, changed: () => void, say: (sentence: string) => void}} Port
 */

import { keymap } from "./keys.js";
import { Graphemes, Listed } from "./units.js";

/** A run that is interrupted may lose an answer; after that many questions there is none. */
const TRIES = 3;

/** Milliseconds until units that are on their way are asked for again. */
const PAUSE = 1500;

export class Marking {
  /** @param {Port} port */
  constructor(port) {
    this.port = port;
    /** @type {Preferences} */
    this.preferences = { keys: {}, step: "word", snap: "word", ticks: false };
    this.hasPattern = false;
    this.isSaved = true;
    /** How often what was changed has been sent. */
    this.sent = 0;
    /** @type {Content | null} */
    this.content = null;
    /** @type {Map<string, Range[]>} */
    this.units = new Map();
    /** @type {Map<string, number>} how often each kind was asked for */
    this.asked = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  close() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Another document. @param {Content} content */
  open(content) {
    this.close();
    this.content = content;
    this.units = new Map();
    this.asked = new Map();
  }

  /** @param {Data} data */
  adopt({ preferences, hasPattern, units }) {
    if (hasPattern !== this.hasPattern) {
      this.hasPattern = hasPattern;
      this.port.changed();
    }
    const isNews = JSON.stringify(preferences) !== JSON.stringify(this.preferences);
    if (!isNews) this.isSaved = true;
    else if (this.isSaved) this.#take(preferences);
    else this.#save();
    for (const [kind, answer] of Object.entries(units)) this.#receive(kind, answer);
    this.#need();
  }

  /** @param {Partial<Preferences>} change */
  set(change) {
    this.isSaved = false;
    this.sent = 0;
    this.#take({ ...this.preferences, ...change });
    this.#save();
    this.#need();
  }

  #save() {
    if (this.sent < TRIES) this.port.save(this.preferences);
    this.sent += 1;
  }

  /** After a lost connection. */
  saveAgain() {
    this.sent = 0;
    if (!this.isSaved) this.#save();
  }

  /** @param {Step} kind @returns {Units | null} null while Python is asked for it */
  unitsOf(kind) {
    if (!this.content) return null;
    if (kind === "character") return new Graphemes(this.content.text);
    if (kind === "word") return new Listed(this.content.words);
    const found = this.units.get("token");
    if (!found) this.#ask(["token"]);
    return found?.length ? new Listed(found) : null;
  }

  /** @returns {Range[]} whole ones are marked; none where every character may be an edge */
  get pieces() {
    const { snap } = this.preferences;
    if (snap === "off") return [];
    if (snap === "word") return this.content?.words ?? [];
    return this.units.get(snap) ?? [];
  }

  /** Whether something that these preferences need is on its way; marks snap to it only once it is here. */
  get isWaiting() {
    return this.#missing().length > 0;
  }

  /** @returns {Range[]} */
  get ticks() {
    return this.preferences.ticks ? this.units.get("token") ?? [] : [];
  }

  /** @param {Preferences} preferences */
  #take(preferences) {
    this.preferences = preferences;
    keymap.change(preferences.keys);
    this.port.changed();
  }

  #need() {
    const missing = this.#missing();
    this.#ask(missing);
    if (missing.length) this.port.changed();
  }

  /** @returns {string[]} kinds of units that the preferences need and that are not here */
  #missing() {
    const { step, snap, ticks } = this.preferences;
    const kinds = [];
    if (step === "token" || snap === "token" || ticks) kinds.push("token");
    if (snap === "pattern" && this.hasPattern) kinds.push("pattern");
    return kinds.filter((kind) => !this.units.has(kind));
  }

  /** @param {string[]} kinds */
  #ask(kinds) {
    const open = kinds.filter((kind) => (this.asked.get(kind) ?? 0) < TRIES);
    for (const kind of open) this.asked.set(kind, (this.asked.get(kind) ?? 0) + 1);
    if (open.length) this.port.ask(open);
  }

  /** @param {string} kind @param {number[] | string | null} answer */
  #receive(kind, answer) {
    if (!this.content) return;
    if (answer === null) return this.#wait(kind);
    if (typeof answer === "string") this.port.say(answer);
    this.units.set(kind, typeof answer === "string" ? [] : rangesOf(answer, this.content.offsets));
    this.port.changed();
  }

  /** Ask by the clock from now on: an answer that is the same as the one before never arrives. @param {string} kind */
  #wait(kind) {
    if (this.timer === undefined) this.port.say("the model's tokens are on their way");
    this.asked.set(kind, TRIES);
    this.port.changed();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.units.has(kind)) return;
      this.port.ask([kind]);
      this.#wait(kind);
    }, PAUSE);
  }
}

/** @param {number[]} flat starts and ends in code points @param {Offsets} offsets @returns {Range[]} */
export function rangesOf(flat, offsets) {
  const ranges = [];
  for (let at = 0; at + 1 < flat.length; at += 2) ranges.push({ start: offsets.toUnit(flat[at]), end: offsets.toUnit(flat[at + 1]) });
  return ranges;
}
