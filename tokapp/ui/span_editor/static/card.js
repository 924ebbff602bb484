/**
 * The card of one span: relabel, accept or reject, remove, explain. It floats in the top layer, so nothing moves.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./label_bar.js").Label} Label
 * @typedef {{
 *   relabel: (mark: Mark, label: string) => void, accept: (marks: Mark[]) => void, reject: (marks: Mark[]) => void,
 *   remove: (mark: Mark) => void, explain: (mark: Mark) => void, comment: (mark: Mark) => void, closed: () => void, rectOf: (mark: Mark) => DOMRect | null
 * }} Actions
 */

import { button, make, shorten } from "./elements.js";
import { keymap } from "./keys.js";
import { keyOf } from "./label_bar.js";
import { nameOf } from "./layout.js";
import { about } from "./side_list.js";

export class Card {
  /** @param {HTMLElement} host @param {Actions} actions */
  constructor(host, actions) {
    this.host = host;
    this.actions = actions;
    /** @type {Mark | null} */
    this.mark = null;
    this.away = (/** @type {Event} */ event) => {
      if (this.mark && !event.composedPath().includes(this.host)) this.close(false);
    };
    this.follow = () => this.#place();
    document.addEventListener("pointerdown", this.away, true);
    document.addEventListener("scroll", this.follow, true);
    window.addEventListener("resize", this.follow);
  }

  dispose() {
    document.removeEventListener("pointerdown", this.away, true);
    document.removeEventListener("scroll", this.follow, true);
    window.removeEventListener("resize", this.follow);
  }

  /** @param {Mark} mark @param {string} text @param {Label[]} labels @param {{disabled: boolean, canExplain: boolean, canComment: boolean}} may @param {boolean} takeFocus */
  open(mark, text, labels, may, takeFocus) {
    this.mark = mark;
    const surface = shorten(text.slice(mark.start, mark.end), 40);
    const title = make("div", "title");
    title.append(make("q", "surface", surface), make("span", "of", about(mark) + (mark.suggested ? ", suggested" : "")));
    title.querySelector("q")?.setAttribute("dir", "auto");
    this.host.replaceChildren(title);
    if (!may.disabled) this.host.append(this.#decisions(mark), this.#labels(mark, labels));
    if (may.canExplain) this.host.append(button("Why? Show the words that speak for it", "", () => this.actions.explain(mark), "plain why"));
    if (may.canComment) this.host.append(button("Comment on it", "", () => this.#then(() => this.actions.comment(mark)), "plain why"));
    this.host.setAttribute("aria-label", `Span ${surface}`);
    this.host.dataset.name = nameOf(mark);
    this.host.showPopover();
    this.#place();
    if (takeFocus) this.host.querySelector("button")?.focus();
  }

  /** @param {boolean} [giveBack] whether the text gets the focus */
  close(giveBack = true) {
    if (!this.mark) return;
    this.mark = null;
    this.host.hidePopover();
    if (giveBack) this.actions.closed();
  }

  /** @param {Mark} mark */
  #decisions(mark) {
    const row = make("div", "row");
    const withKey = (/** @type {HTMLElement} */ element, /** @type {string} */ key) => {
      element.append(make("kbd", "", key));
      return element;
    };
    if (mark.suggested) {
      row.append(withKey(button("Accept", "", () => this.#then(() => this.actions.accept([mark])), "main"), keymap.shown("accept")));
      row.append(withKey(button("Reject", "", () => this.#then(() => this.actions.reject([mark])), "quiet"), keymap.shown("reject")));
    } else {
      row.append(withKey(button("Remove", "", () => this.#then(() => this.actions.remove(mark)), "quiet"), keymap.shown("remove")));
    }
    return row;
  }

  /** @param {Mark} mark @param {Label[]} labels */
  #labels(mark, labels) {
    const row = make("div", "row others");
    labels.forEach((label, index) => {
      if (label.name === mark.label) return;
      const change = button("", `Change to ${label.name}`, () => this.#then(() => this.actions.relabel(mark, label.name)), "chip");
      change.style.setProperty("--hue", `var(--hue-${index})`);
      change.style.setProperty("--line", `var(--line-${index})`);
      change.append(make("span", "swatch"), make("span", "name", label.name), make("kbd", "", keyOf(label, index)));
      row.append(change);
    });
    return row;
  }

  /** @param {() => void} act */
  #then(act) {
    this.close();
    act();
  }

  #place() {
    if (!this.mark) return;
    const anchor = this.actions.rectOf(this.mark);
    if (!anchor) return;
    const { width, height } = this.host.getBoundingClientRect();
    const left = Math.max(8, Math.min(anchor.left, window.innerWidth - width - 8));
    const below = anchor.bottom + 26; // the handles hang between
    const top = below + height > window.innerHeight - 8 ? Math.max(8, anchor.top - height - 8) : below;
    this.host.style.left = `${left}px`;
    this.host.style.top = `${top}px`;
  }
}
