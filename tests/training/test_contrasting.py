"""Contrast: the triplet loss, what is pooled, and what training with it does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.contract import StepContract, same, tiny_state, weights_of
from tests.training.test_preferring import MAILS
from tests.training.test_right_reasons import mail_state
from tokapp.documents import Document
from tokapp.errors import JobCancelled, TrainingError
from tokapp.training import Progress
from tokapp.training.contrasting import pooled_documents, pooled_spans, triplet_loss
from tokapp.training.examples import IGNORED
from tokapp.training.run import run_step
from tokapp.training.steps import contrast
from tokapp.training.steps.contrast import Contrast
from tokapp.training.steps.fine_tune import FineTune

LEARN = FineTune(mode="full", epochs=2, batch_size=8, learning_rate=0.003, seed=3)


def test_a_worked_example_of_the_loss() -> None:
    """One friend and one stranger each: |a - p| = 1 and |a - n| = 3, 2 from the other side."""
    states, kinds = torch.tensor([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]]), torch.tensor([1, 1, 0])
    assert float(triplet_loss(states, kinds, margin=1.0, partners=3)) == 0.0
    assert float(triplet_loss(states, kinds, margin=2.5, partners=3)) == pytest.approx(
        ((1 - 3 + 2.5) + (1 - 2 + 2.5)) / 2
    )


def test_without_partners_there_is_no_loss_and_equal_states_have_a_gradient() -> None:
    states = torch.zeros(3, 2, requires_grad=True)
    alone = triplet_loss(states, torch.tensor([1, 2, 0]), margin=1.0, partners=3)
    loss = triplet_loss(states, torch.tensor([1, 1, 0]), margin=1.0, partners=3)
    (alone + loss).backward()
    assert [alone.item(), loss.item()] == pytest.approx([0.0, 1.0])
    assert states.grad is not None and states.grad.isfinite().all()


def test_spans_and_the_words_between_them_are_pooled_by_themselves() -> None:
    classes, no = ("O", "B-bug", "I-bug", "B-wish", "I-wish"), IGNORED
    targets = torch.tensor([[no, 0, 1, no, 2, 1, 3, 0, no, 0, no]])
    states = torch.arange(11.0).reshape(1, 11, 1)
    pooled, kinds = pooled_spans(states, {"token_targets": targets}, classes)
    assert pooled[:, 0].tolist() == [1, 3, 5, 6, 8] and kinds.tolist() == [0, 1, 1, 2, 0]


def test_texts_are_pooled_over_their_own_tokens() -> None:
    part = torch.tensor([[False, True, True], [True, True, False], [True, True, True]])
    batch = {"document_targets": torch.tensor([1, IGNORED, 0]), "part": part}
    pooled, kinds = pooled_documents(torch.arange(9.0).reshape(3, 3, 1), batch)
    assert pooled[:, 0].tolist() == [1.5, 7] and kinds.tolist() == [2, 1]


class TestContrast(StepContract):
    neutral = (contrast.NEUTRAL, Contrast(margin=3, partners=1, width=7))
    working = Contrast(
        margin=2, partners=2, width=9, learn=FineTune(epochs=1, batch_size=8, learning_rate=0.004, seed=7)
    )

    def test_the_backbone_learns_and_the_heads_and_what_is_saved_stay_as_they_are(self, folder: Path) -> None:
        state = tiny_state(folder)
        before = weights_of(state)
        run_step(Contrast(margin=20, learn=LEARN), state)
        after = weights_of(state)
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        assert before.keys() == after.keys() and moved and all(name.startswith("encoder.") for name in moved)
        losses = [float(record["loss"]) for record in state.curve if isinstance(record, dict)]
        assert len(losses) == 2 and losses[1] < losses[0]

    @pytest.mark.parametrize("mode", ["full", "lora"])
    def test_texts_of_one_label_come_together(self, tmp_path: Path, mode: str) -> None:
        state = mail_state(
            tmp_path / "mail", *MAILS, *(Document(f"again {one.id}", one.text, label=one.label) for one in MAILS)
        )
        learn = LEARN.model_copy(update={"mode": mode, "epochs": 8})
        run_step(Contrast(learn=learn), state)
        losses = [float(record["loss"]) for record in state.curve if isinstance(record, dict)]
        assert losses[-1] < 0.8 * losses[0]  # means over the last 20 steps
        run_step(FineTune(mode=learn.mode, epochs=1), state)

    def test_what_it_cannot_do_is_said(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="nothing learns by mode head"):
            run_step(Contrast(learn=LEARN.model_copy(update={"mode": "head"})), tiny_state(folder))
        with pytest.raises(TrainingError, match="labels of at least two kinds"):
            run_step(Contrast(learn=LEARN), mail_state(tmp_path / "mail", MAILS[0], MAILS[2]))

    def test_a_run_that_was_killed_ends_as_one_that_was_not(self, folder: Path, tmp_path: Path) -> None:
        settings = Contrast(learn=LEARN)
        whole, killed, again = (tiny_state(folder) for _ in range(3))
        run_step(settings, whole)

        def stop(progress: Progress) -> None:
            if progress.epoch == 2:
                raise JobCancelled("stop")

        killed.checkpoints, killed.on_progress = tmp_path / "kept", stop
        with pytest.raises(JobCancelled):
            run_step(settings, killed)
        again.checkpoints = tmp_path / "kept"
        run_step(settings, again)
        assert same(weights_of(whole), weights_of(again))
