"""Key to paint, key to stored and the heap of the editor, in Chromium at 500, 5,000 and 100,000 characters.

`python -m benchmarks.editor [--edits N] [--long N]` prints a table and, as its last line, the same figures as one JSON
object: medians and 95th percentiles in milliseconds over N edits by key, which move down through the document, and the
used heap in megabytes before and after a longer run of edits. The peer for the way to the store and back is Streamlit's
own `st.text_area` in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import CDPSession, Page, sync_playwright

from tokapp.documents import Document, Prediction, Span
from tokapp.store import Edit, Store
from tokapp.tasks import load_task
from tokapp.words import split_words

ROOT = Path(__file__).resolve().parents[1]
SIZES = {500: 10, 5_000: 100, 100_000: 2_000}
"""Spans by length in characters; every second one is a person's, the others are suggestions."""

HEAP_SIZE = 5_000
WORDS = ("search", "bar", "feels", "slow", "since", "last", "update", "and", "dark", "mode", "never", "works", "here")
PEER = """
import streamlit as st
text = st.text_area("peer", key="peer")
st.markdown(f"echo {len(text)}")
"""

# From a key press to the frame that shows its effect, and to the moment at which the editor says that it is stored.
_EDIT = """
async ([host, status, key]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  await frame();
  const revision = () => Number(/saved · (\\d+)/.exec(status.textContent)?.[1] ?? 0);
  const before = revision();
  const began = performance.now();
  const stored = new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (revision() <= before) return;
      observer.disconnect();
      done(performance.now() - began);
    });
    observer.observe(status, { childList: true, characterData: true, subtree: true });
  });
  host.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
  await frame();
  const paint = performance.now() - began;
  return [paint, await stored];
}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=40, help="edits per size, an even number")
    parser.add_argument("--long", type=int, default=500, help="edits between the two looks at the heap")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        documents = fill(home)
        peer = home / "peer.py"
        peer.write_text(PEER, "utf-8")
        app, other = start(ROOT / "app.py", home), start(peer, home)
        try:
            report(measure(app[1], other[1], documents, edits=options.edits // 2 * 2, long=options.long // 2 * 2))
        finally:
            for process, _ in (app, other):
                process.terminate()
                process.wait(10)


def fill(home: Path) -> dict[int, int]:
    """A project with a document of each size; document ids by number of characters."""
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    project = store.create_project("bench", load_task("reviews"))
    store.add_model("bench", "reviews", is_built_in=True)
    made = {}
    for size, count in SIZES.items():
        text = text_of(size)
        store.add_documents(project.id, [Document(str(size), text)], source="bench")
        made[size] = store.find_document(project.id, str(size))
        spans = spans_of(text, count)
        store.add_predictions(project.id, "bench", [(made[size], Prediction(str(size), "bench", spans[1::2]))])
        store.record(made[size], 0, "bench", Edit("add", spans[::2]))
    store.close()
    return made


def text_of(size: int) -> str:
    """Lines of up to 25 words, the same on every run."""
    draw = random.Random(size)
    words = [draw.choice(WORDS) for _ in range(size // 3)]
    lines = [" ".join(words[at : at + 25]) for at in range(0, len(words), 25)]
    return "\n".join(lines)[:size].rstrip()


def spans_of(text: str, count: int) -> tuple[Span, ...]:
    """Spans of one word, evenly over the text."""
    words = split_words(text)
    step = len(words) / count
    chosen = [words[int(step * (at + 0.5))] for at in range(count)]
    return tuple(Span(start, end, "feature", 0.8) for start, end in chosen)


def start(script: Path, home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A Streamlit server on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "TOKAPP_HOME": str(home), "TOKAPP_USER": "bench"}
    environment.pop("TOKAPP_DATABASE_URL", None)
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                return process, f"http://127.0.0.1:{port}"
        except (URLError, OSError):
            time.sleep(0.2)
    process.terminate()
    raise SystemExit("the server did not start within a minute")


def measure(app: str, peer: str, documents: dict[int, int], *, edits: int, long: int) -> dict[str, dict[str, float]]:
    """Figures by size in characters, the heap under `heap`, the peer's round trips under `text_area`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        figures = {str(size): measure_size(page, app, pk, edits) for size, pk in documents.items()}
        figures["heap"] = measure_heap(page, app, documents[HEAP_SIZE], long)
        page.goto(peer)
        page.get_by_role("textbox").wait_for()
        figures["text_area"] = {"round_trip": statistics.median(peer_trips(page, edits))}
        browser.close()
    return figures


