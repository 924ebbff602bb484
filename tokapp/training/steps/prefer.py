"""Preferences: what people decided is preferred to what the model said, without moving it far from what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class Prefer(Settings):
    """Settings of learning from preferences; no epochs in `learn` is neutral.

    For every document label and every word class that the model, as it is before this step, has wrong in the training
    documents, people's label is preferred to the model's; with `pairs` "all" also to the second likeliest label where
    it is right (of words those inside of people's spans). The loss is -log sigmoid(beta (m - m_ref)), m being the logit
    of the preferred label less that of the rejected one and m_ref the same before this step: Rafailov et al. 2023,
    Direct Preference Optimization, eq. 7, whose denominators cancel for a head with one answer. It begins at ln 2. The
    higher `beta`, the less the model moves. The code published with "Evaluating Large Language Models for Phishing
    Detection, Self-Consistency, Faithfulness, and Explainability" compares mails with mails, divides by beta and begins
    with two heads that know nothing of each other; this is the plain method instead. `learn` says how weights learn;
    class weights, label smoothing and the weights of the two losses have no part in it.
    """

    step: Literal["prefer"] = "prefer"
    beta: float = Field(default=0.1, gt=0, le=100)
    pairs: Literal["wrong", "all"] = "wrong"
    learn: FineTune = FineTune(epochs=0, learning_rate=1e-4)


NEUTRAL = Prefer()


def run(settings: Prefer, state: TrainingState) -> None:
    """Train the network of the state in place."""
    if settings.learn.epochs:
        from tokapp.training.preferring import prefer

        prefer(state, settings)
