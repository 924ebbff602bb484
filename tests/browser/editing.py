"""How a person handles the editor: find words on the screen, drag, click, press keys, wait until it is stored."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

_FIND = """
(host, [needle, nth]) => {
  const nodes = [];
  let all = "";
  const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest(".tags")) continue;
    nodes.push([all.length, node]);
    all += node.data;
  }
  let at = -1;
  for (let count = 0; count <= nth; count += 1) at = all.indexOf(needle, at + 1);
  if (at < 0) throw new Error("not in the text: " + needle);
  const rect = (from, to) => {
    const [offset, node] = nodes.filter(([start]) => start <= from).pop();
    const range = document.createRange();
    range.setStart(node, from - offset);
    range.setEnd(node, Math.min(to - offset, node.data.length));
    return range.getClientRects()[0];
  };
  const view = host.getBoundingClientRect();
  const top = rect(at, at + 1).top;
  if (top < view.top || top > view.bottom - 40) host.scrollTop += top - view.top - 60;
  const units = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(needle)];
  const last = units[units.length - 1];
  const one = rect(at, at + units[0].segment.length);
  const other = rect(at + last.index, at + needle.length);
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  return { from: middle(one), to: middle(other) };
}
"""


def text_of(page: Page) -> Locator:
    """The editable text; shadow roots are seen through."""
    return page.locator("[data-part=text]").first


def open_document(page: Page, url: str, project: int, document: int) -> None:
    """Go to the label page of a document and wait until its text is painted."""
    page.goto(f"{url}/label?project={project}&doc={document}")
    expect(text_of(page)).to_be_visible()
    page.locator("[data-part=text] .line").first.wait_for(state="attached")


def find(page: Page, words: str, nth: int = 0) -> dict[str, list[float]]:
    """Middle of the first and of the last letter of a piece of text, in pixels: `from` and `to`."""
    found: dict[str, list[float]] = text_of(page).evaluate(_FIND, [words, nth])
    return found


def drag(page: Page, words: str, nth: int = 0) -> None:
    """Mark a piece of text with the mouse."""
    place = find(page, words, nth)
    page.mouse.move(*place["from"])
    page.mouse.down()
    page.mouse.move(place["to"][0], place["to"][1], steps=6)
    page.mouse.move(place["to"][0] + 5, place["to"][1], steps=2)  # a drag within one short word is still a drag
    page.mouse.move(*place["to"])
    page.mouse.up()


def click(page: Page, words: str, nth: int = 0) -> None:
    """Click on the first letter of a piece of text."""
    page.mouse.click(*find(page, words, nth)["from"])


def wait_saved(page: Page, revision: int | None = None) -> None:
    """Wait until the editor says that everything is stored, at a revision if one is given."""
    status = page.locator("[data-part=status]").first
    if revision is None:
        expect(status).to_have_attribute("data-state", "saved")
    else:
        expect(status).to_have_text(f"saved · {revision}")
