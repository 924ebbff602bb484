// Clicking a span, or pressing Enter in it, asks for its reasons.

/** @typedef {import("./attribution_view.js").View} View */

export class Picking {
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    this.bar = null;
    this.isBusy = false;
    this.hint = "Arrow keys read word by word, Enter picks a span.";
  }

  /** @param {number | null} _word @param {number[]} marks */
  activate(_word, marks) {
    const all = this.view.data?.marks ?? [];
    const others = marks.filter((place) => all[place].kind !== "chosen");
    const inner = others.at(-1);
    if (inner !== undefined) this.view.send.trigger("pick", all[inner].id);
  }

  /** @returns {boolean} */
  key() {
    return false;
  }

  drawn() {}
}
