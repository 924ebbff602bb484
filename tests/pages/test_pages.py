"""Every page on a real store: it shows what is there, says what to do when there is nothing, and never fails."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tokapp import places
from tokapp.documents import Document
from tokapp.formats import iter_documents
from tokapp.home import register_built_in_models
from tokapp.models import load_model
from tokapp.store import Store
from tokapp.tasks import load_task

PAGES = ("home", "documents", "label", "explain", "train", "models", "export")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path))
    monkeypatch.delenv("TOKAPP_DATABASE_URL", raising=False)
    st.cache_resource.clear()
    return tmp_path


@pytest.fixture
def store(home: Path) -> Store:
    """Forty sample reviews with predictions."""
    opened = Store(f"sqlite:///{home / 'tokapp.db'}")
    register_built_in_models(opened)
    project = opened.create_project("My *reviews* <b>", load_task("reviews"))
    items = iter_documents(places.data() / "samples" / "reviews.jsonl", "reviews")
    opened.add_documents(project.id, islice((one for one in items if isinstance(one, Document)), 40), source="s.csv")
    pairs = list(opened.iterate_documents(project.id))
    predictions = load_model("reviews").predict([document for _, document in pairs])
    opened.add_predictions(project.id, "reviews", zip([key for key, _ in pairs], predictions, strict=True))
    return opened


def show(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    return app if page == "home" else app.switch_page(f"pages/{page}.py").run()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_a_project_without_an_error(store: Store, page: str) -> None:
    app = show(page)
    assert not app.exception
    assert not app.error, [one.value for one in app.error]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_any_project_says_what_to_do(home: Path, page: str) -> None:
    app = show(page)
    assert not app.exception and not app.error
    assert any("project" in str(one.value).lower() for one in (*app.markdown, *app.caption))


def test_export_names_the_file_and_says_that_nothing_is_lost(store: Store) -> None:
    app = show("export")
    assert any("Nothing is lost" in one.value for one in app.success)


def test_models_lists_the_shipped_version(store: Store) -> None:
    app = show("models")
    assert "reviews" in list(app.dataframe[0].value["Model"])


def test_training_enqueues_a_job_that_names_its_parent(store: Store) -> None:
    app = show("train")
    if app.button:
        app.button(key="start").click().run()
    (job,) = store.jobs(kind="train")
    assert job.payload["base"] == "reviews" and job.payload["name"] == "reviews-v2"
