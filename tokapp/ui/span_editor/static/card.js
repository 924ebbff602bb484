/**
 * The card of one span: relabel, accept or reject, remove, explain. It floats in the top layer, so nothing moves.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./label_bar.js").Label} Label
 * @typedef {{
 *   relabel: (mark: Mark, label: string) => void, accept: (marks: Mark[]) => void, reject: (marks: Mark[]) => void,
 *   remove: (mark: Mark) => void, explain: (mark: Mark) => void, comment: (mark: Mark) => void, many: (mark: Mark) => void,
 *   addPiece: (mark: Mark) => void, removePiece: (mark: Mark) => void, other: (mark: Mark) => void, closed: () => void, rectOf: (mark: Mark) => DOMRect | null
 * }} Actions
 * @typedef {{disabled: boolean, canExplain: boolean, canComment: boolean, canBulk: boolean, canJoin: boolean, pieces: Mark[]}} May `pieces` of the same span
 */

import { button, make } from "./elements.js";
import { surfaceOf } from "./groups.js";
import { keymap } from "./keys.js";
import { keyOf, ROOM } from "./label_bar.js";
import { nameOf } from "./layout.js";
import { dress, paintSign } from "./patterns.js";
import { recentLabels } from "./recent.js";
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

  /** @param {Mark} mark @param {string} text @param {Label[]} labels @param {May} may @param {boolean} takeFocus */
  open(mark, text, labels, may, takeFocus) {
    this.mark = mark;
    const surface = surfaceOf(may.pieces, text, 40);
    const title = make("div", "title");
    title.append(make("q", "surface", surface), make("span", "of", about(mark) + (mark.suggested ? ", suggested" : "")));
    title.querySelector("q")?.setAttribute("dir", "auto");
    this.host.replaceChildren(title);
    if (!may.disabled) this.host.append(this.#decisions(mark, may), this.#labels(mark, labels));
    if (!may.disabled && may.canBulk) this.host.append(button("Mark all like this …", "", () => this.#then(() => this.actions.many(mark)), "plain why"));
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

  /** @param {Mark} mark @param {May} may */
  #decisions(mark, may) {
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
      if (may.pieces.length > 1) row.append(button("Remove this piece", "", () => this.#then(() => this.actions.removePiece(mark)), "quiet"));
      if (may.canJoin) row.append(withKey(button("Add a piece", "", () => this.#then(() => this.actions.addPiece(mark)), "quiet"), keymap.shown("piece")));
    }
    return row;
  }

  /** @param {Mark} mark @param {Label[]} labels */
  #labels(mark, labels) {
    const row = make("div", "row others");
    for (const index of nearest(labels)) {
      const label = labels[index];
      if (label.name === mark.label) continue;
      const change = button("", `Change to ${label.name}`, () => this.#then(() => this.actions.relabel(mark, label.name)), "chip");
      dress(change, index);
      change.append(paintSign(make("span", "sign"), index, 12), make("span", "name", label.name));
      if (keyOf(label, index)) change.append(make("kbd", "", keyOf(label, index)));
      row.append(change);
    }
    if (labels.length > ROOM) row.append(button("Other label …", "", () => this.#then(() => this.actions.other(mark)), "plain"));
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

/** @param {Label[]} labels @returns {number[]} all of them if they are few, else those used last */
function nearest(labels) {
  const all = labels.map((_, index) => index);
  if (labels.length <= ROOM) return all;
  const used = recentLabels().map((name) => labels.findIndex((label) => label.name === name)).filter((index) => index >= 0);
  return [...used, ...all.filter((index) => !used.includes(index))].slice(0, ROOM - 2);
}
