"""What a person should do next in a project, from its counts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokapp.ui.text import count, number, plural

if TYPE_CHECKING:
    from tokapp.store.values import ProjectSummary

ENOUGH_TO_TRAIN = 20
"""Labelled documents from which on training is proposed; fewer can be trained on, but teach little."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A sentence, and the button that leads there."""

    sentence: str
    page: str
    action: str
    icon: str


def next_step(summary: ProjectSummary, *, has_model: bool, to_decide: int = 0) -> NextStep:
    """The most useful thing to do now; the order follows the loop upload, predict, correct, train, export.

    `to_decide` documents wait for a reviewer: others have done their part, so they come before more of it.
    """
    noun = summary.project.task.noun
    left = summary.documents - summary.labelled
    if summary.documents == 0:
        return NextStep(f"Upload {plural(noun)} to begin.", "documents", "Upload", "upload")
    if summary.predicted == 0 and has_model:
        return NextStep(f"Let the model look at {count(summary.documents, noun)}.", "documents", "Predict", "bolt")
    if to_decide:
        verb = "waits" if to_decide == 1 else "wait"
        return NextStep(f"{count(to_decide, noun)} {verb} for a reviewer to decide.", "review", "Review", "gavel")
    if summary.labelled < min(ENOUGH_TO_TRAIN, summary.documents):
        goal = min(ENOUGH_TO_TRAIN, summary.documents)
        verb = "Check" if summary.predicted else "Label"
        sentence = f"{verb} {count(goal - summary.labelled, noun)} more, then train on them."
        return NextStep(sentence, "label", "Label", "ink_highlighter")
    if summary.last_training is None:
        sentence = f"Train a model on the {count(summary.labelled, noun)} you labelled."
        return NextStep(sentence, "train", "Train", "model_training")
    if left > 0:
        return NextStep(f"{number(left)} {plural(noun)} are still unchecked.", "label", "Label", "ink_highlighter")
    return NextStep("Everything is labelled. Export it.", "export", "Export", "download")
