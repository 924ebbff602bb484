"""A home folder of its own for every page test, filled through the store as a person would fill it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tokapp.documents import Attribution, Document, Prediction, Span, Target
from tokapp.store import Project, Store
from tokapp.tasks import load_task

ROOT = Path(__file__).resolve().parents[2]
OpenPage = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty home folder and its store."""
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path))
    monkeypatch.delenv("TOKAPP_DATABASE_URL", raising=False)
    monkeypatch.setenv("TOKAPP_USER", "ana")
    st.cache_resource.clear()
    shutil.copy(migrated_sqlite, tmp_path / "tokapp.db")
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    yield store
    store.close()
    st.cache_resource.clear()


@pytest.fixture
def open_page() -> OpenPage:
    """Run the entry script, then one page with the given address."""

    def run(page: str = "", **address: object) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if page:
            at.run()
            at.switch_page(f"pages/{page}.py")
        for name, value in address.items():
            at.query_params[name] = str(value)
        return at.run()

    return run


@pytest.fixture
def project(home: Store) -> Project:
    """Sixty reviews, most of them labelled, all predicted by the built-in model, one of them explained."""
    made = home.create_project("Reviews", load_task("reviews"))
    home.add_documents(made.id, [review(number) for number in range(60)], source="reviews.csv")
    home.add_model("reviews", "reviews", is_built_in=True)
    home.promote("reviews", by="ana")
    rows = list(home.iterate_documents(made.id))
    spans = (Span(9, 18, "feature", 0.91, "model:reviews"),)
    home.add_predictions(made.id, "reviews", [(pk, Prediction(one.id, "reviews", spans)) for pk, one in rows])
    home.add_attribution(rows[0][0], attribution(rows[0][1]))
    return made


def review(number: int) -> Document:
    """A review about dark mode; every fifth one is not labelled yet."""
    text = f"I like the dark mode in version {number}."
    is_done = number % 5 > 0
    spans = (Span(11, 20, "feature"),) if is_done else ()
    return Document(f"r{number}", text, "reviews", spans=spans, is_reviewed=is_done)


def attribution(document: Document) -> Attribution:
    """Values of three words for the predicted span; the last cannot be told from zero."""
    words = ((7, 10), (11, 15), (16, 20))
    return Attribution(
        document_id=document.id,
        model="reviews",
        target=Target("span", "feature", 9, 18),
        words=words,
        texts=tuple(document.text[start:end] for start, end in words),
        values=(-0.5, 2.0, 0.1),
        errors=(0.1, 0.1, 0.2),
        base_value=-1.5,
        output_value=0.1,
        evaluations=512,
    )
