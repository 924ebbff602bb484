// Draws words with their strength. Text enters the page through textContent only.

/**
 * @typedef {{text: string, inside: boolean, strength?: number, note?: string, unclear?: boolean}} Piece
 * @param {Piece} piece
 * @returns {HTMLSpanElement}
 */
function draw(piece) {
  const element = document.createElement("span");
  element.textContent = piece.text;
  if (piece.inside) element.classList.add("inside");
  if (piece.strength === undefined) return element;
  element.classList.add("word");
  element.title = piece.note ?? "";
  if (piece.unclear) element.classList.add("unclear");
  const share = Math.abs(piece.strength);
  if (share > 0) {
    element.classList.add(piece.strength > 0 ? "for" : "against");
    element.style.setProperty("--share", `${Math.round(8 + 52 * share)}%`);
    element.style.setProperty("--edge", `${Math.round(20 + 80 * share)}%`);
  }
  return element;
}

/** @param {{parentElement: ParentNode, data: {pieces: Piece[], summary: string}}} component */
export default function ({ parentElement, data }) {
  const view = parentElement.querySelector(".view");
  if (!view) return;
  view.setAttribute("role", "img"); // a picture without a name would be announced before its words are there
  view.setAttribute("aria-label", data.summary);
  view.replaceChildren(...data.pieces.map(draw));
}
