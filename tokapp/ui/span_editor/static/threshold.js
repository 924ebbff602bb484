/**
 * The slider that hides suggestions of which the model is not sure enough. What it hides can be neither accepted nor
 * rejected; what has no score is always shown. The place of the slider is remembered in this browser.
 *
 * @typedef {import("./layout.js").Mark} Mark
 */

import { percent } from "./atoms.js";

const NAME = "tokapp.threshold";

export class Threshold {
  /** @param {HTMLElement} host @param {() => void} onChange */
  constructor(host, onChange) {
    this.host = host;
    this.slider = /** @type {HTMLInputElement} */ (host.querySelector("input"));
    this.shown = /** @type {HTMLElement} */ (host.querySelector("output"));
    this.slider.value = recall();
    this.#say();
    this.slider.addEventListener("input", () => {
      keep(this.slider.value);
      this.#say();
      onChange();
    });
  }

  /** @returns {number} the least score that is shown, from 0 to 1 */
  get least() {
    return Number(this.slider.value) / 100;
  }

  /** @param {Mark[]} marks @returns {Mark[]} those that are shown; the slider is there if any suggestion has a score */
  apply(marks) {
    const scored = marks.filter((mark) => mark.suggested && mark.score !== null);
    this.host.hidden = scored.length === 0;
    const shown = atLeast(marks, this.least);
    const hidden = marks.length - shown.length;
    this.host.title = hidden ? `${hidden} less sure ${hidden === 1 ? "suggestion is" : "suggestions are"} hidden` : "Every suggestion is shown";
    return shown;
  }

  #say() {
    this.shown.textContent = percent(this.least);
  }
}

/** @param {Mark[]} marks @param {number} least @returns {Mark[]} */
export function atLeast(marks, least) {
  return marks.filter((mark) => !mark.suggested || mark.score === null || mark.score >= least);
}

/** @returns {string} percent */
function recall() {
  try {
    const kept = window.localStorage.getItem(NAME) ?? "0";
    return /^\d{1,2}$/.test(kept) ? kept : "0";
  } catch {
    return "0"; // a browser that keeps nothing
  }
}

/** @param {string} value */
function keep(value) {
  try {
    window.localStorage.setItem(NAME, value);
  } catch {
    // only the place of the slider is lost
  }
}
