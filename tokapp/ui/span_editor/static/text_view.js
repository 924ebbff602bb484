/**
 * The text with its spans. Blocks stand in stretches; a stretch is painted while it is near the screen, and of its blocks
 * only those in which something changed. Everything else is plain text that the browser neither lays out nor paints.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Atom} Atom
 * @typedef {import("./blocks.js").Block} Block
 * @typedef {import("./hit_test.js").Point} Point
 * @typedef {HTMLElement & {atom: Atom}} AtomElement
 * @typedef {{element: HTMLElement, from: number, to: number, isNear: boolean}} Stretch
 * @typedef {{element: HTMLElement, painted: string}} Place
 */

import { atomElement } from "./atoms.js";
import { cutBlocks, gather } from "./blocks.js";
import { piecesOf } from "./groups.js";
import { characterAt, elementAt, rectsOf, wordAt } from "./hit_test.js";
import { cutAtoms, lastStartingBefore, nameOf } from "./layout.js";
import { MarkIndex } from "./mark_index.js";

/** How far from the screen a stretch is painted. */
const MARGIN = "500px 0px";

/** Signature of a block that holds its text as it is. */
const PLAIN = "plain";

export class TextView {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    this.text = "";
    /** @type {Range[]} */
    this.words = [];
    /** @type {Range[]} edges that the model sees, drawn as ticks; none unless asked for */
    this.ticks = [];
    this.index = new MarkIndex("", []);
    /** @type {Block[]} */
    this.blocks = [];
    /** @type {Place[]} one per block */
    this.places = [];
    /** @type {Stretch[]} */
    this.stretches = [];
    /** @type {{cursor: Range | null, selection: Range | null}} */
    this.focus = { cursor: null, selection: null };
    /** @type {string} name of the mark that is pointed at */
    this.hot = "";
    /** @type {(mark: Mark) => number} */
    this.hueOf = () => 0;
    this.observer = new IntersectionObserver((entries) => this.#near(entries), { root: host, rootMargin: MARGIN });
  }

  close() {
    this.observer.disconnect();
  }

