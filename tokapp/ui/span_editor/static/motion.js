/**
 * Where the caret goes by key: by words, characters or tokens, up and down on the screen, and from suggestion to suggestion.
 *
 * @typedef {import("./keyboard.js").Keyboard} Keyboard
 * @typedef {import("./keys.js").Command} Command
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./marking.js").Step} Step
 * @typedef {import("./units.js").Units} Units
 */

import { step, stretch } from "./caret.js";
import { Graphemes, Listed } from "./units.js";

/** @type {Record<string, Step>} the kinds that the arrows go by, with the name of each */
const STEPS = { words: "word", characters: "character", "model tokens": "token" };

export class Motion {
  /** @param {Keyboard} keyboard */
  constructor(keyboard) {
    this.keyboard = keyboard;
    this.editor = keyboard.editor;
  }

  /** Let the arrows go by the next kind. @returns {true} */
  nextStep() {
    const { marking, status } = this.editor;
    const kinds = Object.entries(STEPS);
    const [name, kind] = kinds[(kinds.findIndex(([, one]) => one === marking.preferences.step) + 1) % kinds.length];
    marking.set({ step: kind });
    status.say(`arrows go by ${name}`);
    return true;
  }

  /** @param {Command} command @returns {true} */
  go({ action, extends: isExtending }) {
    const { keyboard } = this;
    const { view, marking, status } = this.editor;
    const kind = action.startsWith("character") ? "character" : action.startsWith("token") ? "token" : marking.preferences.step;
    const units = marking.unitsOf(kind);
    if (!units) {
      status.say(`there are no model tokens here yet`);
      return true;
    }
    const to = keyboard.cursor ? this.#target(action, units, isExtending) ?? keyboard.cursor : units.at(0);
    if (!to) return true;
    this.editor.card.close();
    keyboard.isExact = kind !== "word";
    if (!isExtending) keyboard.editing = null;
    keyboard.select(isExtending && keyboard.anchor ? keyboard.anchor : to, to, "cursor");
    view.scrollTo(to);
    status.say(keyboard.describe(to));
    return true;
  }

  /** @param {string} action @param {Units} units @param {boolean} isExtending @returns {Range | null} */
  #target(action, units, isExtending) {
    const [cursor, anchor] = /** @type {[Range, Range]} */ ([this.keyboard.cursor, this.keyboard.anchor]);
    if (action === "home") return units.at(0);
    if (action === "end") return units.at(this.editor.text.length);
    if (action === "up" || action === "down") return this.#vertical(cursor, action === "up" ? -1 : 1, units);
    const isForward = action.toLowerCase().endsWith("right") !== this.editor.view.isRightToLeft(cursor);
    return isExtending ? stretch(anchor, cursor, units, isForward) : step(cursor, units, isForward);
  }

  /** @param {Range} cursor @param {1 | -1} way @param {Units} units @returns {Range | null} the unit above or below on the screen */
  #vertical(cursor, way, units) {
    const { view } = this.editor;
    const [rect] = view.rectsOf(cursor);
    if (!rect) return null;
    const height = parseFloat(getComputedStyle(view.host).lineHeight) || 40;
    for (const lines of [1, 1.6, 2.2]) {
      const point = { x: rect.left + rect.width / 2, y: rect.top + rect.height / 2 + way * height * lines };
      const found = units instanceof Graphemes ? view.characterAt(point) : units.at(view.words[view.wordAt(point)]?.start ?? cursor.start);
      if (found && Math.sign(found.start - cursor.start) === way) return found;
    }
    let far = cursor; // the neighbour line is off the screen
    for (let count = 0; count < 10; count += 1) far = step(far, units, way > 0) ?? far;
    return far;
  }

  /** To the next or the former suggestion. @param {1 | -1} way @param {boolean} wraps round the ends @returns {boolean} false where there is none that way */
  walk(way, wraps) {
    const { keyboard } = this;
    const { marks, view, status } = this.editor;
    const suggestions = marks.filter((mark) => mark.suggested);
    const from = keyboard.cursor ? keyboard.cursor.start : way > 0 ? -1 : Infinity;
    const ahead = way > 0 ? suggestions.find((mark) => mark.start > from) : suggestions.findLast((mark) => mark.start < from);
    if (!wraps && (keyboard.isLeaving || !ahead || (way < 0 && !keyboard.cursor))) return false;
    const next = ahead ?? (way > 0 ? suggestions[0] : suggestions[suggestions.length - 1]);
    if (!next) {
      status.say("no more suggestions");
      return true;
    }
    const word = new Listed(view.words).at(next.start);
    const first = { start: next.start, end: Math.min(next.end, word && word.end > next.start ? word.end : next.end) };
    keyboard.editing = null;
    keyboard.isExact = false;
    this.editor.card.close();
    keyboard.select(first, first, "cursor");
    view.scrollTo(next);
    status.say(keyboard.describe(first));
    return true;
  }
}
