/**
 * The span editor: draws at once, tells Python afterwards, and takes back what the store says.
 *
 * The browser owns the working copy, the store owns revisions. Down comes a document with its revision and the answers
 * to earlier actions; up goes the queue of actions that have no answer yet.
 *
 * @typedef {import("./layout.js").Mark} Mark
 * @typedef {import("./label_bar.js").Label} Label
 * @typedef {import("./border.js").Data} Data
 * @typedef {{setStateValue: (name: string, value: unknown) => void, setTriggerValue: (name: string, value: unknown) => void}} Port
 */

import { Actions } from "./actions.js";
import { marksOf, placeOf } from "./border.js";
import { Card } from "./card.js";
import { History, visible } from "./edits.js";
import { isDead, part } from "./elements.js";
import { piecesOf } from "./groups.js";
import { Handles } from "./handles.js";
import { Help } from "./help.js";
import { Keyboard } from "./keyboard.js";
import { LabelBar } from "./label_bar.js";
import { nameOf } from "./layout.js";
import { Marking, rangesOf } from "./marking.js";
import { Offsets } from "./offsets.js";
import { Options } from "./options.js";
import { Palette } from "./palette.js";
import { Pieces } from "./pieces.js";
import { Pointer } from "./pointer.js";
import { Queue } from "./queue.js";
import { SideList } from "./side_list.js";
import { Status } from "./status.js";
import { TextView } from "./text_view.js";
import { Threshold } from "./threshold.js";
import { Vault } from "./vault.js";

/** Texts that came down in this page; Python leaves a text out once it knows that it is here. @type {Map<number, {text: string, words: number[]}>} */
const texts = new Map();

