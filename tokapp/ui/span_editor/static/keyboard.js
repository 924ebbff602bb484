/**
 * The keyboard: a word cursor with a selection, and the commands of `keys.js`.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./keys.js").Command} Command
 */

import { shorten } from "./elements.js";
import { commandOf } from "./keys.js";
import { lastStartingBefore } from "./layout.js";
import { nudged } from "./nudge.js";
import { about } from "./side_list.js";
import { Graphemes, Listed } from "./units.js";

export class Keyboard {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.anchor = -1;
    this.cursor = -1;
    editor.section.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Forget cursor and selection. */
  reset() {
    this.anchor = -1;
    this.cursor = -1;
    this.editor.view.focus = { cursor: null, selection: null };
  }

  /**
   * @param {number} anchor @param {number} cursor words
   * @param {"cursor" | "drag" | "none"} look a ring with the selection behind it, the selection alone, or nothing
   */
  select(anchor, cursor, look) {
    if (anchor < 0 || cursor < 0) return;
    const isSame = anchor === this.anchor && cursor === this.cursor;
    if (isSame && look === "drag" && this.editor.view.focus.selection) return;
    this.anchor = anchor;
    this.cursor = cursor;
    const isWide = look === "drag" || (look === "cursor" && anchor !== cursor);
    this.editor.view.focus = {
      cursor: look === "cursor" ? this.editor.view.words[cursor] : null,
      selection: isWide ? this.#between(anchor, cursor) : null,
    };
    this.editor.paint();
  }

  /** @returns {Range | null} from the first to the last selected word */
  selection() {
    return this.editor.view.focus.selection;
  }

