/**
 * From a text to the blocks that stand below each other, and to the stretches of blocks that are painted together. Pure
 * functions, UTF-16 offsets.
 *
 * @typedef {import("./layout.js").Range} Range
 * @typedef {{start: number, end: number, direction: "auto" | "ltr" | "rtl"}} Block a paragraph without its line end, or a part of a long one
 * @typedef {{from: number, to: number, height: number}} Stretch blocks `from` up to before `to`; `height` in lines, guessed
 */

import { lastStartingBefore } from "./layout.js";

/** A paragraph stays in one block up to `longest` characters; the parts of a longer one have about `part`. */
const LENGTH = { longest: 4000, part: 2000, reach: 400 };

/** How many characters and how many blocks are painted together. */
const STRETCH = { characters: 4000, blocks: 50 };

/** Characters that fit on one line of the screen, more or less. */
const COLUMNS = 95;

const SENTENCE_END = /[.!?。！？…][\s"'”’)\]]*$/;
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/**
 * Paragraphs end at `\r\n`, `\n` or `\r`, which are part of none. Only a part of a long paragraph that goes on in the next
 * block has a direction of its own; the others find it by their first letter.
 *
 * @param {string} text
 * @param {Range[]} words in reading order
 * @returns {Block[]}
 */
export function cutBlocks(text, words) {
  /** @type {Block[]} */
  const blocks = [];
  const lineEnd = /\r\n|\n|\r/g;
  for (let start = 0; ; ) {
    const found = lineEnd.exec(text);
    const end = found ? found.index : text.length;
    if (end - start <= LENGTH.longest) blocks.push({ start, end, direction: "auto" });
    else blocks.push(...cutParagraph(text, words, start, end));
    if (!found) return blocks;
    start = end + found[0].length;
  }
}

/** @param {Block[]} blocks @returns {Stretch[]} */
export function gather(blocks) {
  /** @type {Stretch[]} */
  const stretches = [];
  let from = 0;
  let characters = 0;
  let height = 0;
  blocks.forEach(({ start, end }, at) => {
    characters += end - start;
    height += Math.max(1, Math.ceil((end - start) / COLUMNS));
    if (at + 1 < blocks.length && characters < STRETCH.characters && at + 1 - from < STRETCH.blocks) return;
    stretches.push({ from, to: at + 1, height });
    [from, characters, height] = [at + 1, 0, 0];
  });
  return stretches;
}

/** @param {string} text @param {Range[]} words @param {number} start @param {number} end @returns {Block[]} */
function cutParagraph(text, words, start, end) {
  /** @type {Block[]} */
  const blocks = [];
  const direction = directionOf(text.slice(start, end));
  for (let from = start; from < end; ) {
    const to = end - from <= LENGTH.longest ? end : cutAt(text, words, from, end);
    blocks.push({ start: from, end: to, direction });
    from = to;
  }
  return blocks;
}

/** The start of a word, after the end of a sentence where one is near. @param {string} text @param {Range[]} words @param {number} from @param {number} end */
function cutAt(text, words, from, end) {
  const least = from + LENGTH.part;
  let at = lastStartingBefore(words, least) + 1;
  const first = words[at]?.start ?? end;
  for (; words[at] && words[at].start < Math.min(least + LENGTH.reach, end); at += 1) {
    if (SENTENCE_END.test(text.slice(words[at].start - 8, words[at].start))) return words[at].start;
  }
  return Math.min(first, end);
}

/** @param {string} paragraph @returns {"ltr" | "rtl"} by its first letter */
function directionOf(paragraph) {
  const letter = /\p{L}/u.exec(paragraph);
  return letter && RIGHT_TO_LEFT.test(letter[0]) ? "rtl" : "ltr";
}
