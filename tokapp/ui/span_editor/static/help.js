/** The help: the list of keys, from the same data that the editor acts on. */

import { make } from "./elements.js";
import { BINDINGS, CHORDS, EXTENDING, FINE } from "./keys.js";

/** @param {HTMLElement} host @returns {{toggle: () => void}} */
export function drawHelp(host) {
  const list = make("dl");
  const rows = [...BINDINGS, FINE, EXTENDING, { shown: "letter, digit", says: "mark or relabel with that label" }, ...CHORDS];
  for (const { shown, says } of rows) {
    const keys = make("dt");
    keys.append(...shown.split(", ").map((key) => make("kbd", "", key)));
    const row = make("div");
    row.append(keys, make("dd", "", says));
    list.append(row);
  }
  host.append(make("p", "", "Drag over words to mark them with the active label. Click a span to change it."), list);
  return { toggle: () => host.togglePopover() };
}
