// Striking words and typing others in their place: drawn at once, then told to Python, which reads the changed text.

import { make } from "./attribution_view.js";

/**
 * @typedef {import("./attribution_view.js").View} View
 * @typedef {Map<number, string>} Edits  What stands in place of a word: nothing where it is struck.
 */

export class Editing {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    /** @type {Edits[]} */
    this.past = [];
    /** @type {Edits} */
    this.edits = new Map();
    this.isBusy = false;
    this.hint = "Arrow keys move, Delete strikes the word, Enter types another in its place, Control Z undoes.";
    this.buttons = {
      strike: button("Strike", () => this.strike(this.view.at)),
      type: button("Type another", () => this.open(this.view.at)),
      undo: button("Undo", () => this.undo()),
      reset: button("Reset", () => this.#change(new Map())),
    };
    this.bar = make("div", "buttons");
    this.bar.append(...Object.values(this.buttons));
  }

  /** @param {number | null} word */
  activate(word) {
    if (word === null) return;
    const isSame = this.chosen === word;
    this.chosen = word;
    if (isSame) this.open(word);
    else this.#enable();
  }

  /** @param {KeyboardEvent} event @param {number} word @returns {boolean} */
  key(event, word) {
    if (event.key === "Delete" || event.key === "Backspace") this.strike(word);
    else if (event.key === "Enter") this.open(word);
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.undo();
    else return false;
    return true;
  }

  /** @param {number} word */
  strike(word) {
    if (word < 0 || this.view.data?.disabled) return;
    const next = new Map(this.edits);
    if (next.get(word) === "") next.delete(word);
    else next.set(word, "");
    this.#change(next);
  }

  /** @param {number} word */
  open(word) {
    const [first] = this.view.words[word] ?? [];
    if (!first || this.view.data?.disabled) return;
    const input = document.createElement("input");
    input.setAttribute("aria-label", `In place of ${this.#original(word)}`);
    input.maxLength = 200;
    input.value = this.edits.get(word) || this.#original(word);
    input.size = Math.max(input.value.length, 6);
    this.#answer(input, word);
    this.isBusy = true;
    first.replaceChildren(input);
    input.focus();
    input.select();
  }

  /** @param {HTMLInputElement} input @param {number} word */
  #answer(input, word) {
    let isDone = false;
    const end = (/** @type {boolean} */ isKept) => {
      if (isDone) return;
      isDone = true;
      this.isBusy = false;
      if (isKept) this.type(word, input.value);
      else this.view.draw();
    };
    input.addEventListener("blur", () => end(true));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      end(event.key === "Enter");
      this.view.text.focus();
    });
  }

  /** @param {number} word @param {string} written */
  type(word, written) {
    const value = written.replace(/\s+/gu, " ").trim();
    const next = new Map(this.edits);
    if (value === this.#original(word)) next.delete(word);
    else next.set(word, value);
    this.#change(next);
  }

  undo() {
    const before = this.past.pop();
    if (before) this.#apply(before);
  }

  /** @param {Edits} next */
  #change(next) {
    const isSame = next.size === this.edits.size && [...next].every(([word, value]) => this.edits.get(word) === value);
    if (isSame) return this.view.draw();
    this.past.push(this.edits);
    this.#apply(next);
  }

  /** @param {Edits} next */
  #apply(next) {
    this.edits = next;
    this.view.draw();
    this.view.send.state("edits", [...next].sort(([one], [other]) => one - other));
  }

  drawn() {
    for (const [word, value] of this.edits) this.#show(word, value);
    this.#enable();
  }

  /** @param {number} word @param {string} value */
  #show(word, value) {
    const [first, ...rest] = this.view.words[word] ?? [];
    if (!first) return;
    for (const one of [first, ...rest]) one.classList.add(value ? "typed" : "struck");
    if (!value) return;
    first.title = `was: ${this.#original(word)}`;
    first.textContent = value;
    for (const one of rest) one.textContent = "";
  }

  #enable() {
    const isOff = Boolean(this.view.data?.disabled);
    this.buttons.strike.disabled = this.buttons.type.disabled = isOff || this.view.at < 0;
    this.buttons.undo.disabled = isOff || !this.past.length;
    this.buttons.reset.disabled = isOff || !this.edits.size;
  }

  /** @param {number} word */
  #original(word) {
    const pieces = this.view.data?.pieces ?? [];
    return pieces.filter((piece) => piece.word === word).map((piece) => piece.text).join("");
  }
}

/** @param {string} name @param {() => void} run @returns {HTMLButtonElement} */
export function button(name, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  made.addEventListener("pointerdown", (event) => event.preventDefault()); // the word keeps the focus
  made.addEventListener("click", run);
  return made;
}
