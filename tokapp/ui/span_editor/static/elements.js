/** Small builders of elements; text goes in as text, never as markup. */

/**
 * @param {string} name @param {string} [className] @param {string} [text]
 * @returns {HTMLElement}
 */
export function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/**
 * @param {string} text shown @param {string} says read aloud and shown on hover @param {() => void} act @param {string} [className]
 * @returns {HTMLButtonElement}
 */
export function button(text, says, act, className = "") {
  const element = /** @type {HTMLButtonElement} */ (make("button", className, text));
  element.type = "button";
  if (says) {
    element.title = says;
    element.setAttribute("aria-label", says);
  }
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    act();
  });
  return element;
}

/** @param {ParentNode} root @param {string} name @returns {HTMLElement} */
export function part(root, name) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`the editor's ${name} is missing`);
  return found;
}

/** @param {string} text @param {number} [length] @returns {string} on one line, cut with an ellipsis between characters */
export function shorten(text, length = 60) {
  const line = Array.from(text.slice(0, length * 8).replace(/\s+/g, " "));
  return line.length <= length ? line.join("") : `${line.slice(0, length - 1).join("").trimEnd()}…`;
}

/** @param {Element | null} element @returns {boolean} whether it cannot hold the focus any more: gone, hidden or out of use */
export function isDead(element) {
  return element !== null && (!element.isConnected || element.matches(":disabled") || element.getClientRects().length === 0);
}
