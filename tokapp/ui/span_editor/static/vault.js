/**
 * What the store has not answered yet, kept in the browser's local storage so that it outlives the page and the server.
 *
 * Every tab writes under a name of its own, and takes over what other tabs left behind. Taking over an action that another
 * tab still sends does no harm: the store records each token once.
 *
 * @typedef {import("./queue.js").Entry} Entry
 * @typedef {import("./queue.js").PlainSpan} PlainSpan
 * @typedef {{entries: Entry[], drawn: [number, PlainSpan[]][]}} Kept `drawn`: people's spans of each document, as on the screen
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Shelf
 */

const PREFIX = "tokapp.unsaved";
const TOKEN = /^[0-9a-f]{32}$/;
const TAB = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(16)).join("");

export class Vault {
  /** @param {string} place which store and which person: nobody else's actions are taken over @param {Shelf | null} [shelf] @param {string} [tab] */
  constructor(place, shelf = localShelf(), tab = TAB) {
    this.place = place;
    this.shelf = shelf;
    this.own = `${PREFIX}.${place}.${tab}`;
  }

  /** @returns {Kept} everything that any tab has left behind; it belongs to this tab from now on */
  takeOver() {
    /** @type {Map<string, Entry>} */
    const entries = new Map();
    /** @type {Map<number, PlainSpan[]>} */
    const drawn = new Map();
    for (const name of this.#names()) {
      const kept = read(this.shelf?.getItem(name) ?? null);
      for (const entry of kept.entries) entries.set(entry.token, entry);
      for (const [doc, spans] of kept.drawn) drawn.set(doc, spans);
    }
    const all = { entries: [...entries.values()], drawn: [...drawn] };
    const others = this.#names().filter((name) => name !== this.own);
    if (others.length && this.save(all)) for (const name of others) this.shelf?.removeItem(name);
    return all;
  }

  /** @param {Kept} kept @returns {boolean} whether the browser has it */
  save(kept) {
    try {
      if (kept.entries.length) this.shelf?.setItem(this.own, JSON.stringify(kept));
      else this.shelf?.removeItem(this.own);
      return this.shelf !== null;
    } catch {
      return false; // the storage is full
    }
  }

  /** @returns {string[]} */
  #names() {
    const names = [];
    for (let at = 0; at < (this.shelf?.length ?? 0); at += 1) names.push(this.shelf?.key(at) ?? "");
    return names.filter((name) => name.startsWith(`${PREFIX}.${this.place}.`));
  }
}

/** @returns {Shelf | null} null where the browser keeps nothing */
function localShelf() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** @param {string | null} text @returns {Kept} nothing where the text is not what this module wrote */
function read(text) {
  try {
    const { entries, drawn } = JSON.parse(text ?? "{}");
    if (!Array.isArray(entries) || !Array.isArray(drawn)) return { entries: [], drawn: [] };
    return { entries: entries.filter((entry) => TOKEN.test(entry?.token)), drawn: drawn.filter(isDrawn) };
  } catch {
    return { entries: [], drawn: [] };
  }
}

/** @param {unknown} one @returns {one is [number, PlainSpan[]]} */
function isDrawn(one) {
  return Array.isArray(one) && typeof one[0] === "number" && Array.isArray(one[1]);
}