def measure_size(page: Page, app: str, document: int, edits: int) -> dict[str, float]:
    """Open a document, edit it; every second edit takes the one before back, and the next pair is one line below."""
    opened = open_document(page, app, document)
    paints, trips = zip(*edit(page, edits), strict=True)
    return {
        "open": opened,
        "key_to_paint": statistics.median(paints),
        "key_to_paint_p95": percentile(paints, 0.95),
        "key_to_saved": statistics.median(trips),
        "key_to_saved_p95": percentile(trips, 0.95),
    }


def open_document(page: Page, app: str, document: int) -> float:
    """Milliseconds from the address to the text; the first word has the focus afterwards."""
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(f"{app}/label?doc={document}")
    page.locator(".atom").first.wait_for()
    took = (time.perf_counter() - began) * 1000
    page.get_by_text("saved · ").first.wait_for()
    page.locator("[data-part=text]").first.focus()
    page.keyboard.press("Home")
    return took


def edit(page: Page, edits: int) -> list[tuple[float, float]]:
    """Key to paint and key to stored of each edit: mark a bare word, and take it back."""
    host = page.locator("[data-part=text]").first.element_handle()
    status = page.locator("[data-part=status]").first.element_handle()
    found = []
    for at in range(edits):
        key = "f" if at % 2 == 0 else "Delete"
        paint, stored = page.evaluate(_EDIT, [host, status, key])
        found.append((paint, stored))
        if at % 2:
            _to_bare_word(page)
    return found


def _to_bare_word(page: Page) -> None:
    """One line down, and on to a word that nothing is marked on: what is announced of it has no label."""
    page.keyboard.press("ArrowDown")
    while ", feature" in (page.locator("[data-part=live]").text_content() or ""):
        page.keyboard.press("ArrowRight")


def measure_heap(page: Page, app: str, document: int, edits: int) -> dict[str, float]:
    """Megabytes in use after a collection: before the edits, half way, and after them."""
    open_document(page, app, document)
    edit(page, 20)  # what is made once is made now
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    looks = [heap(session)]
    for _ in range(2):
        page.keyboard.press("Home")
        edit(page, edits // 4 * 2)
        looks.append(heap(session))
    return {"edits": float(edits), "before": looks[0], "half_way": looks[1], "after": looks[2]}


def heap(session: CDPSession) -> float:
    """Megabytes that live objects take."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed."""
    return sorted(values)[round(share * (len(values) - 1))]


def peer_trips(page: Page, edits: int) -> list[float]:
    """Milliseconds from a letter typed into `st.text_area` to the script's answer on the page."""
    trips = []
    page.get_by_role("textbox").focus()
    for at in range(edits):
        began = time.perf_counter()
        page.keyboard.press("a")
        page.keyboard.press("Control+Enter")
        page.get_by_text(f"echo {at + 1}", exact=True).wait_for()
        trips.append((time.perf_counter() - began) * 1000)
    return trips


def report(figures: dict[str, dict[str, float]]) -> None:
    """The table, then the JSON line."""
    print("characters  spans     open   key to paint    p95   key to saved    p95")
    for size, spans in SIZES.items():
        one = figures[str(size)]
        print(
            f"{size:>10,}  {spans:>5,}  {one['open']:>4.0f} ms  {one['key_to_paint']:>9.1f} ms  "
            f"{one['key_to_paint_p95']:>5.1f}  {one['key_to_saved']:>9.0f} ms  {one['key_to_saved_p95']:>5.0f}"
        )
    looks = [figures["heap"][name] for name in ("before", "half_way", "after")]
    growth = [round(later - earlier, 2) for earlier, later in pairwise(looks)]
    print(f"heap: {', '.join(f'{look:.1f}' for look in looks)} MB over {figures['heap']['edits']:.0f} edits ({growth})")
    print(f"peer: st.text_area round trip {figures['text_area']['round_trip']:.0f} ms")
    print(json.dumps({size: {name: round(value, 1) for name, value in one.items()} for size, one in figures.items()}))


if __name__ == "__main__":
    main()