  /** @param {number} one @param {number} other @returns {Range} */
  #between(one, other) {
    const { words } = this.editor.view;
    return { start: words[Math.min(one, other)].start, end: words[Math.max(one, other)].end };
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { view, card } = this.editor;
    const inCard = event.composedPath().includes(card.host);
    const inText = event.composedPath().includes(view.host);
    const command = commandOf(event, this.editor.labels);
    if (inText && !event.ctrlKey && !event.metaKey && event.key !== "Tab") event.stopPropagation(); // Streamlit has keys of its own
    if (!command) return;
    const isChord = event.ctrlKey || event.metaKey;
    const done = isChord ? this.#chord(command) : inText ? this.#inText(command) : inCard && this.#inCard(command);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Command} command @returns {boolean} whether it was ours */
  #chord({ action }) {
    const { editor } = this;
    if (action === "copy") return this.#copy();
    editor.act(/** @type {"undo" | "redo" | "submit"} */ (action), []);
    return true;
  }

  #copy() {
    const range = this.selection() ?? this.editor.view.focus.cursor;
    if (!range || !navigator.clipboard) return false;
    navigator.clipboard.writeText(this.editor.text.slice(range.start, range.end)).then(
      () => this.editor.status.say("copied"),
      () => this.editor.status.say("the browser does not allow copying here"),
    );
    return true;
  }

  /** @param {Command} command @returns {boolean} */
  #inCard({ action, label }) {
    const { card, labels } = this.editor;
    const { mark } = card;
    if (!mark || !["label", "accept", "reject", "remove", "cancel"].includes(action)) return false;
    card.close();
    if (action === "label") this.editor.relabel(mark, labels[label].name);
    else if (action !== "cancel") this.#decide(action, mark);
    return true;
  }

  /** @param {Command} command @returns {boolean} */
  #inText({ action, extends: isExtending, label, isFine }) {
    const { editor } = this;
    if (editor.card.mark && ["label", "accept", "reject", "remove", "cancel"].includes(action)) {
      return this.#inCard({ action, extends: isExtending, label });
    }
    switch (action) {
      case "label": return this.#label(label);
      case "mark": return this.#mark();
      case "accept":
      case "reject": return this.#settle(action);
      case "remove": return this.#remove();
      case "startOut":
      case "startIn":
      case "endOut":
      case "endIn": return this.#nudge(action, isFine ?? false);
      case "help": editor.help.toggle(); return true;
      case "cancel": this.reset(); editor.paint(); return true;
      case "nextSuggestion": return this.#walk(1);
      case "previousSuggestion": return this.#walk(-1);
      default: return this.#go(action, isExtending);
    }
  }

  /** @param {string} action @param {boolean} isExtending @returns {boolean} */
  #go(action, isExtending) {
    const { words } = this.editor.view;
    if (!words.length) return true;
    const to = this.cursor < 0 ? 0 : this.#target(action);
    this.editor.card.close();
    this.select(isExtending && this.anchor >= 0 ? this.anchor : to, to, "cursor");
    this.editor.view.scrollTo(words[to]);
    this.editor.status.say(this.#describe(to));
    return true;
  }

  /** @param {string} action @returns {number} word */
  #target(action) {
    const last = this.editor.view.words.length - 1;
    if (action === "home") return 0;
    if (action === "end") return last;
    if (action === "up" || action === "down") return this.#vertical(action === "up" ? -1 : 1);
    const isForward = (action === "right") !== this.#isRightToLeft();
    return Math.max(0, Math.min(last, this.cursor + (isForward ? 1 : -1)));
  }

  /** @param {number} step @returns {number} the word above or below on the screen */
  #vertical(step) {
    const { view } = this.editor;
    const [rect] = view.rectsOf(view.words[this.cursor]);
    if (!rect) return this.cursor;
    const height = parseFloat(getComputedStyle(view.host).lineHeight) || 40;
    for (const lines of [1, 1.6, 2.2]) {
      const word = view.wordAt({ x: rect.left + rect.width / 2, y: rect.top + rect.height / 2 + step * height * lines });
      if (word >= 0 && Math.sign(word - this.cursor) === step) return word;
    }
    return Math.max(0, Math.min(view.words.length - 1, this.cursor + step * 10)); // the neighbour line is off the screen
  }

  #isRightToLeft() {
    const { view } = this.editor;
    return view.isRightToLeft(view.words[this.cursor]);
  }

  /** @param {number} word */
  #describe(word) {
    const { view, text } = this.editor;
    const range = this.selection() ?? view.words[word];
    const over = view.index.byDepth(view.words[word]).map((mark) => about(mark) + (mark.suggested ? " suggested" : ""));
    return [shorten(text.slice(range.start, range.end), 60), ...over].join(", ");
  }

  /** @param {number} label @returns {boolean} */
  #label(label) {
    const { editor } = this;
    editor.bar.pick(label);
    const range = this.selection();
    const [over] = this.editor.view.focus.cursor && !range ? editor.view.index.byDepth(editor.view.words[this.cursor]) : [];
    if (over) editor.relabel(over, editor.labels[label].name);
    else if (range ?? editor.view.focus.cursor) this.#add(/** @type {Range} */ (range ?? editor.view.focus.cursor), label);
    else editor.status.say(`${editor.labels[label].name} marks`);
    return true;
  }

  #mark() {
    const range = this.selection();
    if (range) return this.#add(range);
    if (this.cursor < 0) return true;
    const [over] = this.editor.view.index.byDepth(this.editor.view.words[this.cursor]);
    if (over) this.editor.show(over, true);
    else this.#add(this.editor.view.words[this.cursor]);
    return true;
  }

  /** @param {Range} range @param {number} [label] */
  #add(range, label) {
    const { cursor } = this;
    this.editor.add(range, label);
    this.select(cursor, cursor, "cursor");
    return true;
  }

  /** @param {"accept" | "reject"} action the suggestion at the cursor, else the one pointed at @returns {boolean} */
  #settle(action) {
    const { editor } = this;
    const mark = this.#suggestion();
    if (!mark) {
      editor.status.say("no suggestion here");
      return true;
    }
    this.#decide(action, mark);
    if (editor.view.focus.cursor) this.#walk(1);
    return true;
  }

  /** @returns {Mark | undefined} */
  #suggestion() {
    const { view, marks } = this.editor;
    const here = view.focus.cursor ? view.index.byDepth(view.words[this.cursor]) : marks.filter((mark) => view.isHot(mark));
    return here.find((mark) => mark.suggested);
  }

  #remove() {
    const [mark] = this.editor.view.focus.cursor ? this.editor.view.index.byDepth(this.editor.view.words[this.cursor]) : [];
    if (mark) this.#decide("remove", mark);
    else this.editor.status.say("no span here");
    return true;
  }

  /** Move an edge of the span in the card, else of the one at the cursor. @param {import("./nudge.js").Way} way @param {boolean} isFine */
  #nudge(way, isFine) {
    const { editor } = this;
    const { view } = editor;
    const mark = editor.card.mark ?? (view.focus.cursor && view.index.byDepth(view.words[this.cursor])[0]);
    const range = mark && nudged(mark, way, isFine ? new Graphemes(editor.text) : new Listed(view.words));
    if (!mark || !range) {
      editor.status.say(mark ? "the edge cannot move there" : "no span here");
      return true;
    }
    editor.move(mark, range);
    const word = lastStartingBefore(view.words, (way.startsWith("start") ? range.start : range.end - 1) + 1);
    this.select(word, word, "cursor");
    return true;
  }

  /** @param {string} action @param {Mark} mark */
  #decide(action, mark) {
    if (mark.suggested) this.editor.act(action === "accept" ? "accept" : "reject", [mark]);
    else if (action === "remove") this.editor.act("remove", [mark]);
  }

  /** To the next or the former suggestion, round the ends. @param {1 | -1} step @returns {boolean} */
  #walk(step) {
    const { marks, view } = this.editor;
    const suggestions = marks.filter((mark) => mark.suggested);
    if (!suggestions.length) {
      this.editor.status.say("no more suggestions");
      return true;
    }
    const from = this.cursor < 0 ? -1 : view.words[this.cursor].start;
    const ahead = step > 0 ? suggestions.find((mark) => mark.start > from) : suggestions.findLast((mark) => mark.start < from);
    const next = ahead ?? (step > 0 ? suggestions[0] : suggestions[suggestions.length - 1]);
    const word = lastStartingBefore(view.words, next.start + 1);
    this.select(word, word, "cursor");
    view.scrollTo(next);
    this.editor.status.say(this.#describe(word));
    return true;
  }
}
