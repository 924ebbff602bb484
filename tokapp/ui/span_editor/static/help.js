/** The help: the list of keys, from the same data that the editor acts on, and the form that changes them. */

import { button, make } from "./elements.js";
import { keymap, NOTES, shownStroke, strokeOf } from "./keys.js";

/** @typedef {import("./keys.js").Binding} Binding */

export class Help {
  /** @param {HTMLElement} host @param {import("./marking.js").Marking} marking */
  constructor(host, marking) {
    this.host = host;
    this.marking = marking;
    this.isForm = false;
    /** @type {string} the action that waits for its new key */
    this.waiting = "";
    this.said = make("p", "said");
    this.said.setAttribute("role", "status");
    this.list = make("dl");
    this.foot = make("div", "foot");
    host.append(make("p", "", "Drag over words to mark them with the active label. Click a span to change it."), this.list, this.said, this.foot);
    host.addEventListener("keydown", (event) => this.#press(event));
    host.addEventListener("toggle", () => this.#show(false));
    this.draw();
  }

  toggle() {
    this.host.togglePopover();
    if (this.host.matches(":popover-open")) this.host.focus();
  }

  draw() {
    const place = this.#focused();
    const rows = keymap.bindings.map((binding) => (this.isForm ? this.#field(binding) : row(binding.keys.map(shownStroke), binding.says)));
    if (!this.isForm) rows.push(...NOTES.map(({ shown, says }) => row([shown], says)));
    this.list.replaceChildren(...rows);
    const isChanged = Object.keys(keymap.changes).length > 0;
    this.foot.replaceChildren(button(this.isForm ? "Back to the list" : "Change keys", "", () => this.#show(!this.isForm), "plain"));
    if (this.isForm && isChanged) this.foot.append(button("All as they were", "", () => this.#save({}, "every key is as it was"), "plain"));
    if (place) /** @type {HTMLElement | null} */ (this.host.querySelector(`[data-action="${place}"]`))?.focus();
  }

  /** @returns {string} the action whose button has the focus */
  #focused() {
    const root = /** @type {Document | ShadowRoot} */ (this.host.getRootNode());
    return /** @type {HTMLElement | null} */ (root.activeElement)?.dataset.action ?? "";
  }

  /** @param {boolean} isForm */
  #show(isForm) {
    if (isForm === this.isForm) return;
    this.isForm = isForm;
    this.waiting = "";
    this.said.textContent = isForm ? "Choose a row, then press its new key." : "";
    this.draw();
    this.foot.querySelector("button")?.focus();
  }

  /** @param {Binding} binding */
  #field({ action, keys, says }) {
    const isWaiting = this.waiting === action;
    const change = button(isWaiting ? "press a key…" : keys.map(shownStroke).join(", "), `Change the key for: ${says}`, () => this.#wait(action), "key");
    change.dataset.action = action;
    change.classList.toggle("waiting", isWaiting);
    const made = row([], says);
    /** @type {HTMLElement} */ (made.firstElementChild).append(change);
    if (action in keymap.changes) made.append(button("↺", `The usual key for: ${says}`, () => this.#reset(action), "icon"));
    return made;
  }

  /** @param {string} action */
  #wait(action) {
    this.waiting = action;
    this.said.textContent = "Press the new key. Esc leaves it as it is.";
    this.draw();
  }

  /** @param {string} action */
  #reset(action) {
    const { [action]: _, ...rest } = keymap.changes;
    this.#save(rest, "the usual key is back");
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    event.stopPropagation(); // Streamlit has keys of its own
    if (this.waiting) return this.#capture(event);
    if (!this.isForm && keymap.find(strokeOf(event))?.action === "help") {
      event.preventDefault();
      this.host.hidePopover();
    }
  }

  /** @param {KeyboardEvent} event */
  #capture(event) {
    const stroke = strokeOf(event);
    if (!stroke) return;
    event.preventDefault();
    const { waiting } = this;
    const other = keymap.find(stroke);
    this.waiting = "";
    if (stroke === "Escape") this.said.textContent = "Nothing changed.";
    else if (other && other.action !== waiting) this.said.textContent = `${shownStroke(stroke)} is the key for: ${other.says}. Choose another one.`;
    else return this.#save({ ...keymap.changes, [waiting]: [stroke] }, `${shownStroke(stroke)} is the new key`);
    this.draw();
  }

  /** @param {import("./keys.js").Changes} keys @param {string} sentence */
  #save(keys, sentence) {
    this.said.textContent = sentence;
    this.marking.set({ keys });
  }
}

/** @param {string[]} keys @param {string} says */
function row(keys, says) {
  const names = make("dt");
  names.append(...keys.map((key) => make("kbd", "", key)));
  const element = make("div");
  element.append(names, make("dd", "", says));
  return element;
}
