"""Key to paint, and key to stored, in Chromium at 50, 500 and 5,000 words; beside Streamlit's own text area.

`python -m benchmarks.editor [--edits N]` prints a table and, as its last line, the same figures as one JSON object. The
peer for the round trip is `st.text_area` in the same run; the peer for painting is the same editor made to paint every
line again on each edit, which is what a component without incremental painting does.
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
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Page, sync_playwright

from tokapp.documents import Document, Prediction, Span
from tokapp.store import Store
from tokapp.tasks import load_task
from tokapp.words import split_words

ROOT = Path(__file__).resolve().parents[1]
SIZES = {50: 5, 500: 30, 5000: 300}
WORDS = ("search", "bar", "feels", "slow", "since", "last", "update", "and", "dark", "mode", "never", "works", "here")
PEER = """
import streamlit as st
text = st.text_area("peer", key="peer")
st.markdown(f"echo {len(text)}")
"""

# The time of a key press until the frame that shows its effect is on the screen.
_KEY_TO_PAINT = """
async ([host, key]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  await frame();
  const began = performance.now();
  if (window.repaintAll) for (const line of host.querySelectorAll(".line")) {
    line.replaceChildren(...[...line.childNodes].map((node) => node.cloneNode(true)));
  }
  host.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
  await frame();
  return performance.now() - began;
}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=20, help="edits per size, an even number")
    edits = parser.parse_args().edits // 2 * 2
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        documents = fill(home)
        peer = home / "peer.py"
        peer.write_text(PEER, "utf-8")
        app, other = start(ROOT / "app.py", home), start(peer, home)
        try:
            report(measure(app[1], other[1], documents, edits))
        finally:
            for process, _ in (app, other):
                process.terminate()
                process.wait(10)


def fill(home: Path) -> dict[int, int]:
    """A project with a document of each size; document ids by number of words."""
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    project = store.create_project("bench", load_task("reviews"))
    store.add_model("bench", "reviews", is_built_in=True)
    made = {}
    for words, spans in SIZES.items():
        text = text_of(words)
        store.add_documents(project.id, [Document(str(words), text)], source="bench")
        made[words] = store.find_document(project.id, str(words))
        offsets = split_words(text)[3 :: max(words // spans, 4)][:spans]
        suggested = tuple(Span(start, end, "feature", 0.8) for start, end in offsets)
        store.add_predictions(project.id, "bench", [(made[words], Prediction(str(words), "bench", suggested))])
    store.close()
    return made


def text_of(words: int) -> str:
    """Lines of 25 words, the same on every run."""
    draw = random.Random(words)
    lines = [" ".join(draw.choice(WORDS) for _ in range(25)) for _ in range(words // 25)]
    return "\n".join(lines)


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


def measure(app: str, peer: str, documents: dict[int, int], edits: int) -> dict[str, dict[str, float]]:
    """Medians in milliseconds by size, and the peer's round trip under `text_area`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        figures = {str(words): measure_size(page, app, pk, edits) for words, pk in documents.items()}
        page.goto(peer)
        area = page.get_by_role("textbox")
        area.wait_for()
        figures["text_area"] = {"round_trip": statistics.median(peer_trips(page, edits))}
        browser.close()
    return figures


def measure_size(page: Page, app: str, document: int, edits: int) -> dict[str, float]:
    """Each edit marks a bare word by key or removes the mark; the store's answer to it is awaited."""
    page.goto(f"{app}/label?doc={document}")
    page.locator(".atom").first.wait_for()
    text = page.locator("[data-part=text]").first
    text.focus()
    page.keyboard.press("Home")
    host = text.element_handle()
    paints, trips = [], []
    for at in range(edits):
        began = time.perf_counter()
        paints.append(page.evaluate(_KEY_TO_PAINT, [host, "f" if at % 2 == 0 else "Delete"]))
        _wait_stored(page, at + 1)
        trips.append((time.perf_counter() - began) * 1000)
    page.evaluate("window.repaintAll = true")
    full = []
    for at in range(edits):
        full.append(page.evaluate(_KEY_TO_PAINT, [host, "f" if at % 2 == 0 else "Delete"]))
        _wait_stored(page, edits + at + 1)
    page.evaluate("window.repaintAll = false")
    return {
        "key_to_paint": statistics.median(paints),
        "key_to_paint_p95": sorted(paints)[int(0.95 * (len(paints) - 1))],
        "repaint_everything": statistics.median(full),
        "round_trip": statistics.median(trips),
    }


def _wait_stored(page: Page, revision: int) -> None:
    page.get_by_text(f"saved · {revision}", exact=True).wait_for()


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
    peer = figures["text_area"]["round_trip"]
    print(" words  key to paint   p95      all again  ratio   stored   of text_area")
    result: dict[str, object] = {"text_area_round_trip_ms": round(peer, 1)}
    for size, one in figures.items():
        if size == "text_area":
            continue
        ratio, share = one["repaint_everything"] / one["key_to_paint"], one["round_trip"] / peer
        print(
            f"{size:>6}  {one['key_to_paint']:>9.1f} ms  {one['key_to_paint_p95']:>5.1f} ms  "
            f"{one['repaint_everything']:>7.1f} ms  {ratio:>5.1f}x  {one['round_trip']:>6.0f} ms  {share:>11.2f}x"
        )
        result[size] = {name: round(value, 1) for name, value in one.items()} | {
            "times_faster_than_repainting_all": round(ratio, 2),
            "round_trip_over_text_area": round(share, 2),
        }
    print(f"peer: st.text_area round trip {peer:.0f} ms")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
