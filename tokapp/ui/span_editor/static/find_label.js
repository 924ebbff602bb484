/**
 * Finding one of many labels by typing: which ones fit, in which order, under which heading. Pure functions.
 *
 * @typedef {import("./label_bar.js").Label} Label
 * @typedef {{title: string, items: number[]}} Section indices of labels
 */

/** Recent labels that stand first. */
const RECENT = 5;

/**
 * @param {Label[]} labels @param {string} typed @param {string[]} recent names, the last used first
 * @returns {Section[]} without empty ones
 */
export function findLabels(labels, typed, recent) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  const fitting = labels.map((label, index) => ({ index, rank: rankOf(label, words) })).filter(({ rank }) => rank < 9);
  fitting.sort((one, other) => one.rank - other.rank || one.index - other.index);
  const indices = fitting.map(({ index }) => index);
  const late = recent.map((name) => labels.findIndex((label) => label.name === name)).filter((index) => indices.includes(index)).slice(0, RECENT);
  if (words.length) {
    const first = [...late].sort((one, other) => indices.indexOf(one) - indices.indexOf(other));
    const best = indices.filter((index) => rankOf(labels[index], words) === 0 && !first.includes(index));
    const ahead = [...first.filter((index) => rankOf(labels[index], words) === 0), ...best];
    return sections([{ title: "", items: [...ahead, ...indices.filter((index) => !ahead.includes(index))] }]);
  }
  const rest = indices.filter((index) => !late.includes(index));
  const groups = [...new Set(labels.map((label) => label.group ?? ""))];
  return sections([
    { title: "Recent", items: late },
    ...groups.map((title) => ({ title: title || (groups.length > 1 || late.length ? "Other" : ""), items: rest.filter((index) => (labels[index].group ?? "") === title) })),
  ]);
}

/** @param {Section[]} all */
function sections(all) {
  return all.filter((section) => section.items.length);
}

/** @param {Label} label @param {string[]} words @returns {number} 0 where the name begins so, 1 where a word of it does, 2 where it holds them, 3 where group or meaning does, 9 nowhere */
function rankOf(label, words) {
  if (!words.length) return 0;
  const name = fold(label.name);
  if (name.startsWith(words.join(" "))) return 0;
  if (words.every((word) => name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)))) return 1;
  if (words.every((word) => name.includes(word))) return 2;
  const all = fold(`${label.name} ${label.group ?? ""} ${label.description}`);
  return words.every((word) => all.includes(word)) ? 3 : 9;
}

/** @param {string} text @returns {string} without case and accents */
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
}

/**
 * Which labels have a button of their own: as long as there is room all of them, else those used last. Each keeps its
 * place until another label takes it.
 *
 * @param {number[]} slots as they are @param {number} index of the label that is used now @param {number[]} used the last used first
 */
export function takeSlot(slots, index, used) {
  if (slots.includes(index)) return slots;
  const age = (/** @type {number} */ slot) => (used.includes(slot) ? used.indexOf(slot) : used.length);
  const oldest = slots.reduce((best, slot, at) => (age(slot) >= age(slots[best]) ? at : best), 0);
  return slots.map((slot, at) => (at === oldest ? index : slot));
}
