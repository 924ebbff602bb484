"""Which texts a train job hands to a recipe that learns from unlabelled ones."""

from __future__ import annotations

import json
from pathlib import Path

from tests.models.families import FAMILIES
from tokapp.documents import Document, Span
from tokapp.inference.resident import Resident
from tokapp.jobs.context import Context
from tokapp.jobs.handlers import find_handler
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.store.values import DocumentFilter
from tokapp.tasks import load_task


def counted(store: Store, settings: Settings, name: str, steps: list[object], folder: Path) -> dict[str, int]:
    """How many documents a training had, by its card."""
    recipe = {"backbone": str(folder), "shape": {"max_length": 32}, "steps": steps}
    project = store.projects()[0].project.id
    store.enqueue("train", project_id=project, payload={"name": name, "base": None, "recipe": recipe, "extra": None})
    job = store.claim("me")
    assert job is not None
    with Context(store, settings, job, "me", Resident(settings)) as context:
        find_handler("train")(context, job)
    store.finish(job.id, "me", {})
    counts = json.loads((settings.models / name / "card.json").read_text("utf-8"))["documents"]
    return dict(counts)


def test_unlabelled_texts_of_the_training_part_are_handed_over_when_they_are_asked_for(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"})
    store, folder = Store(settings.database_url), FAMILIES["bert"].write(tmp_path / "bert")
    project = store.create_project("p", load_task("reviews")).id
    span = (Span(4, 13, "feature"),)
    documents = [Document(f"l{n}", f"the dark mode {n}", "reviews", span, is_reviewed=True) for n in range(40)]
    documents += [Document(f"u{n}", f"search my notes {n}", "reviews") for n in range(40)]
    store.add_documents(project, documents, source="f")
    sides = {
        status: store.count_documents(project, DocumentFilter(split="train", status=status))
        for status in ("labelled", "new")
    }
    validation = store.count_documents(project, DocumentFilter(split="validation", status="labelled"))
    head = {"step": "fine_tune", "mode": "head", "epochs": 1}
    assert counted(store, settings, "plain", [head], folder) == {"train": sides["labelled"], "validation": validation}
    read = {"step": "continue_pretraining", "block": 32}
    found = counted(store, settings, "read", [read, head], folder)
    assert 40 > sides["new"] > 20 and found["unlabelled"] == sides["new"]
    few = counted(store, settings, "few", [{**read, "texts": 5}, head], folder)
    assert few == {**found, "unlabelled": 5}
    store.close()
