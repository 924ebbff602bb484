/**
 * The labels: which one marks, its colour and its key. A radio group with one tab stop.
 *
 * @typedef {{name: string, color: string, key: string, description: string}} Label
 */

import { make } from "./elements.js";
import { isTaken } from "./keys.js";

export class LabelBar {
  /** @param {HTMLElement} host @param {(index: number) => void} onPick */
  constructor(host, onPick) {
    this.host = host;
    this.onPick = onPick;
    this.active = 0;
    host.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** @param {Label[]} labels @param {boolean} disabled */
  draw(labels, disabled) {
    this.active = Math.min(this.active, Math.max(labels.length - 1, 0));
    this.host.replaceChildren(...labels.map((label, index) => this.#chip(label, index, disabled)));
    this.pick(this.active);
  }

  /** @param {number} index */
  pick(index) {
    this.active = index;
    [...this.host.children].forEach((chip, at) => {
      chip.setAttribute("aria-checked", String(at === index));
      chip.setAttribute("tabindex", at === index ? "0" : "-1");
    });
  }

  /** @param {Label} label @param {number} index @param {boolean} disabled */
  #chip(label, index, disabled) {
    const chip = /** @type {HTMLButtonElement} */ (make("button", "chip"));
    chip.type = "button";
    chip.disabled = disabled;
    chip.setAttribute("role", "radio");
    chip.title = label.description;
    chip.style.setProperty("--hue", `var(--hue-${index})`);
    chip.style.setProperty("--line", `var(--line-${index})`);
    chip.append(make("span", "swatch"), make("span", "name", label.name));
    const key = keyOf(label, index);
    if (key) chip.append(make("kbd", "", key));
    chip.addEventListener("click", () => this.onPick(index));
    return chip;
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const count = this.host.children.length;
    if (!step || !count) return;
    event.preventDefault();
    this.onPick((this.active + step + count) % count);
    /** @type {HTMLElement} */ (this.host.children[this.active]).focus();
  }
}

/** @param {Label} label @param {number} index @returns {string} its own key, else its number, else none */
export function keyOf(label, index) {
  if (label.key && !isTaken(label.key)) return label.key;
  return index < 9 ? String(index + 1) : "";
}
