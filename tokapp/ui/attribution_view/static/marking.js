// Choosing words, by click, drag or key, and saying whether they are evidence for the decision; Python keeps that.

import { button } from "./editing.js";
import { make } from "./attribution_view.js";

/**
 * @typedef {import("./attribution_view.js").View} View
 * @typedef {"evidence" | "none" | "clear" | "undo"} Act
 */

/** @type {Record<string, Act>} */
const KEYS = { e: "evidence", n: "none", Delete: "clear", Backspace: "clear" };

export class Marking {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.isBusy = false;
    this.hint =
      "Arrow keys move, Space chooses a word, Shift with an arrow key chooses more, E marks evidence, " +
      "N no evidence, Delete clears, Control Z undoes.";
    /** @type {Set<number>} */
    this.chosen = new Set();
    this.from = -1;
    this.isDragged = false;
    this.buttons = {
      evidence: button("Evidence", () => this.act("evidence")),
      none: button("Not evidence", () => this.act("none")),
      clear: button("Clear", () => this.act("clear")),
      undo: button("Undo", () => this.act("undo")),
    };
    this.bar = make("div", "buttons");
    this.bar.append(...Object.values(this.buttons));
    this.bar.addEventListener("click", () => this.view.text.focus());
    view.text.classList.add("marking");
    view.text.addEventListener("pointerdown", (event) => this.#begin(event));
    view.text.addEventListener("pointerover", (event) => this.#drag(event));
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    this.from = this.view.wordAt(event.target);
    this.isDragged = false;
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const to = this.view.wordAt(event.target);
    if (event.buttons !== 1 || this.from < 0 || to < 0 || to === this.from || this.view.data?.mode !== "mark") return;
    this.isDragged = true;
    this.chosen = new Set();
    this.#choose(this.from, to);
    this.drawn();
  }

  /** @param {number} from @param {number} to */
  #choose(from, to) {
    for (let word = Math.min(from, to); word <= Math.max(from, to); word += 1) this.chosen.add(word);
  }

  /** @param {number | null} word */
  activate(word) {
    if (this.isDragged || word === null) this.isDragged = false;
    else if (!this.chosen.delete(word)) this.chosen.add(word);
    this.drawn();
  }

  /** @param {KeyboardEvent} event @param {number} word @returns {boolean} */
  key(event, word) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (event.shiftKey && step) this.#extend(word, step);
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.act("undo");
    else if (event.key === "Escape" && this.chosen.size) this.#forget();
    else if (event.key in KEYS && !event.ctrlKey && !event.metaKey && !event.altKey) this.act(KEYS[event.key]);
    else return false;
    return true;
  }

  /** @param {number} word @param {number} step */
  #extend(word, step) {
    this.view.moveTo(word + step);
    this.#choose(word, this.view.at);
    this.drawn();
  }

  #forget() {
    this.chosen = new Set();
    this.drawn();
  }

  /** @param {Act} act */
  act(act) {
    const data = this.view.data;
    const words = this.chosen.size ? [...this.chosen] : this.view.at < 0 ? [] : [this.view.at];
    if (!data || data.disabled || (act === "undo" ? !data.canUndo : !words.length)) return;
    this.view.send.trigger("act", { act, words: act === "undo" ? [] : words.sort((one, other) => one - other) });
    this.#forget();
  }

  drawn() {
    this.view.words.forEach((elements, word) => {
      for (const one of elements) one.classList.toggle("taken", this.chosen.has(word));
    });
    const data = this.view.data;
    const isOff = !data || data.disabled;
    const { evidence, none, clear, undo } = this.buttons;
    evidence.disabled = none.disabled = clear.disabled = isOff || (!this.chosen.size && this.view.at < 0);
    undo.disabled = isOff || !data.canUndo;
  }
}
