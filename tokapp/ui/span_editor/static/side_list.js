/**
 * The spans as a plain list in reading order: the same actions as in the text, for everybody who does not see or point.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {{
 *   accept: (marks: Mark[]) => void, reject: (marks: Mark[]) => void, remove: (mark: Mark) => void,
 *   open: (mark: Mark, from: HTMLElement) => void, point: (name: string) => void
 * }} Actions
 */

import { percent } from "./atoms.js";
import { button, make, part, shorten } from "./elements.js";
import { nameOf } from "./layout.js";

export class SideList {
  /** @param {HTMLElement} host @param {Actions} actions */
  constructor(host, actions) {
    this.host = host;
    this.actions = actions;
    this.list = part(host, "list");
    this.count = part(host, "count");
    this.bulk = part(host, "bulk");
    /** @type {Mark[]} */
    this.suggestions = [];
    /** @type {Map<string, HTMLElement>} */
    this.items = new Map();
    this.bulk.append(
      button("Accept all", "", () => actions.accept(this.suggestions), "plain"),
      button("Reject all", "", () => actions.reject(this.suggestions), "plain"),
    );
  }

  clear() {
    this.items.clear();
    this.list.replaceChildren();
  }

  /** @param {Mark[]} marks in reading order @param {string} text @param {(mark: Mark) => number} hueOf @param {boolean} disabled */
  draw(marks, text, hueOf, disabled) {
    this.suggestions = marks.filter((mark) => mark.suggested);
    this.count.textContent = describe(marks.length - this.suggestions.length, this.suggestions.length);
    this.bulk.hidden = disabled || this.suggestions.length < 2;
    this.host.classList.toggle("empty", marks.length === 0);
    const names = new Set(marks.map(nameOf));
    for (const [name, item] of this.items) {
      if (names.has(name)) continue;
      item.remove();
      this.items.delete(name);
    }
    let place = this.list.firstElementChild;
    for (const mark of marks) {
      const item = this.items.get(nameOf(mark)) ?? this.#item(mark, text, hueOf(mark), disabled);
      if (item === place) place = place.nextElementSibling;
      else this.list.insertBefore(item, place);
    }
  }

  /** @param {Mark} mark @param {string} text @param {number} hue @param {boolean} disabled */
  #item(mark, text, hue, disabled) {
    const item = make("li", mark.suggested ? "item suggested" : "item");
    item.style.setProperty("--hue", `var(--hue-${hue})`);
    item.style.setProperty("--line", `var(--line-${hue})`);
    const surface = shorten(text.slice(mark.start, mark.end), 48);
    const words = button("", "", () => this.actions.open(mark, words), "words");
    words.append(make("span", "surface", surface), make("span", "of", about(mark)));
    words.querySelector(".surface")?.setAttribute("dir", "auto");
    words.setAttribute("aria-label", `${surface}, ${about(mark)}${mark.suggested ? ", suggested" : ""}: show`);
    item.append(words);
    if (!disabled) item.append(...this.#buttons(mark, surface));
    item.addEventListener("pointerenter", () => this.actions.point(nameOf(mark)));
    item.addEventListener("pointerleave", () => this.actions.point(""));
    this.items.set(nameOf(mark), item);
    return item;
  }

  /** @param {Mark} mark @param {string} surface */
  #buttons(mark, surface) {
    if (!mark.suggested) return [button("×", `Remove ${surface}`, () => this.actions.remove(mark), "icon")];
    return [
      button("✓", `Accept ${surface}`, () => this.actions.accept([mark]), "icon yes"),
      button("×", `Reject ${surface}`, () => this.actions.reject([mark]), "icon"),
    ];
  }
}

/** @param {Mark} mark @returns {string} `feature 87 %` */
export function about(mark) {
  return mark.score === null ? mark.label : `${mark.label} ${percent(mark.score)}`;
}

/** @param {number} marked @param {number} suggested */
function describe(marked, suggested) {
  const parts = [];
  if (marked || !suggested) parts.push(`${marked} marked`);
  if (suggested) parts.push(`${suggested} suggested`);
  return parts.join(" · ");
}
