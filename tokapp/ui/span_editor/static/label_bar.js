/**
 * The labels: which one marks, its colour, its pattern and its key. A radio group with one tab stop. Of more labels than
 * find room those used last have a button; the others are in the palette.
 *
 * @typedef {{name: string, color: string, light: string, dark: string, key: string, description: string, group?: string}} Label
 */

import { make } from "./elements.js";
import { takeSlot } from "./find_label.js";
import { isTaken } from "./keys.js";
import { dress, paintSign } from "./patterns.js";
import { keepRecent, recentLabels } from "./recent.js";

/** Labels that all have a button; of more, one button fewer, and one for the palette. */
export const ROOM = 10;

export class LabelBar {
  /** @param {HTMLElement} host @param {HTMLElement} more opens the palette @param {(index: number) => void} onPick */
  constructor(host, more, onPick) {
    this.host = host;
    this.more = more;
    this.onPick = onPick;
    this.active = 0;
    /** @type {Label[]} */
    this.labels = [];
    /** @type {number[]} the labels that have a button */
    this.slots = [];
    this.disabled = false;
    host.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** @param {Label[]} labels @param {boolean} disabled */
  draw(labels, disabled) {
    this.labels = labels;
    this.disabled = disabled;
    this.active = Math.min(this.active, Math.max(labels.length - 1, 0));
    this.slots = labels.map((_, index) => index);
    if (labels.length > ROOM) {
      const used = this.#used();
      this.slots = [...used, ...this.slots.filter((index) => !used.includes(index))].slice(0, ROOM - 1).sort((one, other) => one - other);
      this.active = this.slots.includes(this.active) ? this.active : this.slots[0];
    }
    this.more.hidden = labels.length <= ROOM;
    /** @type {HTMLElement} */ (this.more.querySelector(".name")).textContent = `All ${labels.length}`;
    this.#fill();
  }

  /** @param {number} index */
  pick(index) {
    this.active = index;
    const slots = takeSlot(this.slots, index, this.#used());
    const name = this.labels[index]?.name;
    if (name !== undefined) keepRecent(name);
    if (slots !== this.slots) {
      this.slots = slots;
      this.#fill();
    } else this.#check();
  }

  #fill() {
    this.host.replaceChildren(...this.slots.map((index) => this.#chip(this.labels[index], index)));
    this.#check();
  }

  #check() {
    this.slots.forEach((index, at) => {
      this.host.children[at]?.setAttribute("aria-checked", String(index === this.active));
      this.host.children[at]?.setAttribute("tabindex", index === this.active ? "0" : "-1");
    });
  }

  /** @returns {number[]} the labels of this task that were used last, the newest first */
  #used() {
    return recentLabels().map((name) => this.labels.findIndex((label) => label.name === name)).filter((index) => index >= 0);
  }

  /** @param {Label} label @param {number} index */
  #chip(label, index) {
    const chip = /** @type {HTMLButtonElement} */ (make("button", "chip"));
    chip.type = "button";
    chip.disabled = this.disabled;
    chip.setAttribute("role", "radio");
    chip.title = label.description;
    dress(chip, index);
    chip.append(paintSign(make("span", "sign"), index, 12), make("span", "name", label.name));
    const key = keyOf(label, index);
    if (key) chip.append(make("kbd", "", key));
    chip.addEventListener("click", () => this.onPick(index));
    return chip;
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const count = this.slots.length;
    if (!step || !count) return;
    event.preventDefault();
    const at = (this.slots.indexOf(this.active) + step + count) % count;
    this.onPick(this.slots[at]);
    /** @type {HTMLElement} */ (this.host.children[at]).focus();
  }
}

/** @param {Label} label @param {number} index @returns {string} its own key, else its number, else none */
export function keyOf(label, index) {
  if (label.key && !isTaken(label.key)) return label.key;
  return index < 9 ? String(index + 1) : "";
}
