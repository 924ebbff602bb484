// A text whose words are coloured, read word by word with the keyboard too. Text enters through textContent only.

import { Editing } from "./editing.js";
import { Marking } from "./marking.js";
import { Picking } from "./picking.js";

/**
 * @typedef {{text: string, word?: number, marks?: number[]}} Piece
 * @typedef {{id: string, name: string, kind: "chosen" | "other" | "new" | "gone" | "evidence" | "none"}} Mark
 * @typedef {{mode: "pick" | "edit" | "mark", pieces: Piece[], words: [number, string, boolean][], marks: Mark[],
 *   summary: string, scale: [string, string] | null, disabled: boolean, canUndo: boolean}} Data
 * @typedef {{state: (name: string, value: unknown) => void, trigger: (name: string, value: unknown) => void}} Send
 * @typedef {{
 *   activate(word: number | null, marks: number[]): void, key(event: KeyboardEvent, word: number): boolean,
 *   drawn(): void, bar: HTMLElement | null, hint: string, isBusy: boolean,
 * }} Mode  What clicks and keys do: `key` says whether it used the key, `drawn` is told after each repaint. While it
 *   `isBusy` (somebody types), nothing is painted over.
 */

/** @type {WeakMap<ParentNode, View>} */
const live = new WeakMap();

