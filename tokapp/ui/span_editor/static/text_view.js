/**
 * The text with its spans. Chunks of a line are painted when they come near the screen, and again only if what lies in
 * them changed. Offsets never come from the document tree: each atom carries its own.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./layout.js").Chunk} Chunk
 * @typedef {import("./layout.js").Atom} Atom
 * @typedef {HTMLElement & {atom: Atom}} AtomElement
 * @typedef {{element: HTMLElement, isNear: boolean, painted: string}} Place
 * @typedef {{x: number, y: number}} Point
 */

import { atomElement } from "./atoms.js";
import { assignLanes, cutAtoms, cutLines, innermost, lastStartingBefore, measureRooms, nameOf, spread } from "./layout.js";

export class TextView {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    this.text = "";
    /** @type {Range[]} */
    this.words = [];
    /** @type {Mark[]} */
    this.marks = [];
    /** @type {Chunk[]} */
    this.chunks = [];
    /** @type {Place[]} one per chunk */
    this.places = [];
    /** @type {{cursor: Range | null, selection: Range | null}} */
    this.focus = { cursor: null, selection: null };
    /** @type {string} name of the mark that is pointed at */
    this.hot = "";
    this.observer = new IntersectionObserver((entries) => this.#near(entries), { rootMargin: "300px" });
  }

  close() {
    this.observer.disconnect();
  }

  /** Build the lines of another text. @param {string} text @param {Range[]} words */
  open(text, words) {
    this.observer.disconnect();
    Object.assign(this, { text, words, marks: [], chunks: [], places: [], hot: "" });
    this.focus = { cursor: null, selection: null };
    this.host.replaceChildren(...cutLines(text, words).map((line) => this.#buildLine(line.chunks)));
    this.host.scrollTop = 0;
  }

  /** Paint what changed. @param {Mark[]} marks in reading order @param {(mark: Mark) => number} hueOf index of the label's colour */
  draw(marks, hueOf) {
    this.marks = marks;
    const lanes = assignLanes(marks);
    const rooms = measureRooms(this.text, marks);
    const perChunk = spread(this.chunks, marks);
    const { selection, cursor } = this.focus;
    this.paint = (/** @type {number} */ at) => {
      const chunk = this.chunks[at];
      const place = this.places[at];
      const touched = perChunk[at];
      const near = [selection, cursor].map((range) => (range && meet(range, chunk) ? range : null));
      const signature =
        touched.map((mark) => `${nameOf(mark)}:${mark.score}/${lanes.get(nameOf(mark))}/${rooms.get(mark.start)}`).join("|") +
        near.map((range) => (range ? `#${range.start}-${range.end}` : "#")).join("");
      if (!place.isNear || place.painted === signature) return;
      place.painted = signature;
      const edges = near.flatMap((range) => (range ? [range.start, range.end] : []));
      const atoms = cutAtoms(chunk, touched, this.words, edges);
      const looks = { text: this.text, lanes, rooms, hueOf, selection: near[0], cursor: near[1], hot: this.hot };
      place.element.replaceChildren(...atoms.map((atom, index) => atomElement(atom, atoms[index + 1], looks)));
    };
    for (let at = 0; at < this.chunks.length; at += 1) this.paint(at);
  }

  /** Raise one mark, or none. @param {string} name */
  point(name) {
    if (name === this.hot) return;
    for (const atom of this.#atomsOf(this.hot)) atom.classList.remove("hot");
    for (const atom of this.#atomsOf(name)) atom.classList.add("hot");
    this.hot = name;
  }

  /** @param {Mark} mark @returns {boolean} whether it is pointed at */
  isHot(mark) {
    return nameOf(mark) === this.hot;
  }

  /** @param {Point} point @returns {Mark[]} what lies there, the innermost first; the mark of a tag alone */
  marksAt(point) {
    const element = this.#elementAt(point);
    const tag = /** @type {HTMLElement | null} */ (element?.closest(".tag") ?? null);
    if (tag) return this.marks.filter((mark) => nameOf(mark) === tag.dataset.name);
    const atom = /** @type {AtomElement | null} */ (element?.closest(".atom") ?? null);
    return atom ? byDepth(atom.atom.marks) : [];
  }

  /** @param {number} word @returns {Mark[]} what covers that word, the innermost first */
  marksOver(word) {
    const range = this.words[word];
    return range ? byDepth(this.marks.filter((mark) => meet(mark, range))) : [];
  }

  /** @param {Point} point @returns {number} index of the nearest word, -1 in a text without words */
  wordAt(point) {
    const element = this.#elementAt(point);
    const atom = /** @type {AtomElement | null} */ (element?.closest(".atom") ?? null);
    if (atom) return this.#nearestWord([atom], point);
    const line = element?.closest(".line") ?? this.#lineAt(point.y);
    return line ? this.#nearestWord(this.#atomsNear(line, point), point) : -1;
  }

  /** @param {Range} range @returns {DOMRect | null} where its first line is on the screen */
  rectOf(range) {
    const at = lastStartingBefore(this.chunks, range.start + 1);
    if (!this.chunks[at]) return null;
    this.#paintNow(at);
    const atoms = /** @type {AtomElement[]} */ ([...this.places[at].element.children]);
    const found = atoms.find((element) => meet(element.atom, range));
    return found?.getClientRects()[0] ?? null;
  }

  /** @param {Range} range */
  scrollTo(range) {
    const at = lastStartingBefore(this.chunks, range.start + 1);
    if (!this.chunks[at]) return;
    this.#paintNow(at);
    const atoms = /** @type {AtomElement[]} */ ([...this.places[at].element.children]);
    atoms.find((element) => meet(element.atom, range))?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {Chunk[]} chunks */
  #buildLine(chunks) {
    const line = document.createElement("div");
    line.className = "line";
    line.dir = "auto";
    for (const chunk of chunks) {
      const element = document.createElement("span");
      element.textContent = this.text.slice(chunk.start, chunk.end);
      element.dataset.at = String(this.chunks.length);
      line.append(element);
      this.chunks.push(chunk);
      this.places.push({ element, isNear: false, painted: "-" });
      this.observer.observe(element);
    }
    return line;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #near(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#paintNow(Number(/** @type {HTMLElement} */ (target).dataset.at));
    }
  }

  /** @param {number} at */
  #paintNow(at) {
    if (this.places[at].isNear) return;
    this.places[at].isNear = true;
    this.observer.unobserve(this.places[at].element);
    this.paint?.(at);
  }

  /** @param {string} name @returns {AtomElement[]} */
  #atomsOf(name) {
    const mark = this.marks.find((one) => nameOf(one) === name);
    if (!mark) return [];
    const atoms = [];
    for (let at = lastStartingBefore(this.chunks, mark.start + 1); this.chunks[at]?.start < mark.end; at += 1) {
      for (const child of this.places[at].element.children) {
        const element = /** @type {AtomElement} */ (child);
        if (element.atom.marks.some((one) => nameOf(one) === name)) atoms.push(element);
      }
    }
    return atoms;
  }

  /** @param {Point} point @returns {Element | null} inside of the text, or null */
  #elementAt({ x, y }) {
    const root = /** @type {Document | ShadowRoot} */ (this.host.getRootNode());
    const element = root.elementFromPoint(x, y);
    return element && this.host.contains(element) ? element : null;
  }

