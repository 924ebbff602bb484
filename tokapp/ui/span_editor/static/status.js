/** Whether everything is stored, and what was done, said politely. */

/** Milliseconds after which an action without an answer is called by its name. */
const PATIENCE = 4000;

export class Status {
  /** @param {HTMLElement} host @param {HTMLElement} live */
  constructor(host, live) {
    this.host = host;
    this.live = live;
    this.refusal = "";
    /** Whether the person was told that something is not saved. */
    this.isLate = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  dispose() {
    clearTimeout(this.timer);
  }

  clear() {
    this.refusal = "";
  }

  /** @param {number} unsaved @param {number} revision @param {boolean} isKept whether the browser holds what is unsaved */
  show(unsaved, revision, isKept) {
    clearTimeout(this.timer);
    if (unsaved) {
      this.refusal = "";
      this.#set("saving", `saving ${unsaved}…`, "");
      const hint = isKept ? "This browser keeps it and sends it when the server is back." : "Waiting for the server. Keep this page open.";
      this.timer = setTimeout(() => this.#worry(unsaved, hint), PATIENCE);
      return;
    }
    if (this.isLate) this.say("everything is saved again");
    this.isLate = false;
    if (!this.refusal) {
      if (revision) this.#set("saved", `saved · ${revision}`, `Everything is stored. Revision ${revision}.`);
      else this.#set("fresh", "no changes yet", "");
    }
  }

  /** @param {number} unsaved @param {string} hint what becomes of it */
  #worry(unsaved, hint) {
    this.isLate = true;
    this.#set("late", `${unsaved} not saved yet`, hint);
    this.say(`${unsaved} not saved yet. ${hint}`);
  }

  /** @param {string} reason why the store did not take an action */
  refuse(reason) {
    this.refusal = reason;
    this.#set("refused", "not saved", reason);
    this.say(`not saved: ${reason}`);
  }

  /** Read aloud, also when the same was said just before. @param {string} sentence */
  say(sentence) {
    this.live.textContent = this.live.textContent === sentence ? `${sentence}\u00a0` : sentence;
  }

  /** @param {string} state @param {string} text @param {string} title */
  #set(state, text, title) {
    this.host.dataset.state = state;
    this.host.textContent = text;
    this.host.title = title;
  }
}
