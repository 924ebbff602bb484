"""The whole loop with real clicks: upload, predict, mark, delete, explain, train, promote, export, read back."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Server
from tests.browser.editing import drag, open_document, wait_saved
from tokapp import places
from tokapp.formats import read_documents
from tokapp.home import register_built_in_models
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PATIENCE = 240_000
FIRST = "The dark mode is lovely but the search bar crashes"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loop") / "home"
    folder.mkdir()
    store = Store(f"sqlite:///{folder / 'tokapp.db'}")
    register_built_in_models(store)
    store.create_project("Loop", load_task("reviews"))
    store.close()
    return folder


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV with one new review and sixty labelled ones."""
    lines = (places.data() / "samples" / "reviews.jsonl").read_text("utf-8").splitlines()
    labelled = [record for record in map(json.loads, lines) if record["spans"]][:60]
    file = tmp_path_factory.mktemp("upload") / "reviews.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["id", "text", "spans"])
        rows.writerow(["new-1", FIRST, ""])
        rows.writerows([record["id"], record["text"], json.dumps(record["spans"])] for record in labelled)
    return file


@pytest.fixture(scope="module")
def worker(home: Path) -> Iterator[None]:
    environment = {**os.environ, "TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu"}
    environment.pop("TOKAPP_DATABASE_URL", None)
    process = subprocess.Popen([sys.executable, "-m", "tokapp", "worker"], cwd=ROOT, env=environment)
    yield
    process.terminate()
    process.wait(30)


@pytest.mark.usefixtures("worker")
def test_the_whole_loop(
    home: Path, reviews: Path, server: Callable[[Path], Server], page: Page, tmp_path: Path
) -> None:
    url = server(home).url
    page.set_default_timeout(60_000)
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    project = store.project("Loop").id
    _upload_and_predict(page, url, project, reviews)
    document = store.find_document(project, "new-1")
    _correct(page, url, project, document)
    assert [FIRST[span.start : span.end] for span in store.open_for_labelling(document).document.spans] == ["dark mode"]
    _explain(page, url, project, document)
    name = _train_and_promote(page, url, project)
    promoted = store.promoted("reviews")
    assert promoted is not None and promoted.name == name and promoted.parent == "reviews"
    exported = _export(page, url, project, tmp_path)
    found = {one.id: one for one in read_documents(exported, "reviews")}
    assert len(found) == 61
    assert [FIRST[span.start : span.end] for span in found["new-1"].spans] == ["dark mode"]
    store.close()


def _upload_and_predict(page: Page, url: str, project: int, file: Path) -> None:
    page.goto(f"{url}/documents?project={project}")
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_role("button", name="Import 1 file").click()
    expect(page.get_by_text("61 reviews added")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Predict 61 reviews").click()
    expect(page.get_by_text("has read all 61 reviews")).to_be_visible(timeout=PATIENCE)


def _correct(page: Page, url: str, project: int, document: int) -> None:
    """Reject what the model suggests, mark two spans by dragging, delete one of them again."""
    open_document(page, url, project, document)
    reject_all = page.get_by_role("button", name="Reject all")
    if reject_all.is_visible():
        reject_all.click()
        wait_saved(page)
    for words in ("dark mode", "search bar"):
        drag(page, words)
        wait_saved(page)
    page.get_by_role("button", name="Remove search bar").click()
    wait_saved(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("labelled", exact=True).first).to_be_visible()


def _explain(page: Page, url: str, project: int, document: int) -> None:
    page.goto(f"{url}/explain?project={project}&doc={document}&span=4:13:feature")
    expect(page.get_by_text("evaluations of the model")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("With every word hidden the model says")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    (record,) = json.loads(Path(download.value.path()).read_text("utf-8"))
    total = record["base_value"] + sum(word["value"] for word in record["words"])
    assert total == pytest.approx(record["output_value"], abs=1e-3)


def _train_and_promote(page: Page, url: str, project: int) -> str:
    page.goto(f"{url}/train?project={project}")
    page.get_by_text("Head only", exact=True).click()
    expect(page.get_by_text("Just the last layer")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Compare it with the model in use")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{url}/models?project={project}")
    expect(page.get_by_text("Spans gained")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Use this model").click()
    page.get_by_role("button", name="Use it", exact=True).click()
    expect(page.get_by_role("button", name="Use this model")).to_be_disabled(timeout=60_000)
    return "reviews-v2"


def _export(page: Page, url: str, project: int, folder: Path) -> Path:
    page.goto(f"{url}/export?project={project}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download loop").click()
    target = folder / "export.jsonl"
    download.value.save_as(target)
    return target
