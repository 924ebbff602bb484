/**
 * The spans as a plain list in reading order: the same actions as in the text, for everybody who does not see or point.
 * Only the rows on the screen are in the page; each says which one of how many it is.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {{
 *   accept: (marks: Mark[]) => void, reject: (marks: Mark[]) => void, remove: (mark: Mark) => void,
 *   open: (mark: Mark, from: HTMLElement) => void, point: (name: string) => void, many: () => void
 * }} Actions
 * @typedef {{text: string, hueOf: (mark: Mark) => number, talkOf: (mark: Mark) => number, isDeleted: (mark: Mark) => boolean, disabled: boolean, canBulk: boolean}} Looks
 *   `talkOf` counts comments, `isDeleted` says whether the label is
 */

import { percent } from "./atoms.js";
import { button, make, part } from "./elements.js";
import { firstPieces, piecesOf, surfaceOf, wholeName } from "./groups.js";
import { nameOf } from "./layout.js";
import { dress, paintSign } from "./patterns.js";
import { rowsIn } from "./window.js";

/** Pixels of one row; the style sheet gives it to every row. */
const ROW = 44;

export class SideList {
  /** @param {HTMLElement} host @param {Actions} actions */
  constructor(host, actions) {
    this.host = host;
    this.actions = actions;
    this.list = part(host, "list");
    this.count = part(host, "count");
    this.bulk = part(host, "bulk");
    /** @type {Mark[]} */
    this.all = [];
    /** @type {Mark[]} one for each span: its first piece */
    this.marks = [];
    /** @type {Mark[]} */
    this.suggestions = [];
    /** @type {Looks} */
    this.looks = { text: "", hueOf: () => 0, talkOf: () => 0, isDeleted: () => false, disabled: true, canBulk: false };
    /** @type {Map<string, HTMLElement>} the rows in the page */
    this.items = new Map();
    this.acceptAll = button("", "", () => actions.accept(this.suggestions), "plain");
    this.rejectAll = button("", "", () => actions.reject(this.suggestions), "plain");
    this.many = button("Many at once …", "", () => actions.many(), "plain");
    this.bulk.append(this.acceptAll, this.rejectAll, this.many);
    this.list.style.setProperty("--row", `${ROW}px`);
    host.addEventListener("scroll", () => this.#show());
    this.observer = new ResizeObserver(() => this.#show());
    this.observer.observe(host);
  }

  close() {
    this.observer.disconnect();
  }

  clear() {
    this.items.clear();
    this.list.replaceChildren();
    this.host.scrollTop = 0;
  }

  /** @param {Mark[]} marks in reading order @param {Looks} looks */
  draw(marks, looks) {
    this.all = marks;
    this.marks = firstPieces(marks);
    this.looks = looks;
    this.suggestions = marks.filter((mark) => mark.suggested);
    const count = this.suggestions.length;
    this.count.textContent = describe(this.marks.length - count, count);
    this.bulk.hidden = looks.disabled;
    this.acceptAll.hidden = this.rejectAll.hidden = count < 2;
    this.many.hidden = !looks.canBulk;
    this.acceptAll.textContent = `Accept all ${count}`;
    this.rejectAll.textContent = `Reject all ${count}`;
    this.host.classList.toggle("empty", marks.length === 0);
    this.#show();
  }

  /** Put the rows on the screen into the page, and take the others out. */
  #show() {
    const { from, to } = rowsIn(this.marks.length, ROW, this.host.scrollTop - this.list.offsetTop, this.host.clientHeight);
    const shown = this.marks.slice(from, to);
    const place = this.#focused();
    this.#drop(new Set(shown.map((mark) => wholeName(mark, this.all))));
    this.list.style.paddingBlock = `${from * ROW}px ${(this.marks.length - to) * ROW}px`;
    let next = this.list.firstElementChild;
    shown.forEach((mark, at) => {
      const item = this.items.get(wholeName(mark, this.all)) ?? this.#item(mark);
      this.#name(item, mark);
      item.setAttribute("aria-posinset", String(from + at + 1));
      item.setAttribute("aria-setsize", String(this.marks.length));
      if (item === next) next = next.nextElementSibling;
      else this.list.insertBefore(item, next);
    });
    if (place >= 0 && this.#focused() < 0) this.#focus(place);
  }

  /** @param {Set<string>} kept names */
  #drop(kept) {
    for (const [name, item] of this.items) {
      if (kept.has(name)) continue;
      item.remove();
      this.items.delete(name);
    }
  }

  /** @returns {number} which of the rows in the page has the focus, -1 if none */
  #focused() {
    const root = /** @type {Document | ShadowRoot} */ (this.host.getRootNode());
    return [...this.list.children].findIndex((item) => item.contains(root.activeElement));
  }

  /** The row that took the place of one that is gone. @param {number} place */
  #focus(place) {
    const item = this.list.children[Math.min(place, this.list.children.length - 1)];
    /** @type {HTMLElement | null} */ (item?.querySelector("button") ?? null)?.focus({ preventScroll: true });
  }

  /** @param {Mark} mark */
  #item(mark) {
    const { hueOf, disabled } = this.looks;
    const item = make("li", mark.suggested ? "item suggested" : "item");
    dress(item, hueOf(mark));
    const surface = this.#surface(mark);
    const words = button("", "", () => this.actions.open(mark, words), "words");
    words.append(make("span", "surface", surface), make("span", "of"));
    words.querySelector(".surface")?.setAttribute("dir", "auto");
    item.append(paintSign(make("span", "sign"), hueOf(mark), 12), words);
    if (!disabled) item.append(...this.#buttons(mark, surface));
    item.addEventListener("pointerenter", () => this.actions.point(nameOf(mark)));
    item.addEventListener("pointerleave", () => this.actions.point(""));
    this.items.set(wholeName(mark, this.all), item);
    return item;
  }

  /** @param {Mark} mark */
  #surface(mark) {
    return surfaceOf(piecesOf(mark, this.all), this.looks.text, 48);
  }

  /** What a row says besides its words; comments come and go while the row stays. @param {HTMLElement} item @param {Mark} mark */
  #name(item, mark) {
    const label = this.looks.isDeleted(mark) ? `${about(mark)} (deleted label)` : about(mark);
    const says = withTalk(label, this.looks.talkOf(mark));
    const words = /** @type {HTMLElement} */ (item.querySelector(".words"));
    /** @type {HTMLElement} */ (words.querySelector(".of")).textContent = says;
    words.setAttribute("aria-label", `${this.#surface(mark)}, ${says}${mark.suggested ? ", suggested" : ""}: show`);
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

/** @param {string} says @param {number} comments @returns {string} `feature 87 % · 2 comments` */
export function withTalk(says, comments) {
  return comments ? `${says} · ${comments} comment${comments === 1 ? "" : "s"}` : says;
}

/** @param {number} marked @param {number} suggested */
function describe(marked, suggested) {
  const parts = [];
  if (marked || !suggested) parts.push(`${marked} marked`);
  if (suggested) parts.push(`${suggested} suggested`);
  return parts.join(" · ");
}
