/** How marks are made: what they snap to, what the arrows go by, and the model's tokens as ticks. */

import { make } from "./elements.js";

/** @typedef {import("./marking.js").Preferences} Preferences */

const GROUPS = [
  {
    name: /** @type {const} */ ("snap"),
    title: "Marks snap to",
    choices: { word: "words", token: "model tokens", pattern: "the project's pattern", off: "nothing" },
  },
  {
    name: /** @type {const} */ ("step"),
    title: "Arrows go by",
    choices: { word: "words", character: "characters", token: "model tokens" },
  },
];

export class Options {
  /** @param {HTMLElement} host @param {import("./marking.js").Marking} marking */
  constructor(host, marking) {
    this.host = host;
    this.marking = marking;
    /** @type {Map<string, HTMLInputElement>} by group and value */
    this.inputs = new Map();
    for (const group of GROUPS) host.append(this.#group(group));
    const ticks = this.#input("checkbox", "ticks", "", "Show where the model's tokens begin");
    this.wait = make("p", "quiet-note", "What marks snap to is on its way …");
    host.append(ticks, this.wait, make("p", "quiet-note", "Blanks and punctuation at the ends are left out. With Alt a mark is exact."));
    host.addEventListener("keydown", (event) => event.stopPropagation()); // Streamlit and the editor have keys of their own
    this.draw();
  }

  toggle() {
    this.host.togglePopover();
    if (this.host.matches(":popover-open")) this.inputs.get(`snap.${this.marking.preferences.snap}`)?.focus();
  }

  draw() {
    const { preferences, hasPattern, isWaiting } = this.marking;
    this.wait.hidden = !isWaiting;
    for (const { name, choices } of GROUPS) {
      for (const value of Object.keys(choices)) this.#get(name, value).checked = preferences[name] === value;
    }
    this.#get("ticks", "").checked = preferences.ticks;
    this.#get("snap", "pattern").disabled = !hasPattern && preferences.snap !== "pattern";
  }

  /** @param {string} name @param {string} value */
  #get(name, value) {
    return /** @type {HTMLInputElement} */ (this.inputs.get(`${name}.${value}`));
  }

  /** @param {typeof GROUPS[number]} group */
  #group({ name, title, choices }) {
    const element = make("fieldset");
    element.append(make("legend", "", title));
    for (const [value, says] of Object.entries(choices)) element.append(this.#input("radio", name, value, says));
    return element;
  }

  /** @param {"radio" | "checkbox"} type @param {string} name @param {string} value @param {string} says */
  #input(type, name, value, says) {
    const label = make("label", "option");
    const input = document.createElement("input");
    Object.assign(input, { type, name: `marking-${name}`, value });
    input.addEventListener("change", () => this.marking.set(/** @type {Partial<Preferences>} */ ({ [name]: type === "radio" ? value : input.checked })));
    label.append(input, make("span", "", says));
    this.inputs.set(`${name}.${value}`, input);
    return label;
  }
}
