/**
 * Actions that the store has not yet answered. They travel in one state value, so a newer value always holds the older
 * actions too, and each has a token under which the store records it once.
 *
 * @typedef {[number, number, string]} PlainSpan start and end in code points, label
 * @typedef {{token: string, doc: number, seen: number, length: number, verb: string, spans: PlainSpan[]}} Entry
 */

export class Queue {
  constructor() {
    /** @type {Entry[]} */
    this.entries = [];
  }

  /**
   * @param {{doc: number, revision: number, length: number}} place where the action was made: `revision` is the store's last answer
   * @param {string} verb @param {PlainSpan[]} spans
   * @returns {Entry}
   */
  add({ doc, revision, length }, verb, spans) {
    const ahead = this.entries.filter((entry) => entry.doc === doc).length;
    const entry = { token: makeToken(), doc, seen: revision + ahead, length, verb, spans };
    this.entries.push(entry);
    return entry;
  }

  /**
   * Drop what the store has answered.
   *
   * @param {Record<string, number | string>} answers by token: the revision that the action made, or why it was refused
   * @returns {{revision: number, reasons: string[]}} the last revision made, -1 if none, and the refusals
   */
  settle(answers) {
    const answered = this.entries.map((entry) => answers[entry.token]);
    const revisions = answered.filter((answer) => typeof answer === "number");
    const reasons = answered.filter((answer) => typeof answer === "string");
    this.entries = this.entries.filter((entry) => !(entry.token in answers));
    return { revision: Math.max(-1, ...revisions), reasons };
  }

  /** @param {number} doc */
  isEmptyFor(doc) {
    return this.entries.every((entry) => entry.doc !== doc);
  }
}

/** @returns {string} 32 hexadecimal digits; `randomUUID` is missing on plain http addresses */
function makeToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