export class Editor {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.doc = -1;
    this.revision = 0;
    this.text = "";
    this.offsets = new Offsets("");
    this.history = new History([]);
    this.queue = new Queue(new Vault("", null));
    this.session = "";
    /** @type {Mark[]} what is shown */
    this.marks = [];
    /** @type {Label[]} */
    this.labels = [];
    /** @type {Data | null} */
    this.data = null;
    /** @type {Port | null} */
    this.port = null;
    this.actions = new Actions(this);
    this.view = new TextView(part(section, "text"));
    this.status = new Status(part(section, "status"), part(section, "live"));
    this.bar = new LabelBar(part(section, "labels"), part(section, "more"), (index) => this.bar.pick(index));
    this.palette = new Palette(part(section, "palette"), { closed: () => this.view.host.focus({ preventScroll: true }) });
    this.card = new Card(part(section, "card"), {
      relabel: (mark, label) => this.actions.relabel(mark, label),
      accept: (marks) => this.actions.act("accept", marks),
      reject: (marks) => this.actions.act("reject", marks),
      remove: (mark) => this.actions.remove(mark),
      removePiece: (mark) => this.actions.act("remove", [mark]),
      addPiece: (mark) => this.pieces.arm(mark),
      other: (mark) => this.findLabel((index) => this.actions.relabel(mark, this.labels[index].name), this.view.rectsOf(mark)[0]),
      many: (mark) => this.port?.setTriggerValue("bulk", this.place(mark)),
      explain: (mark) => this.port?.setTriggerValue("explain", this.place(mark)),
      comment: (mark) => this.port?.setTriggerValue("comment", this.place(mark)),
      closed: () => this.view.host.focus({ preventScroll: true }),
      rectOf: (mark) => this.view.rectsOf(mark)[0] ?? null,
    });
    this.list = new SideList(part(section, "side"), {
      accept: (marks) => this.actions.act("accept", marks),
      reject: (marks) => this.actions.act("reject", marks),
      remove: (mark) => this.actions.remove(mark),
      many: () => this.port?.setTriggerValue("bulk", "suggestions"),
      open: (mark) => this.show(mark, true),
      point: (name) => this.view.point(name),
    });
    this.threshold = new Threshold(part(section, "threshold"), () => this.draw());
    this.marking = new Marking({
      ask: (kinds) => this.port?.setTriggerValue("units", { doc: this.doc, kinds }),
      save: (preferences) => this.port?.setTriggerValue("preferences", preferences),
      changed: () => this.#remark(),
      say: (sentence) => this.status.say(sentence),
    });
    this.handles = new Handles(this);
    this.pointer = new Pointer(this);
    this.keyboard = new Keyboard(this);
    this.pieces = new Pieces(this);
    this.help = new Help(part(section, "help"), this.marking);
    this.options = new Options(part(section, "options"), this.marking);
    part(section, "undo").addEventListener("click", () => this.actions.act("undo", []));
    part(section, "redo").addEventListener("click", () => this.actions.act("redo", []));
    part(section, "more").addEventListener("click", () => this.findLabel());
    part(section, "keys").addEventListener("click", () => this.help.toggle());
    part(section, "how").addEventListener("click", () => this.options.toggle());
    this.hold = (/** @type {BeforeUnloadEvent} */ event) => {
      if (this.queue.entries.length) event.preventDefault();
    };
    window.addEventListener("beforeunload", this.hold);
  }

  close() {
    window.removeEventListener("beforeunload", this.hold);
    this.card.dispose();
    this.palette.dispose();
    this.view.close();
    this.handles.close();
    this.marking.close();
    this.list.close();
    this.status.dispose();
  }

  /** @param {Data} data @param {Port} port */
  update(data, port) {
    this.port = port;
    this.#takeOver(data);
    if (data.text !== null) texts.set(data.doc, { text: data.text, words: data.words ?? [] });
    const content = texts.get(data.doc);
    if (!content) return this.send(); // answers with `have`: null, so Python sends the text
    this.data = data;
    const { revision, reasons } = this.queue.settle(data.answers);
    if (data.doc !== this.doc) this.#open(data, content);
    else {
      if (revision >= 0) this.revision = revision;
      if (this.queue.isEmptyFor(data.doc)) this.#adopt(data);
    }
    if (data.marking) this.marking.adopt(data.marking);
    this.draw();
    for (const reason of reasons) this.status.refuse(reason);
  }

  /** A new page, or a new connection, sends what the one before has no answer to. @param {Data} data */
  #takeOver({ place, session }) {
    if (place !== this.queue.keeper.place) this.queue = new Queue(new Vault(place));
    if (session === this.session) return;
    this.session = session;
    this.marking.saveAgain();
    if (this.queue.entries.length) this.sendSoon();
  }

  /** @param {Data} data @param {{text: string, words: number[]}} content */
  #open(data, content) {
    this.card.close(false);
    this.handles.hide();
    this.pointer.touch.cancel();
    this.pieces.disarm();
    this.doc = data.doc;
    this.revision = data.revision;
    this.text = content.text;
    this.offsets = new Offsets(content.text);
    const words = rangesOf(content.words, this.offsets);
    this.view.open(content.text, words);
    this.marking.open({ text: content.text, words, offsets: this.offsets });
    this.list.clear();
    this.history = new History(marksOf({ ...data, spans: this.queue.drawn.get(data.doc) ?? data.spans }, this.offsets));
    this.keyboard.reset();
    this.status.clear();
    this.#takeLabels(data);
    this.section.classList.toggle("shown-only", data.disabled && !data.marking);
    if (data.height) this.section.style.setProperty("--height", `${data.height}px`);
  }

  /** @param {Data} data */
  #adopt(data) {
    const isContinued = data.revision === this.revision;
    if (!isContinued) this.status.clear(); // what was refused before has been settled by something newer
    this.revision = data.revision;
    this.history.adopt(marksOf(data, this.offsets), isContinued);
    if (JSON.stringify(this.labels) !== JSON.stringify(data.labels)) this.#takeLabels(data);
  }

  /** @param {Data} data */
  #takeLabels(data) {
    this.labels = data.labels;
    const { style } = this.section;
    [...data.labels, { color: "#808080", light: "#5c5c5c", dark: "#a3a3a3" }].forEach(({ color, light, dark }, index) => {
      style.setProperty(`--hue-${index}`, color);
      style.setProperty(`--line-${index}`, `light-dark(${light}, ${dark})`);
    });
    this.bar.draw(data.labels, data.disabled);
  }

  /** Keys, snapping or ticks are others now. */
  #remark() {
    this.help.draw();
    this.options.draw();
    this.bar.draw(this.labels, this.data?.disabled ?? true);
    this.view.ticks = this.marking.ticks;
    this.view.host.ariaBusy = String(this.marking.isWaiting);
    this.paint();
  }

  /** The text alone, as cursor and selection move. */
  paint() {
    this.view.draw(this.marks, (mark) => this.hueOf(mark));
  }

  draw() {
    this.marks = this.threshold.apply(visible(this.history.marks));
    const disabled = this.data?.disabled ?? true;
    const { activeElement } = /** @type {Document | ShadowRoot} */ (this.section.getRootNode());
    const worked = activeElement !== this.view.host && this.section.contains(activeElement) ? activeElement : null;
    this.paint();
    this.handles.follow();
    const talk = new Map((this.data?.comments ?? []).map(([start, end, label, count]) => [`${start}:${end}:${label}`, count]));
    const talkOf = (/** @type {Mark} */ mark) => (talk.size ? talk.get(this.place(mark).join(":")) ?? 0 : 0);
    const isDeleted = (/** @type {Mark} */ mark) => this.hueOf(mark) === this.labels.length;
    this.list.draw(this.marks, { text: this.text, hueOf: (mark) => this.hueOf(mark), talkOf, isDeleted, disabled, canBulk: this.data?.canBulk ?? false });
    if (this.card.mark && !this.marks.some((mark) => nameOf(mark) === this.card.host.dataset.name)) this.card.close();
    /** @type {HTMLButtonElement} */ (part(this.section, "undo")).disabled = disabled || this.actions.steps.undo < 1;
    /** @type {HTMLButtonElement} */ (part(this.section, "redo")).disabled = disabled || this.actions.steps.redo < 1;
    this.status.show(this.queue.entries.length, this.revision, this.queue.isKept);
    if (isDead(worked)) this.#takeFocus(worked);
  }

  /** Whoever worked with what is gone goes on in the text, unless the focus has found another place. @param {Element | null} from */
  #takeFocus(from) {
    const { activeElement } = /** @type {Document | ShadowRoot} */ (this.section.getRootNode());
    if (!activeElement || activeElement === from || activeElement === document.body) this.view.host.focus({ preventScroll: true });
  }

  /** @param {Mark} mark @returns {number} index of the colour */
  hueOf(mark) {
    const index = this.labels.findIndex((label) => label.name === mark.label);
    return index < 0 ? this.labels.length : index;
  }

  /** After the next frame, or soon where no frame comes (a tab in the background). */
  sendSoon() {
    let isDone = false;
    const once = () => {
      if (!isDone) this.send();
      isDone = true;
    };
    requestAnimationFrame(() => setTimeout(once));
    setTimeout(once, 80);
  }

  /** Tell Python every action that has no answer yet. */
  send() {
    this.port?.setStateValue("queue", {
      have: texts.has(this.doc) ? this.doc : null,
      doc: this.doc,
      edits: this.queue.entries,
      drawn: [...this.queue.drawn],
    });
  }

  /** @param {Mark} mark @returns {[number, number, string]} in code points, without its group */
  place(mark) {
    return placeOf(mark, this.offsets);
  }

  /** Let a person find a label by its name. @param {(index: number) => void} [choose] what to do with it; as its key does if left out @param {DOMRect} [anchor] */
  findLabel(choose = (index) => void this.keyboard.label(index), anchor = part(this.section, "more").getBoundingClientRect()) {
    if (!this.data || this.data.disabled) return;
    this.palette.open(this.labels, anchor.width ? anchor : this.view.host.getBoundingClientRect(), choose);
  }

  /** Open the card of a span. @param {Mark} mark @param {boolean} takeFocus */
  show(mark, takeFocus) {
    this.view.scrollTo(mark);
    const { disabled = true, canExplain = false, canComment = false, canBulk = false } = this.data ?? {};
    const may = { disabled, canExplain, canComment, canBulk, canJoin: this.pieces.isAllowed, pieces: piecesOf(mark, this.marks) };
    this.pieces.remember(mark);
    this.card.open(mark, this.text, this.labels, may, takeFocus);
    this.handles.show(mark);
  }
}

/** @type {WeakMap<Node, Editor>} mounted root -> its editor */
const live = new WeakMap();

/**
 * Called by Streamlit when the data changed; what is returned runs when the element goes away.
 *
 * @param {{parentElement: ParentNode & Node, data: Data} & Port} component
 */
export default function mount({ parentElement, data, setStateValue, setTriggerValue }) {
  const section = /** @type {HTMLElement} */ (parentElement.querySelector(".editor"));
  let editor = live.get(section);
  if (!editor) {
    editor = new Editor(section);
    live.set(section, editor);
  }
  editor.update(data, { setStateValue, setTriggerValue });
  const mounted = editor;
  return () => mounted.close();
}
