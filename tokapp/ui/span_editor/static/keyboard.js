/**
 * The keyboard: a caret with a selection, and the commands of `keys.js`.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./keys.js").Command} Command
 * @typedef {import("./marking.js").Step} Step
 */

import { isSame, step, stretch, union } from "./caret.js";
import { shorten } from "./elements.js";
import { keymap } from "./keys.js";
import { nudged } from "./nudge.js";
import { about } from "./side_list.js";
import { snapped } from "./snap.js";
import { Graphemes, Listed } from "./units.js";

/** @type {Record<string, Step>} the kinds that the arrows go by, with the name of each */
const STEPS = { words: "word", characters: "character", "model tokens": "token" };
const IN_CARD = ["label", "accept", "reject", "remove", "cancel", "edit"];

export class Keyboard {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Range | null} */
    this.anchor = null;
    /** @type {Range | null} */
    this.cursor = null;
    /** @type {Mark | null} whose edges are being changed */
    this.editing = null;
    /** Whether the selection was made by smaller units than words, and is marked as it is. */
    this.isExact = false;
    /** Whether Tab leaves the text, since Escape came before it. */
    this.isLeaving = false;
    editor.section.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Forget caret and selection. */
  reset() {
    this.anchor = null;
    this.cursor = null;
    this.editing = null;
    this.editor.view.focus = { cursor: null, selection: null };
  }

  /**
   * @param {Range} anchor @param {Range} cursor
   * @param {"cursor" | "drag" | "none"} look a ring with the selection behind it, the selection alone, or nothing
   */
  select(anchor, cursor, look) {
    this.anchor = anchor;
    this.cursor = cursor;
    const isWide = look === "drag" || this.editing !== null || (look === "cursor" && !isSame(anchor, cursor));
    this.editor.view.focus = {
      cursor: look === "cursor" ? cursor : null,
      selection: isWide ? union(anchor, cursor) : null,
    };
    this.editor.paint();
  }

  /** @param {Range} range shown as selected, as a drag goes on */
  preview(range) {
    const { selection } = this.editor.view.focus;
    if (selection && isSame(selection, range)) return;
    this.editor.view.focus = { cursor: null, selection: range };
    this.editor.paint();
  }

  /** @returns {Range | null} */
  selection() {
    return this.editor.view.focus.selection;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { view, card } = this.editor;
    const inCard = event.composedPath().includes(card.host);
    const inText = event.composedPath().includes(view.host);
    const command = keymap.commandOf(event, this.editor.labels);
    if (inText && !event.ctrlKey && !event.metaKey && event.key !== "Tab") event.stopPropagation(); // Streamlit has keys of its own
    if (!command) return;
    const done = inText ? this.#inText(command) : (inCard && this.#inCard(command)) || (command.anywhere && this.#anywhere(command));
    if (inText && event.key !== "Shift") this.isLeaving = command.action === "cancel";
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Command} command @returns {boolean} whether it was ours */
  #anywhere({ action }) {
    this.editor.act(/** @type {"undo" | "redo" | "submit"} */ (action), []);
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
    if (!mark || !IN_CARD.includes(action)) return false;
    card.close();
    if (action === "label") this.editor.relabel(mark, labels[label].name);
    else if (action === "edit") this.edit(mark);
    else if (action !== "cancel") this.#decide(action, mark);
    return true;
  }

  /** @param {Command} command @returns {boolean} */
  #inText(command) {
    const { action, label, isFine = false } = command;
    const { editor } = this;
    if (editor.card.mark && IN_CARD.includes(action)) return this.#inCard(command);
    switch (action) {
      case "label": return this.label(label, isFine);
      case "mark": return this.#mark();
      case "accept":
      case "reject": return this.#settle(action);
      case "edit": return this.#edit();
      case "remove": return this.#remove();
      case "piece": return this.#piece();
      case "findLabel": editor.findLabel(); return true;
      case "startOut":
      case "startIn":
      case "endOut":
      case "endIn": return this.#nudge(action, isFine);
      case "step": return this.#nextStep();
      case "submit": return this.editing ? this.#confirm() : this.#anywhere(command);
      case "undo":
      case "redo": return this.#anywhere(command);
      case "copy": return this.#copy();
      case "help": editor.help.toggle(); return true;
      case "cancel": return this.#cancel();
      case "nextSuggestion": return this.#walk(1, !command.stroke?.endsWith("Tab"));
      case "previousSuggestion": return this.#walk(-1, !command.stroke?.endsWith("Tab"));
      default: return this.#go(command);
    }
  }

  #cancel() {
    this.reset();
    this.editor.handles.hide();
    this.editor.pointer.touch.cancel();
    this.editor.paint();
    return true;
  }

  #nextStep() {
    const { marking, status } = this.editor;
    const kinds = Object.entries(STEPS);
    const [name, kind] = kinds[(kinds.findIndex(([, one]) => one === marking.preferences.step) + 1) % kinds.length];
    marking.set({ step: kind });
    status.say(`arrows go by ${name}`);
    return true;
  }

  /** @param {Command} command @returns {boolean} */
  #go({ action, extends: isExtending }) {
    const { view, marking, status } = this.editor;
    const kind = action.startsWith("character") ? "character" : action.startsWith("token") ? "token" : marking.preferences.step;
    const units = marking.unitsOf(kind);
    if (!units) {
      status.say(`there are no model tokens here yet`);
      return true;
    }
    const to = this.cursor ? this.#target(action, units, isExtending) ?? this.cursor : units.at(0);
    if (!to) return true;
    this.editor.card.close();
    this.isExact = kind !== "word";
    if (!isExtending) this.editing = null;
    this.select(isExtending && this.anchor ? this.anchor : to, to, "cursor");
    view.scrollTo(to);
    status.say(this.#describe(to));
    return true;
  }

  /** @param {string} action @param {import("./units.js").Units} units @param {boolean} isExtending @returns {Range | null} */
  #target(action, units, isExtending) {
    const [cursor, anchor] = /** @type {[Range, Range]} */ ([this.cursor, this.anchor]);
    if (action === "home") return units.at(0);
    if (action === "end") return units.at(this.editor.text.length);
    if (action === "up" || action === "down") return this.#vertical(action === "up" ? -1 : 1, units);
    const isForward = action.toLowerCase().endsWith("right") !== this.editor.view.isRightToLeft(cursor);
    return isExtending ? stretch(anchor, cursor, units, isForward) : step(cursor, units, isForward);
  }

  /** @param {1 | -1} way @param {import("./units.js").Units} units @returns {Range | null} the unit above or below on the screen */
  #vertical(way, units) {
    const { view } = this.editor;
    const cursor = /** @type {Range} */ (this.cursor);
    const [rect] = view.rectsOf(cursor);
    if (!rect) return null;
    const height = parseFloat(getComputedStyle(view.host).lineHeight) || 40;
    for (const lines of [1, 1.6, 2.2]) {
      const point = { x: rect.left + rect.width / 2, y: rect.top + rect.height / 2 + way * height * lines };
      const found = units instanceof Graphemes ? view.characterAt(point) : units.at(view.words[view.wordAt(point)]?.start ?? cursor.start);
      if (found && Math.sign(found.start - cursor.start) === way) return found;
    }
    let far = cursor; // the neighbour line is off the screen
    for (let count = 0; count < 10; count += 1) far = step(far, units, way > 0) ?? far;
    return far;
  }

  /** @param {Range} at */
  #describe(at) {
    const { view, text } = this.editor;
    const range = this.selection() ?? at;
    const over = view.index.byDepth(at).map((mark) => about(mark) + (mark.suggested ? " suggested" : ""));
    return [shorten(text.slice(range.start, range.end), 60).trim() || "blank", ...over].join(", ");
  }

  /** @returns {Mark[]} what lies at the caret, the innermost first */
  #here() {
    const { view } = this.editor;
    return view.focus.cursor ? view.index.byDepth(view.focus.cursor) : [];
  }

  /** What the key of a label does. @param {number} label @param {boolean} [isExact] @returns {boolean} */
  label(label, isExact = false) {
    const { editor } = this;
    editor.bar.pick(label);
    const range = this.selection();
    const [over] = range ? [] : this.#here();
    if (this.editing && range) this.#store(this.editing, range, editor.labels[label].name);
    else if (over) editor.relabel(over, editor.labels[label].name);
    else if (range ?? editor.view.focus.cursor) this.#add(/** @type {Range} */ (range ?? editor.view.focus.cursor), label, isExact || this.isExact);
    else editor.status.say(`${editor.labels[label].name} marks`);
    return true;
  }

  #mark() {
    if (this.editing) return this.#confirm();
    const range = this.selection();
    if (range) return this.#add(range);
    if (!this.cursor) return true;
    const [over] = this.#here();
    if (over) this.editor.show(over, true);
    else this.#add(this.cursor);
    return true;
  }

  /** @param {Range} range @param {number} [label] @param {boolean} [isExact] */
  #add(range, label, isExact = this.isExact) {
    const { editor, cursor } = this;
    const whole = isExact ? range : snapped(range, editor.marking.pieces, editor.text);
    if (whole) editor.add(whole, label);
    else editor.status.say("there is nothing to mark but blanks");
    if (cursor) this.select(cursor, cursor, "cursor");
    return true;
  }

  /** @param {"accept" | "reject"} action the suggestion at the caret, else the one pointed at @returns {boolean} */
  #settle(action) {
    const { editor } = this;
    const mark = this.#suggestion();
    if (!mark) {
      editor.status.say("no suggestion here");
      return true;
    }
    this.#decide(action, mark);
    if (editor.view.focus.cursor) this.#walk(1, true);
    return true;
  }

  /** @returns {Mark | undefined} */
  #suggestion() {
    const { view, marks } = this.editor;
    const here = view.focus.cursor ? this.#here() : marks.filter((mark) => view.isHot(mark));
    return here.find((mark) => mark.suggested);
  }

  #edit() {
    const mark = this.#suggestion() ?? this.#here()[0];
    if (mark) this.edit(mark);
    else this.editor.status.say("no span here");
    return true;
  }

  /** Select a span, so that its edges can be changed before it is stored with its own or with another label. @param {Mark} mark */
  edit(mark) {
    const { editor } = this;
    if (editor.data?.disabled) return;
    const units = new Graphemes(editor.text);
    const [first, last] = [units.at(mark.start), units.at(mark.end - 1)];
    if (!first || !last) return;
    this.editing = mark;
    this.isExact = true;
    editor.view.host.focus({ preventScroll: true });
    this.select(first, last, "cursor");
    const surface = shorten(editor.text.slice(mark.start, mark.end), 40);
    editor.status.say(`editing ${surface}: Shift with arrows or brackets move the edges, a letter changes the label, Space stores, Escape drops`);
  }

  /** Store what is edited under its own label. */
  #confirm() {
    const [mark, range] = [this.editing, this.selection()];
    if (mark && range) this.#store(mark, range, mark.label);
    return true;
  }

  /** @param {Mark} mark @param {Range} range @param {string} label */
  #store(mark, range, label) {
    const { cursor } = this;
    this.editing = null;
    this.editor.change(mark, range, label);
    if (cursor) this.select(cursor, cursor, "cursor");
  }

  #piece() {
    const { cursor } = this;
    this.editor.pieces.command(this.selection(), this.#here().find((mark) => !mark.suggested));
    if (cursor && this.selection()) this.select(cursor, cursor, "cursor");
    return true;
  }

  #remove() {
    const [mark] = this.#here();
    if (mark) this.#decide("remove", mark);
    else this.editor.status.say("no span here");
    return true;
  }

  /** Move an edge of the selection, else of the span in the card, else of the one at the caret. @param {import("./nudge.js").Way} way @param {boolean} isFine */
  #nudge(way, isFine) {
    const { editor } = this;
    const selection = this.selection();
    const mark = selection ? null : editor.card.mark ?? this.#here()[0];
    const from = selection ?? mark;
    const range = from && nudged(from, way, isFine ? new Graphemes(editor.text) : this.#nudgeUnits());
    if (!range) {
      editor.status.say(from ? "the edge cannot move there" : "no span here");
      return true;
    }
    if (mark) editor.move(mark, range);
    this.#standAt(range, way.startsWith("start"), !mark);
    return true;
  }

  #nudgeUnits() {
    const { marking } = this.editor;
    return (marking.preferences.step === "token" && marking.unitsOf("token")) || new Listed(this.editor.view.words);
  }

  /** @param {Range} range @param {boolean} isStart at which edge the caret stands @param {boolean} isSelected */
  #standAt(range, isStart, isSelected) {
    const units = isSelected ? new Graphemes(this.editor.text) : new Listed(this.editor.view.words);
    const [first, last] = [units.at(range.start), units.at(range.end - 1)];
    if (!first || !last) return;
    const cursor = isStart ? first : last;
    this.isExact ||= isSelected;
    this.select(isSelected ? (isStart ? last : first) : cursor, cursor, "cursor");
    if (isSelected) this.editor.status.say(this.#describe(cursor));
  }

  /** @param {string} action @param {Mark} mark */
  #decide(action, mark) {
    if (mark.suggested) this.editor.act(action === "accept" ? "accept" : "reject", [mark]);
    else if (action === "remove") this.editor.remove(mark);
  }

  /** To the next or the former suggestion. @param {1 | -1} way @param {boolean} wraps round the ends @returns {boolean} false where there is none that way */
  #walk(way, wraps) {
    const { marks, view } = this.editor;
    const suggestions = marks.filter((mark) => mark.suggested);
    const from = this.cursor ? this.cursor.start : way > 0 ? -1 : Infinity;
    const ahead = way > 0 ? suggestions.find((mark) => mark.start > from) : suggestions.findLast((mark) => mark.start < from);
    if (!wraps && (this.isLeaving || !ahead || (way < 0 && !this.cursor))) return false;
    const next = ahead ?? (way > 0 ? suggestions[0] : suggestions[suggestions.length - 1]);
    if (!next) {
      this.editor.status.say("no more suggestions");
      return true;
    }
    const word = new Listed(view.words).at(next.start);
    const first = { start: next.start, end: Math.min(next.end, word && word.end > next.start ? word.end : next.end) };
    this.editing = null;
    this.isExact = false;
    this.editor.card.close();
    this.select(first, first, "cursor");
    view.scrollTo(next);
    this.editor.status.say(this.#describe(first));
    return true;
  }
}
