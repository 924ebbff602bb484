/**
 * The keyboard: a caret with a selection, and the commands of `keys.js`.
 *
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./layout.js").Range} Range
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./keys.js").Command} Command
 */

import { isSame, union } from "./caret.js";
import { Edges } from "./edges.js";
import { shorten } from "./elements.js";
import { keymap } from "./keys.js";
import { Motion } from "./motion.js";
import { about } from "./side_list.js";
import { snapped } from "./snap.js";

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
    this.motion = new Motion(this);
    this.edges = new Edges(this);
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
    this.editor.actions.act(/** @type {"undo" | "redo" | "submit"} */ (action), []);
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
    if (action === "label") this.editor.actions.relabel(mark, labels[label].name);
    else if (action === "edit") this.edges.edit(mark);
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
      case "endIn": return this.edges.nudge(action, isFine);
      case "step": return this.motion.nextStep();
      case "submit": return this.editing ? this.edges.store() : this.#anywhere(command);
      case "undo":
      case "redo": return this.#anywhere(command);
      case "copy": return this.#copy();
      case "help": editor.help.toggle(); return true;
      case "cancel": return this.#cancel();
      case "nextSuggestion": return this.motion.walk(1, !command.stroke?.endsWith("Tab"));
      case "previousSuggestion": return this.motion.walk(-1, !command.stroke?.endsWith("Tab"));
      default: return this.motion.go(command);
    }
  }

  #cancel() {
    this.reset();
    this.editor.handles.hide();
    this.editor.pointer.touch.cancel();
    this.editor.paint();
    return true;
  }

  /** @param {Range} at @returns {string} what is selected, or lies there, and the spans over it */
  describe(at) {
    const { view, text } = this.editor;
    const range = this.selection() ?? at;
    const over = view.index.byDepth(at).map((mark) => about(mark) + (mark.suggested ? " suggested" : ""));
    return [shorten(text.slice(range.start, range.end), 60).trim() || "blank", ...over].join(", ");
  }

  /** @returns {Mark[]} what lies at the caret, the innermost first */
  here() {
    const { view } = this.editor;
    return view.focus.cursor ? view.index.byDepth(view.focus.cursor) : [];
  }

  /** What the key of a label does. @param {number} label @param {boolean} [isExact] @returns {boolean} */
  label(label, isExact = false) {
    const { editor } = this;
    editor.bar.pick(label);
    const range = this.selection();
    const [over] = range ? [] : this.here();
    if (this.editing && range) this.edges.store(editor.labels[label].name);
    else if (over) editor.actions.relabel(over, editor.labels[label].name);
    else if (range ?? editor.view.focus.cursor) this.#add(/** @type {Range} */ (range ?? editor.view.focus.cursor), label, isExact || this.isExact);
    else editor.status.say(`${editor.labels[label].name} marks`);
    return true;
  }

  #mark() {
    if (this.editing) return this.edges.store();
    const range = this.selection();
    if (range) return this.#add(range);
    if (!this.cursor) return true;
    const [over] = this.here();
    if (over) this.editor.show(over, true);
    else this.#add(this.cursor);
    return true;
  }

  /** @param {Range} range @param {number} [label] @param {boolean} [isExact] */
  #add(range, label, isExact = this.isExact) {
    const { editor, cursor } = this;
    const whole = isExact ? range : snapped(range, editor.marking.pieces, editor.text);
    if (whole) editor.actions.add(whole, label);
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
    if (editor.view.focus.cursor) this.motion.walk(1, true);
    return true;
  }

  /** @returns {Mark | undefined} */
  #suggestion() {
    const { view, marks } = this.editor;
    const here = view.focus.cursor ? this.here() : marks.filter((mark) => view.isHot(mark));
    return here.find((mark) => mark.suggested);
  }

  #edit() {
    const mark = this.#suggestion() ?? this.here()[0];
    if (mark) this.edges.edit(mark);
    else this.editor.status.say("no span here");
    return true;
  }

  #piece() {
    const { cursor } = this;
    this.editor.pieces.command(this.selection(), this.here().find((mark) => !mark.suggested));
    if (cursor && this.selection()) this.select(cursor, cursor, "cursor");
    return true;
  }

  #remove() {
    const [mark] = this.here();
    if (mark) this.#decide("remove", mark);
    else this.editor.status.say("no span here");
    return true;
  }

  /** @param {string} action @param {Mark} mark */
  #decide(action, mark) {
    if (mark.suggested) this.editor.actions.act(action === "accept" ? "accept" : "reject", [mark]);
    else if (action === "remove") this.editor.actions.remove(mark);
  }
}