/** @param {string} name @param {string} [className] @returns {HTMLElement} */
export function make(name, className = "") {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

export class View {
  /** @param {Element} frame */
  constructor(frame) {
    this.text = make("div", "view");
    this.tip = make("div", "tip");
    this.said = make("div", "said");
    this.scale = make("div", "scale");
    /** @type {HTMLElement[][]} elements of each word */
    this.words = [];
    this.at = -1;
    /** @type {Mode | null} */
    this.mode = null;
    /** @type {Data | null} */
    this.data = null;
    /** @type {Send} */
    this.send = { state: () => {}, trigger: () => {} };
    this.#arrange(frame);
    this.#listen();
  }

  /** @param {Element} frame */
  #arrange(frame) {
    this.bar = make("div", "bar");
    this.text.tabIndex = 0;
    this.text.setAttribute("role", "application");
    this.text.setAttribute("aria-roledescription", "text with reasons");
    this.said.setAttribute("role", "status");
    this.tip.setAttribute("aria-hidden", "true");
    this.tip.hidden = true;
    frame.replaceChildren(this.bar, this.text, this.scale, this.tip, this.said);
  }

  #listen() {
    this.text.addEventListener("pointerover", (event) => this.#show(this.wordAt(event.target)));
    this.text.addEventListener("pointerleave", () => this.#show(this.#isFocused() ? this.at : -1));
    this.text.addEventListener("scroll", () => this.#show(-1));
    this.text.addEventListener("click", (event) => this.#click(event.target));
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("focus", () => this.moveTo(Math.max(this.at, 0), true));
    this.text.addEventListener("blur", () => this.#leave());
  }

  /** @param {Data} data @param {Send} send */
  update(data, send) {
    this.send = send;
    const isNew = this.data?.mode !== data.mode;
    this.data = data;
    if (isNew) {
      this.mode = data.mode === "pick" ? new Picking(this) : data.mode === "edit" ? new Editing(this) : new Marking(this);
      this.bar?.replaceChildren(...(this.mode.bar ? [this.mode.bar] : []));
    }
    this.text.setAttribute("aria-label", `${data.summary} ${this.mode?.hint ?? ""}`);
    if (!this.mode?.isBusy) this.draw();
  }

  draw() {
    const data = /** @type {Data} */ (this.data);
    this.words = data.words.map(() => []);
    this.text.replaceChildren(...data.pieces.map((piece) => this.#piece(piece, data)));
    this.#drawScale(data.scale);
    this.mode?.drawn();
    if (this.#isFocused()) this.moveTo(this.at);
  }

  /** @param {Piece} piece @param {Data} data */
  #piece(piece, data) {
    const element = make("span");
    element.textContent = piece.text;
    if (piece.marks) this.#mark(element, piece.marks, data.marks);
    if (piece.word === undefined) return element;
    element.classList.add("word");
    element.dataset.word = String(piece.word);
    this.words[piece.word].push(element);
    colour(element, data.words[piece.word]);
    return element;
  }

  /** @param {HTMLElement} element @param {number[]} inside @param {Mark[]} marks */
  #mark(element, inside, marks) {
    element.dataset.marks = inside.join(" ");
    for (const place of inside) element.classList.add(`mark-${marks[place].kind}`);
  }

  /** @param {[string, string] | null} scale */
  #drawScale(scale) {
    this.scale.hidden = !scale;
    if (!scale) return;
    const parts = [scale[0], "", scale[1]].map((name, place) => {
      const part = make("span", place === 1 ? "ramp" : "end");
      part.textContent = name;
      return part;
    });
    this.scale.replaceChildren(...parts);
  }

  /** @param {number} word @param {boolean} [quiet] */
  moveTo(word, quiet = false) {
    if (!this.words.length) return;
    for (const one of this.text.querySelectorAll(".at")) one.classList.remove("at");
    this.at = Math.min(Math.max(word, 0), this.words.length - 1);
    for (const one of this.words[this.at]) one.classList.add("at");
    if (!quiet) this.words[this.at][0]?.scrollIntoView({ block: "nearest" });
    this.#show(this.at);
    this.said.textContent = this.#spoken(this.at);
  }

  #leave() {
    for (const one of this.text.querySelectorAll(".at")) one.classList.remove("at");
    this.#show(-1);
  }

  /** @param {number} word */
  #spoken(word) {
    const first = this.words[word][0];
    const names = placesOf(first).map((place) => this.data?.marks[place].name);
    const what = this.words[word].map((one) => one.textContent).join("");
    return [what, this.data?.words[word][1], ...names.map((name) => `in ${name}`)].filter(Boolean).join(", ");
  }

  /** @param {number} word */
  #show(word) {
    const [first] = this.words[word] ?? [];
    const note = this.data?.words[word]?.[1];
    this.tip.hidden = !first || !note;
    if (!first || !note) return;
    this.tip.textContent = note;
    const frame = /** @type {HTMLElement} */ (this.tip.parentElement).getBoundingClientRect();
    const box = first.getClientRects()[0] ?? first.getBoundingClientRect();
    const room = frame.width - this.tip.offsetWidth;
    this.tip.style.left = `${Math.max(Math.min(box.left - frame.left, room), 0)}px`;
    const above = box.top - frame.top - this.tip.offsetHeight - 2;
    this.tip.style.top = `${above > 0 ? above : box.bottom - frame.top + 2}px`;
  }

  /** @param {EventTarget | null} target @returns {number} -1 for none */
  wordAt(target) {
    const found = target instanceof Element ? target.closest("[data-word]") : null;
    return found instanceof HTMLElement ? Number(found.dataset.word) : -1;
  }

  /** @param {EventTarget | null} target */
  #click(target) {
    if (!(target instanceof HTMLElement) || target.closest("input")) return;
    const word = this.wordAt(target);
    if (word >= 0) this.moveTo(word, true);
    this.mode?.activate(word < 0 ? null : word, placesOf(target));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.text) return;
    const isUsed = this.mode?.key(event, this.at) || this.#move(event.key);
    if (!isUsed) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} key @returns {boolean} whether it moves */
  #move(key) {
    const last = this.words.length - 1;
    /** @type {Record<string, number>} */
    const to = { ArrowRight: this.at + 1, ArrowLeft: this.at - 1, ArrowDown: this.at + 10, ArrowUp: this.at - 10, Home: 0, End: last };
    if (key in to) this.moveTo(to[key]);
    else if (key === "Enter" || key === " ") this.mode?.activate(this.at, placesOf(this.words[this.at]?.[0]));
    else return false;
    return true;
  }

  #isFocused() {
    const root = this.text.getRootNode();
    return root instanceof ShadowRoot && root.activeElement === this.text;
  }
}

/** @param {HTMLElement | undefined} element @returns {number[]} the marks that it lies in */
function placesOf(element) {
  const written = element?.dataset.marks;
  return written ? written.split(" ").map(Number) : [];
}

/** @param {HTMLElement} element @param {[number, string, boolean]} word */
function colour(element, [strength, , isClear]) {
  if (!isClear) element.classList.add("unclear");
  const share = Math.abs(strength);
  if (!share) return;
  element.classList.add(strength > 0 ? "for" : "against");
  element.style.setProperty("--share", `${Math.round(8 + 52 * share)}%`);
  element.style.setProperty("--edge", `${Math.round(20 + 80 * share)}%`);
}

/**
 * @param {{parentElement: ParentNode, data: Data, setStateValue: Send["state"], setTriggerValue: Send["trigger"]}} component
 */
export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  if (!frame) return;
  let view = live.get(parentElement);
  if (!view) live.set(parentElement, (view = new View(frame)));
  view.update(data, { state: setStateValue, trigger: setTriggerValue });
}