  /** @param {number} y @returns {Element | null} the line at that height, else the nearest */
  #lineAt(y) {
    const lines = this.host.children;
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lines[middle].getBoundingClientRect().bottom <= y) low = middle + 1;
      else high = middle;
    }
    return lines[low] ?? null;
  }

  /** @param {Element} line @param {Point} point @returns {AtomElement[]} the atoms of the line that are nearest in height */
  #atomsNear(line, point) {
    for (const chunk of line.children) this.#paintNow(Number(/** @type {HTMLElement} */ (chunk).dataset.at));
    const atoms = /** @type {AtomElement[]} */ ([...line.querySelectorAll(".atom")]);
    const gaps = atoms.map((atom) => Math.min(...Array.from(atom.getClientRects(), (rect) => heightGap(rect, point.y))));
    const least = Math.min(...gaps);
    return atoms.filter((_, at) => gaps[at] <= least + 2);
  }

  /** @param {AtomElement[]} elements @param {Point} point @returns {number} */
  #nearestWord(elements, point) {
    let best = -1;
    let least = Infinity;
    for (const element of elements) {
      const node = element.firstChild;
      if (!(node instanceof Text)) continue;
      const { start, end } = element.atom;
      for (let at = lastStartingBefore(this.words, start + 1); this.words[at]?.start < end; at += 1) {
        const gap = gapTo(node, Math.max(this.words[at].start, start) - start, Math.min(this.words[at].end, end) - start, point);
        if (gap < least) [best, least] = [at, gap];
      }
    }
    return best;
  }
}

/** @param {Range} one @param {Range} other */
function meet(one, other) {
  return one.start < other.end && other.start < one.end;
}

/** @param {Mark[]} marks @returns {Mark[]} the innermost first */
function byDepth(marks) {
  const rest = [...marks];
  const ordered = [];
  for (let mark = innermost(rest); mark; mark = innermost(rest)) {
    ordered.push(mark);
    rest.splice(rest.indexOf(mark), 1);
  }
  return ordered;
}

/** @param {DOMRect} rect @param {number} y */
function heightGap(rect, y) {
  return Math.max(rect.top - y, y - rect.bottom, 0);
}

/** @param {Text} node @param {number} from @param {number} to @param {Point} point @returns {number} distance, lines before columns */
function gapTo(node, from, to, { x, y }) {
  if (to <= from) return Infinity;
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  const gaps = Array.from(range.getClientRects(), (rect) => heightGap(rect, y) * 1e4 + Math.max(rect.left - x, x - rect.right, 0));
  return Math.min(Infinity, ...gaps);
}
