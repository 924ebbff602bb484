/**
 * The palette of labels: type a part of the name, choose with the arrows, mark with Enter. A combobox with a list.
 *
 * @typedef {import("./label_bar.js").Label} Label
 */

import { make } from "./elements.js";
import { findLabels } from "./find_label.js";
import { keyOf } from "./label_bar.js";
import { paintSign } from "./patterns.js";
import { recentLabels } from "./recent.js";

export class Palette {
  /** @param {HTMLElement} host @param {{closed: () => void}} actions */
  constructor(host, actions) {
    this.host = host;
    this.actions = actions;
    /** @type {Label[]} */
    this.labels = [];
    /** @type {(index: number) => void} */
    this.choose = () => {};
    /** @type {HTMLElement[]} */
    this.options = [];
    this.at = 0;
    this.input = /** @type {HTMLInputElement} */ (host.querySelector("input"));
    this.list = /** @type {HTMLElement} */ (host.querySelector("[role=listbox]"));
    this.input.addEventListener("input", () => this.#draw());
    host.addEventListener("keydown", (event) => this.#press(event));
    this.away = (/** @type {Event} */ event) => {
      if (this.isOpen && !event.composedPath().includes(host)) this.close(false);
    };
    document.addEventListener("pointerdown", this.away, true);
  }

  dispose() {
    document.removeEventListener("pointerdown", this.away, true);
  }

  get isOpen() {
    return this.host.matches(":popover-open");
  }

  /** @param {Label[]} labels @param {DOMRect} anchor @param {(index: number) => void} choose */
  open(labels, anchor, choose) {
    this.labels = labels;
    this.choose = choose;
    this.input.value = "";
    this.host.showPopover();
    this.#draw();
    const { width, height } = this.host.getBoundingClientRect();
    this.host.style.left = `${Math.max(8, Math.min(anchor.left, window.innerWidth - width - 8))}px`;
    const below = anchor.bottom + 6;
    this.host.style.top = `${below + height > window.innerHeight - 8 ? Math.max(8, anchor.top - height - 6) : below}px`;
    this.input.focus();
  }

  /** @param {boolean} [giveBack] whether the text gets the focus */
  close(giveBack = true) {
    if (!this.isOpen) return;
    this.host.hidePopover();
    if (giveBack) this.actions.closed();
  }

  #draw() {
    this.options = [];
    const parts = [];
    for (const { title, items } of findLabels(this.labels, this.input.value, recentLabels())) {
      if (title) parts.push(Object.assign(make("li", "title", title), { role: "presentation" }));
      for (const index of items) parts.push(this.#option(index));
    }
    if (!this.options.length) parts.push(Object.assign(make("li", "title", "No label fits."), { role: "presentation" }));
    this.list.replaceChildren(...parts);
    this.#point(0);
  }

  /** @param {number} index */
  #option(index) {
    const label = this.labels[index];
    const option = make("li", "option");
    option.id = `label-option-${this.options.length}`;
    option.setAttribute("role", "option");
    option.append(paintSign(make("span", "sign"), index, 12), make("span", "name", label.name));
    if (label.description) option.append(make("span", "meaning", label.description));
    const key = keyOf(label, index);
    if (key) option.append(make("kbd", "", key));
    option.addEventListener("click", () => this.#take(index));
    option.dataset.index = String(index);
    this.options.push(option);
    return option;
  }

  /** @param {number} at */
  #point(at) {
    this.options[this.at]?.setAttribute("aria-selected", "false");
    this.at = Math.max(0, Math.min(at, this.options.length - 1));
    const option = this.options[this.at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option?.id ?? "");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    event.stopPropagation(); // neither the editor nor Streamlit acts on what is typed here
    const last = this.options.length - 1;
    const to = { ArrowDown: this.at === last ? 0 : this.at + 1, ArrowUp: this.at === 0 ? last : this.at - 1, PageDown: this.at + 8, PageUp: this.at - 8 }[event.key];
    if (to !== undefined) this.#point(to);
    else if (event.key === "Enter" && this.options[this.at]) this.#take(Number(this.options[this.at].dataset.index));
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
  }

  /** @param {number} index */
  #take(index) {
    this.close();
    this.choose(index);
  }
}
