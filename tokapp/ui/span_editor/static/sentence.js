/** What was done, in words that are read aloud. */

import { shorten } from "./elements.js";

/** @type {Partial<Record<import("./edits.js").Verb, string>>} */
const DONE = {
  add: "marked", remove: "removed", relabel: "changed", move: "moved", join: "is one span with its new piece", accept: "accepted", reject: "rejected",
};

/** @param {import("./edits.js").Verb} verb @param {import("./layout.js").Mark[]} marks what it is about @param {string} text */
export function sentenceOf(verb, marks, text) {
  const done = DONE[verb];
  if (!done) return verb;
  const first = verb === "move" ? marks[1] : marks[0];
  const count = verb === "relabel" ? marks.length / 2 : marks.length;
  const what = count > 2 ? `${count} spans` : shorten(text.slice(first.start, first.end), 40);
  return `${what} ${done}, ${marks[marks.length - 1].label}`;
}
