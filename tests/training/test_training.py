"""Training on the real backbone: equal seeds, resuming, cancelling, and words for what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokapp.documents import Document, Span
from tokapp.errors import JobCancelled, TrainingError
from tokapp.models import registry
from tokapp.settings import Settings
from tokapp.tasks import load_task
from tokapp.training import Progress, Recipe, train
from tokapp.training.steps.calibrate import Calibrate
from tokapp.training.steps.fine_tune import FineTune

DOCUMENTS = [
    Document(
        str(n), f"review {n} the dark mode works", "reviews", (Span(len(str(n)) + 12, len(str(n)) + 21, "feature"),)
    )
    for n in range(8)
]
RECIPE = Recipe(steps=(FineTune(epochs=2, batch_size=4, average=2), Calibrate()))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, "sqlite://", device="cpu", threads=1)


def test_a_killed_run_goes_on_and_ends_as_one_that_was_not_killed(settings: Settings, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.step >= 4:
            raise JobCancelled("stop")

    data = {"without": "the work of eva"}
    whole = train(RECIPE, DOCUMENTS, DOCUMENTS, settings=settings, name="whole", data=data)
    assert "Trained without the work of eva" in (settings.models / "whole" / "card.md").read_text("utf-8")
    with pytest.raises(JobCancelled):
        train(RECIPE, DOCUMENTS, DOCUMENTS, settings=settings, on_progress=stop, checkpoints=tmp_path / "run")
    assert list((tmp_path / "run").rglob("state.json"))
    resumed = train(
        RECIPE, DOCUMENTS, DOCUMENTS, settings=settings, name="resumed", checkpoints=tmp_path / "run", data=data
    )
    assert resumed.fingerprint == whole.fingerprint
    assert registry.describe(settings.models / "whole").data == registry.describe(settings.models / "resumed").data
    assert not (tmp_path / "run").exists()
    assert not list(tmp_path.rglob("*.pt")) + list(tmp_path.rglob("*.bin")) + list(tmp_path.rglob("*.pth"))


def test_a_recipe_survives_yaml() -> None:
    assert Recipe.from_yaml(RECIPE.to_yaml()) == RECIPE


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(TrainingError, match="bakbone"):
        Recipe.from_yaml("bakbone: x")


def test_missing_documents_are_said(settings: Settings) -> None:
    bare = [Document("1", "nothing here", "reviews", is_reviewed=True)]
    for some, validation, words in (
        ([], DOCUMENTS, "no training"),
        (DOCUMENTS, [], "no validation"),
        (bare, bare, "span"),
    ):
        with pytest.raises(TrainingError, match=words):
            train(RECIPE, some, validation, task=load_task("reviews"), settings=settings)