  /** Build the blocks of another text. @param {string} text @param {Range[]} words */
  open(text, words) {
    this.observer.disconnect();
    Object.assign(this, { text, words, ticks: [], hot: "", index: new MarkIndex(text, []), blocks: cutBlocks(text, words) });
    this.focus = { cursor: null, selection: null };
    this.places = this.blocks.map((block) => ({ element: this.#line(block), painted: PLAIN }));
    this.stretches = gather(this.blocks).map(({ from, to, height }) => ({ element: this.#stretch(from, to, height), from, to, isNear: false }));
    this.host.replaceChildren(...this.stretches.map((stretch) => stretch.element));
    this.host.scrollTop = 0;
    for (const { element } of this.stretches) this.observer.observe(element);
  }

  /** Paint other marks. @param {Mark[]} marks in reading order @param {(mark: Mark) => number} hueOf index of the label's colour */
  draw(marks, hueOf) {
    if (marks !== this.index.marks) this.index = new MarkIndex(this.text, marks);
    this.hueOf = hueOf;
    this.paint();
  }

  /** Paint what changed: marks, cursor, selection or ticks. */
  paint() {
    for (const stretch of this.stretches) if (stretch.isNear) this.#paintStretch(stretch);
  }

  /** Raise one mark, or none. @param {string} name */
  point(name) {
    if (name === this.hot) return;
    for (const atom of this.#atomsOfMark(this.hot)) atom.classList.remove("hot");
    for (const atom of this.#atomsOfMark(name)) atom.classList.add("hot");
    this.hot = name;
  }

  /** @param {Mark} mark @returns {boolean} whether it is pointed at */
  isHot(mark) {
    return nameOf(mark) === this.hot;
  }

  /** @param {Point} point @returns {Mark[]} what lies there, the innermost first; the mark of a tag alone */
  marksAt(point) {
    const element = elementAt(this, point);
    const tag = /** @type {HTMLElement | null} */ (element?.closest(".tag") ?? null);
    if (tag) return this.index.marks.filter((mark) => nameOf(mark) === tag.dataset.name);
    const atom = /** @type {AtomElement | null} */ (element?.closest(".atom") ?? null);
    return atom ? this.index.byDepth(atom.atom) : [];
  }

  /** @param {Point} point @returns {number} index of the nearest word, -1 in a text without words */
  wordAt(point) {
    return wordAt(this, point);
  }

  /** @param {Point} point @returns {Range | null} the nearest character */
  characterAt(point) {
    return characterAt(this, point);
  }

  /** @param {Range} range @returns {DOMRect[]} where it is on the screen, in reading order */
  rectsOf(range) {
    return rectsOf(this, range);
  }

  /** @param {Range} range @returns {boolean} whether the text runs from right to left there */
  isRightToLeft(range) {
    const place = this.places[this.blockAt(range.start)];
    return place !== undefined && getComputedStyle(place.element).direction === "rtl";
  }

  /** @param {Range} range */
  scrollTo(range) {
    this.atomsOver(range)[0]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {number} position @returns {number} index of the block that holds it */
  blockAt(position) {
    return lastStartingBefore(this.blocks, position + 1);
  }

  /** @param {Element} line @returns {AtomElement[]} painted now if they were not */
  atomsOf(line) {
    this.#paintBlock(Number(/** @type {HTMLElement} */ (line).dataset.at));
    return /** @type {AtomElement[]} */ ([...line.children]);
  }

  /** @param {Range} range @returns {AtomElement[]} painted now if they were not */
  atomsOver(range) {
    const atoms = [];
    for (let at = this.blockAt(range.start); this.blocks[at] && this.blocks[at].start < range.end; at += 1) {
      atoms.push(...this.atomsOf(this.places[at].element).filter(({ atom }) => atom.start < range.end && range.start < atom.end));
    }
    return atoms;
  }

  /** @param {Block} block */
  #line(block) {
    const line = document.createElement("div");
    line.className = "line";
    line.dir = block.direction;
    line.textContent = this.text.slice(block.start, block.end);
    return line;
  }

  /** @param {number} from @param {number} to @param {number} height in lines */
  #stretch(from, to, height) {
    const element = document.createElement("div");
    element.className = "stretch";
    element.style.containIntrinsicBlockSize = `auto ${(height * 2.35).toFixed(1)}em`;
    for (let at = from; at < to; at += 1) {
      this.places[at].element.dataset.at = String(at);
      element.append(this.places[at].element);
    }
    return element;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #near(entries) {
    for (const { target, isIntersecting } of entries) {
      const stretch = this.stretches.find(({ element }) => element === target);
      if (!stretch || stretch.isNear === isIntersecting) continue;
      stretch.isNear = isIntersecting;
      if (isIntersecting) this.#paintStretch(stretch);
      else for (let at = stretch.from; at < stretch.to; at += 1) this.#unpaint(at);
    }
  }

  /** @param {Stretch} stretch */
  #paintStretch({ from, to }) {
    for (let at = from; at < to; at += 1) this.#paintBlock(at);
  }

  /** @param {number} at */
  #paintBlock(at) {
    const block = this.blocks[at];
    const place = this.places[at];
    const marks = this.index.over(block);
    const [selection, cursor] = [this.focus.selection, this.focus.cursor].map((range) => (range && meet(range, block) ? range : null));
    const signature = `${marks.map((mark) => this.index.signature(mark)).join("|")}#${edges(selection)}#${edges(cursor)}#${this.ticks.length}`;
    if (place.painted === signature) return;
    place.painted = signature;
    const ticks = this.ticks.length ? this.#ticksIn(block) : [];
    const cuts = [selection, cursor].flatMap((range) => (range ? [range.start, range.end] : []));
    const atoms = cutAtoms(block, marks, this.words, [...cuts, ...ticks]);
    const { text, hueOf, hot } = this;
    const looks = { text, lanes: this.index.lanes, rooms: this.index.rooms, numbers: this.index.numbers, hueOf, selection, cursor, hot, ticks: new Set(ticks) };
    place.element.replaceChildren(...atoms.map((atom, index) => atomElement(atom, atoms[index + 1], looks)));
  }

  /** @param {number} at */
  #unpaint(at) {
    if (this.places[at].painted === PLAIN) return;
    this.places[at].painted = PLAIN;
    this.places[at].element.textContent = this.text.slice(this.blocks[at].start, this.blocks[at].end);
  }

  /** @param {Block} block @returns {number[]} */
  #ticksIn({ start, end }) {
    const found = [];
    for (let at = lastStartingBefore(this.ticks, start); this.ticks[at] && this.ticks[at].start < end; at += 1) {
      if (this.ticks[at].start >= start) found.push(this.ticks[at].start);
    }
    return found;
  }

  /** @param {string} name @returns {AtomElement[]} those that are painted */
  #atomsOfMark(name) {
    const found = this.index.find(name);
    return found ? piecesOf(found, this.index.marks).flatMap((mark) => this.#atomsPainted(mark)) : [];
  }

  /** @param {Mark} mark @returns {AtomElement[]} */
  #atomsPainted(mark) {
    const atoms = [];
    const name = nameOf(mark);
    for (let at = this.blockAt(mark.start); this.blocks[at] && this.blocks[at].start < mark.end; at += 1) {
      for (const child of this.places[at].element.children) {
        const element = /** @type {AtomElement} */ (child);
        if (element.atom.marks.some((one) => nameOf(one) === name)) atoms.push(element);
      }
    }
    return atoms;
  }
}

/** @param {Range} one @param {Range} other */
function meet(one, other) {
  return one.start < other.end && other.start < one.end;
}

/** @param {Range | null} range */
function edges(range) {
  return range ? `${range.start}-${range.end}` : "";
}
