"""A trained network for changed labels: what it learnt of those that stay is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tokapp.documents import Document, Span
from tokapp.errors import TrainingError
from tokapp.models import load_model
from tokapp.models.relabelling import relabel, with_labels_of
from tokapp.settings import Settings
from tokapp.tasks import Label, Task, load_task
from tokapp.training import Recipe, train
from tokapp.training.steps.fine_tune import FineTune

DOCUMENT = Document("1", "The dark mode works, the search does not.", "reviews")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, "sqlite://", device="cpu", threads=1)


def with_problem(task: Task) -> Task:
    """The task with one more label, in front of the one that is there."""
    return replace(task, span_labels=(Label("problem", "#c4373f"), *task.span_labels))


def test_classes_that_stay_give_the_same_logits_under_their_new_columns(settings: Settings) -> None:
    model = load_model("reviews", settings=settings)
    batch, former = model.collate(model.encode([DOCUMENT])), model.classes
    before = model.forward(batch).token_logits
    relabel(model.network, with_problem(model.task))
    after = model.forward(batch).token_logits
    assert before is not None and after is not None and len(model.classes) == 2 * len(former) - 1
    kept = [model.classes.index(name) for name in former]
    assert np.allclose(after[..., kept].numpy(), before.numpy(), atol=1e-5)


def test_document_labels_that_stay_give_the_same_logits(settings: Settings) -> None:
    model = load_model("emails", settings=settings)
    batch = model.collate(model.encode([replace(DOCUMENT, task="emails")]))
    before = model.forward(batch).document_logits
    labels = (*model.task.document_labels, Label("newsletter", "#7a7a2c"))
    relabel(model.network, replace(model.task, document_labels=labels))
    after = model.forward(batch).document_logits
    assert before is not None and after is not None and after.shape[-1] == 4
    assert np.allclose(after[..., :3].numpy(), before.numpy(), atol=1e-5)


def test_training_goes_on_from_a_parent_after_a_label_was_added(settings: Settings) -> None:
    task = with_problem(load_task("reviews"))
    text = "The login fails on every phone."
    problem = Document("2", text, "reviews", (Span(4, 15, "problem"),), is_reviewed=True)
    learn = FineTune(epochs=8, learning_rate=2e-3, batch_size=2, keep_best=False)
    made = train(
        Recipe(parent="reviews", steps=(learn,)), [problem] * 4, [problem], task=task, settings=settings, name="more"
    )
    assert {span.label for one in made.predict([problem]) for span in one.spans} == {"problem"}
    assert load_model("more", settings=settings).task.span_names == ("problem", "feature")


def test_a_network_whose_head_would_have_nothing_to_tell_is_refused(settings: Settings) -> None:
    config = load_model("emails", settings=settings).config
    with pytest.raises(TrainingError, match="train from a backbone instead"):
        with_labels_of(replace(load_task("emails"), document_labels=()), config)
