/**
 * One atom on the screen: a piece of text, the lanes below it, and a tag for each mark that starts there.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Atom} Atom
 * @typedef {{
 *   text: string, lanes: Map<string, number>, rooms: Map<number, number>, numbers: Map<string, number>, hueOf: (mark: Mark) => number,
 *   selection: Range | null, cursor: Range | null, hot: string, ticks: Set<number>
 * }} Looks
 */

import { innermost, nameOf } from "./layout.js";
import { HEIGHT, layersOf } from "./patterns.js";

/** Pixels from the foot of the letters to a lane, between lanes, and of a lane. */
const LANE = { gap: 1, step: 4, height: HEIGHT };
const FOOT = 14;

/** @param {Atom} atom @param {Atom | undefined} next @param {Looks} looks @returns {HTMLElement} */
export function atomElement(atom, next, looks) {
  const element = document.createElement("span");
  const { start, end, marks } = atom;
  element.textContent = looks.text.slice(start, end);
  element.className = "atom";
  element.classList.toggle("selected", inside(atom, looks.selection));
  element.classList.toggle("cursor", inside(atom, looks.cursor));
  element.classList.toggle("tick", looks.ticks.has(start));
  if (marks.length) drawLanes(element, atom, next, looks);
  if (atom.starting.length) element.append(tags(atom, looks));
  return Object.assign(element, { atom });
}

/** @param {HTMLElement} element @param {Atom} atom @param {Atom | undefined} next @param {Looks} looks */
function drawLanes(element, { start, end, marks }, next, { lanes, hueOf, hot }) {
  const top = /** @type {Mark} */ (innermost(marks));
  element.classList.add(marks.every((mark) => mark.suggested) ? "suggested" : "person");
  if (top.start === start) element.classList.add("first");
  if (top.end === end || (next && !next.marks.includes(top))) element.classList.add("last");
  if (marks.some((mark) => nameOf(mark) === hot)) element.classList.add("hot");
  const fill = marks.filter((mark) => !mark.suggested);
  element.style.setProperty("--hue", `var(--hue-${hueOf(innermost(fill) ?? top)})`);
  const lines = marks.flatMap((mark) => {
    const color = `color-mix(in oklab, var(--line-${hueOf(mark)}) ${strength(mark.score)}%, transparent)`;
    const rise = FOOT - LANE.gap - LANE.height - (lanes.get(nameOf(mark)) ?? 0) * LANE.step;
    return layersOf(hueOf(mark), mark.suggested, color).map((layer) => ({ ...layer, rise: rise + HEIGHT - layer.top - layer.height }));
  });
  // The last layer is empty: its clip is the clip of the fill, which ends with the letters.
  element.style.backgroundImage = [...lines.map((line) => line.image), "linear-gradient(transparent, transparent)"].join(", ");
  element.style.backgroundSize = [...lines.map((line) => line.size), "auto"].join(", ");
  element.style.backgroundPosition = [...lines.map((line) => `0 calc(100% - ${line.rise}px)`), "0 0"].join(", ");
  element.style.backgroundRepeat = [...lines.map(() => "repeat-x"), "no-repeat"].join(", ");
  element.style.backgroundClip = [...lines.map(() => "padding-box"), "content-box"].join(", ");
}

/** @param {Atom} atom @param {Looks} looks @returns {HTMLElement} */
function tags({ start, marks, starting }, { lanes, rooms, numbers, hueOf }) {
  const holder = document.createElement("span");
  holder.className = "tags";
  holder.setAttribute("aria-hidden", "true");
  const deepest = Math.max(...marks.map((mark) => lanes.get(nameOf(mark)) ?? 0));
  holder.style.setProperty("--drop", `${LANE.gap + deepest * LANE.step + LANE.height + 1}px`);
  const room = rooms.get(start);
  if (room !== undefined) holder.style.maxWidth = `${room / 2}em`;
  for (const mark of starting) holder.append(tag(mark, hueOf(mark), numbers.get(mark.group ?? "")));
  return holder;
}

/** @param {Mark} mark @param {number} hue @param {number | undefined} number of a span of several pieces @returns {HTMLElement} */
function tag(mark, hue, number) {
  const element = document.createElement("span");
  element.className = mark.suggested ? "tag suggested" : "tag";
  element.dataset.name = nameOf(mark);
  element.style.setProperty("--hue", `var(--line-${hue})`);
  const words = mark.score === null ? mark.label : `${mark.label} ${percent(mark.score)}`;
  element.textContent = number === undefined ? words : `⋯${number} ${words}`; // first, since what follows may be cut
  return element;
}

/** @param {number | null} score @returns {number} how strongly the line of a mark is drawn, in percent: faint where the model doubts, never gone */
export function strength(score) {
  return score === null ? 100 : Math.round(35 + 65 * Math.max(0, Math.min(1, score)));
}

/** @param {number} share @returns {string} rounded, but never to a certainty that it is not */
export function percent(share) {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return "> 99 %";
  return rounded === 0 && share > 0 ? "< 1 %" : `${rounded} %`;
}

/** @param {Range} atom @param {Range | null} range */
function inside(atom, range) {
  return range !== null && range.start <= atom.start && atom.end <= range.end;
}
