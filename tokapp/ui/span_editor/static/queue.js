/**
 * Actions that the store has not yet answered. They travel in one state value, so a newer value always holds the older
 * actions too, and each has a token under which the store records it once.
 *
 * @typedef {[number, number, string] | [number, number, string, string]} PlainSpan start and end in code points, label, group of a piece
 * @typedef {{token: string, doc: number, seen: number, length: number, verb: string, spans: PlainSpan[]}} Entry
 * @typedef {Pick<import("./vault.js").Vault, "place" | "takeOver" | "save">} Keeper
 */

export class Queue {
  /** @param {Keeper} keeper what outlives the page */
  constructor(keeper) {
    const { entries, drawn } = keeper.takeOver();
    this.keeper = keeper;
    this.entries = entries;
    /** @type {Map<number, PlainSpan[]>} people's spans of every document with unanswered actions, as they are drawn */
    this.drawn = new Map(drawn);
    this.isKept = true;
  }

  /**
   * @param {{doc: number, revision: number, length: number}} place where the action was made: `revision` is the store's last answer
   * @param {string} verb @param {PlainSpan[]} spans @param {PlainSpan[]} drawn people's spans once the action is drawn
   * @returns {Entry}
   */
  add({ doc, revision, length }, verb, spans, drawn) {
    const ahead = this.entries.filter((entry) => entry.doc === doc).length;
    const entry = { token: makeToken(), doc, seen: revision + ahead, length, verb, spans };
    this.entries.push(entry);
    this.drawn.set(doc, drawn);
    this.#keep();
    return entry;
  }

  /**
   * Drop what the store has answered.
   *
   * @param {Record<string, number | string>} answers by token: the revision that the action made, or why it was refused
   * @returns {{revision: number, reasons: string[]}} the last revision made, -1 if none, and the refusals
   */
  settle(answers) {
    const answered = this.entries.map((entry) => answers[entry.token]).filter((answer) => answer !== undefined);
    if (!answered.length) return { revision: -1, reasons: [] };
    const revisions = answered.filter((answer) => typeof answer === "number");
    const reasons = answered.filter((answer) => typeof answer === "string");
    this.entries = this.entries.filter((entry) => !(entry.token in answers));
    for (const doc of this.drawn.keys()) if (this.isEmptyFor(doc)) this.drawn.delete(doc);
    this.#keep();
    return { revision: Math.max(-1, ...revisions), reasons };
  }

  /** @param {number} doc */
  isEmptyFor(doc) {
    return this.entries.every((entry) => entry.doc !== doc);
  }

  #keep() {
    this.isKept = this.keeper.save({ entries: this.entries, drawn: [...this.drawn] });
  }
}

/** @returns {string} 32 hexadecimal digits; `randomUUID` is missing on plain http addresses */
function makeToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
