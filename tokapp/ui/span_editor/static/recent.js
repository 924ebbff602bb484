/** The labels used last, by name; this browser remembers them. */

const NAME = "tokapp.recent";
const KEPT = 30;

/** @returns {string[]} the last used first */
export function recentLabels() {
  try {
    const kept = JSON.parse(window.localStorage.getItem(NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter((name) => typeof name === "string").slice(0, KEPT) : [];
  } catch {
    return []; // a browser that keeps nothing, or something else under that name
  }
}

/** @param {string} name used now */
export function keepRecent(name) {
  try {
    const names = [name, ...recentLabels().filter((one) => one !== name)].slice(0, KEPT);
    window.localStorage.setItem(NAME, JSON.stringify(names));
  } catch {
    // only the order of the palette is lost
  }
}
