"""A retraining of 200 corrected reviews while a person uses the app: how long it takes, and how long pages take.

The recipe is the one that the Train page makes: LoRA on the built-in backbone, three epochs, going on from the
built-in model. App and worker run as `tokapp run` starts them. Meanwhile Chromium goes from page to page; a page counts
from the click until its script has ended and no skeleton is left. The same round is made before, with the worker idle.
`python -m benchmarks.retrain` prints one line per page and, as its last line, all figures as one JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TypeAlias

from playwright.sync_api import Page, sync_playwright

from benchmarks.editor import ROOT, percentile, start
from tokapp import places
from tokapp.documents import Document
from tokapp.formats import read_documents
from tokapp.home import register_built_in_models
from tokapp.store import JobRow, Store
from tokapp.tasks import load_task

COUNT, ROUNDS_BEFORE = 200, 3
PAGES = ("Label", "Queue", "Documents", "Explain", "Models", "Train")
READY = """() => {
  const app = document.querySelector('[data-test-script-state]');
  return app?.dataset.testScriptState === 'notRunning' && !document.querySelector('[data-testid=stSkeleton]');
}"""


def fill(home: Path) -> tuple[Store, int]:
    """A project of 200 corrected reviews: those of the sample in turn, each with a number behind it."""
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    register_built_in_models(store)
    task = load_task("reviews")
    project = store.create_project("bench", task)
    sample = [one for one in read_documents(places.data() / "samples" / "reviews.jsonl", task) if one.is_reviewed]
    store.add_documents(project.id, [numbered(sample[n % len(sample)], n) for n in range(COUNT)], source="bench")
    return store, project.id


def numbered(document: Document, number: int) -> Document:
    """A review of another text with the same spans."""
    return replace(document, id=f"r{number}", text=f"{document.text} {number}", reasons=())


def enqueue(store: Store, project: int) -> int:
    """The training that the Train page starts."""
    steps = [{"step": "fine_tune", "mode": "lora", "epochs": 3, "learning_rate": 1e-3, "batch_size": 16},
             {"step": "calibrate"}, {"step": "evaluate"}]  # fmt: skip
    payload = {"name": "retrained", "base": "reviews", "extra": None, "recipe": {"steps": steps}}
    return store.enqueue("train", project_id=project, payload=payload).id


def go_round(page: Page, times: dict[str, list[float]], until: Callable[[], bool]) -> None:
    """Click through the pages, and note how long each takes."""
    while not until():
        for name in PAGES:
            link = page.get_by_test_id("stSidebar").get_by_role("link", name=name).first
            began = time.perf_counter()
            link.click()
            page.wait_for_url(f"**/{name.lower()}*")
            page.wait_for_function(READY)
            times[name].append(time.perf_counter() - began)


Times: TypeAlias = Mapping[str, list[float]]
"""Seconds of every visit, by page."""


def measure(url: str, store: Store, project: int) -> tuple[JobRow, Times, Times]:
    """The training's row, and the times of every page before and meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        page.goto(f"{url}/?project={project}")
        page.wait_for_function(READY)
        before, meanwhile = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
        go_round(page, defaultdict(list), rounds(1))
        go_round(page, before, rounds(ROUNDS_BEFORE))
        job = enqueue(store, project)
        go_round(page, meanwhile, lambda: store.job(job).state not in ("queued", "running"))
        browser.close()
    return store.job(job), before, meanwhile


def rounds(count: int) -> Callable[[], bool]:
    """True after so many calls."""
    left = iter([False] * count)
    return lambda: next(left, True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store, project = fill(home)
        server, url = start(ROOT / "app.py", home)
        environment = {**os.environ, "TOKAPP_HOME": str(home), "TOKAPP_USER": "bench"}
        worker = subprocess.Popen([sys.executable, "-m", "tokapp", "worker"], cwd=ROOT, env=environment)
        try:
            report(*measure(url, store, project))
        finally:
            for process in (server, worker):
                process.terminate()
                process.wait(30)
            store.close()


def report(job: JobRow, before: Times, meanwhile: Times) -> None:
    """The table, then the JSON line."""
    assert job.started is not None and job.finished is not None, job.error
    took = (job.finished - job.started).total_seconds()
    figures: dict[str, object] = {"documents": COUNT, "state": job.state, "seconds": round(took, 1)}
    for name, times in (("before", before), ("meanwhile", meanwhile)):
        for page, some in times.items():
            print(f"{name:<10} {page:<10} {len(some):>3} times, median {median(some):.2f} s, longest {max(some):.2f} s")
        everything = [one for some in times.values() for one in some]
        figures[name] = {"pages": len(everything), "median": round(median(everything), 3),
                         "p95": round(percentile(everything, 0.95), 3)}  # fmt: skip
    print(f"training: {job.state} after {took:.0f} s")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
