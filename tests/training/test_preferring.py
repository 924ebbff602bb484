"""Preferences over the labels of a class head: the loss, where pairs come from, and what training with them does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.contract import DOCUMENTS, StepContract, same, tiny_state, weights_of
from tests.training.test_right_reasons import mail_state
from tokapp.documents import Document
from tokapp.errors import JobCancelled
from tokapp.training import Progress
from tokapp.training.examples import IGNORED, collate_examples, labelled_examples, numbered
from tokapp.training.preferring import Pairs, Preferences, pairs_of, preference_losses
from tokapp.training.run import run_step
from tokapp.training.state import TrainingState
from tokapp.training.steps import prefer
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.prefer import Prefer

MAILS = [
    Document(str(n), text, label=label)
    for n, (text, label) in enumerate(
        [("dark mode works", "spam"), ("search notes fails", "ham"), ("dark notes here", "spam"), ("love", "ham")]
    )
]
LEARN = FineTune(mode="full", epochs=2, batch_size=4, learning_rate=0.003, keep_best=False, seed=3)


def loss_of(state: TrainingState, settings: Prefer) -> tuple[float, list[Pairs]]:
    """The loss of all pairs in one batch, of the network as it is."""
    found = pairs_of(state, labelled_examples(state, LEARN), settings)
    return loss_on(state, found, settings), [pairs for _, pairs in found]


def loss_on(state: TrainingState, found: list, settings: Prefer) -> float:  # type: ignore[type-arg]
    batch = collate_examples(numbered([example for example, _ in found]), pad_id=0)
    objective = Preferences(settings, [pairs for _, pairs in found])
    objective.begin(batch)
    return float(objective(state.network, batch)[0].detach())


def test_the_loss_is_that_of_dpo_for_an_answer_of_one_label() -> None:
    """Rafailov et al. 2023, eq. 7, with log-softmax as log pi: the denominators cancel."""
    torch.manual_seed(0)
    policy, reference = torch.randn(2, 5, 4, dtype=torch.float64)
    chosen, rejected = torch.tensor([0, 1, 2, 3, 0]), torch.tensor([1, 0, 3, 2, 3])

    def said(logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return logits.log_softmax(-1).gather(1, label[:, None])[:, 0]

    ratios = [said(policy, label) - said(reference, label) for label in (chosen, rejected)]
    expected = -torch.log(torch.sigmoid(0.3 * (ratios[0] - ratios[1])))
    margins = [
        some.gather(1, chosen[:, None])[:, 0] - some.gather(1, rejected[:, None])[:, 0] for some in (policy, reference)
    ]
    assert torch.allclose(preference_losses(margins[0], margins[1], 0.3), expected)
    assert preference_losses(margins[1], margins[1], 7.0).tolist() == pytest.approx([math.log(2)] * 5, abs=1e-15)


@pytest.mark.parametrize("family", ["bert", "deberta-v2", "llama"])
def test_the_first_loss_of_document_labels_is_ln_2(tmp_path: Path, family: str) -> None:
    state = mail_state(tmp_path / "mail", *MAILS, family=family)
    loss, pairs = loss_of(state, Prefer(pairs="all"))
    assert loss == pytest.approx(math.log(2), abs=1e-6)
    assert len(pairs) == 4 and all(pair.counts == (0, 1) for pair in pairs)


def test_the_first_loss_of_words_is_ln_2(tmp_path: Path) -> None:
    loss, pairs = loss_of(tiny_state(tmp_path / "bert"), Prefer(beta=2.0, pairs="all"))
    assert loss == pytest.approx(math.log(2), abs=1e-6)
    assert all(pair.counts[0] >= 2 for pair in pairs if pair.words.any())


def test_people_are_preferred_to_what_the_model_said_where_it_is_wrong(tmp_path: Path) -> None:
    state = tiny_state(tmp_path / "bert")
    predicted = {one.document_id: one.words for one in state.model().predict(state.train)}
    found = pairs_of(state, labelled_examples(state, LEARN), Prefer())
    seen = 0
    for example, pairs in found:
        words = predicted[state.train[example.row.document].id]
        assert words is not None
        said = words.probabilities.argmax(axis=1)
        for place in np.flatnonzero(pairs.words != IGNORED):
            word = int(np.flatnonzero(example.row.word_index == place)[0])
            assert said[word] == pairs.words[place] != example.tokens[place]
            assert pairs.word_margins[place] < 0
            seen += 1
        assert ((example.tokens != IGNORED) == (pairs.words != IGNORED)).all()
    assert seen > 5
    state.train = [document for document in state.train if not document.is_reviewed] + [DOCUMENTS[0]]
    assert len(pairs_of(state, labelled_examples(state, LEARN), Prefer())) <= 1


class TestPrefer(StepContract):
    neutral = (prefer.NEUTRAL, Prefer(beta=3, pairs="all"))
    working = Prefer(beta=0.5, pairs="all", learn=FineTune(epochs=1, batch_size=4, seed=7))

    def test_what_people_decided_becomes_likelier_and_what_they_rejected_less(self, folder: Path) -> None:
        state, settings = tiny_state(folder), Prefer(learn=LEARN)
        found = pairs_of(state, labelled_examples(state, LEARN), settings)
        run_step(settings, state)
        assert loss_on(state, found, settings) < 0.9 * math.log(2)
        losses = [float(record["loss"]) for record in state.curve if isinstance(record, dict)]
        assert losses[-1] < losses[0] <= math.log(2) + 1e-3
        assert state.metrics["preferences"] == {"words": sum(one.counts[0] for _, one in found), "documents": 0}

    def test_a_model_that_has_nothing_wrong_stays_as_it_is(self, folder: Path) -> None:
        state = mail_state(folder, *MAILS)
        said = [one.label for one in state.model().predict(MAILS)]
        state.train = [replace(mail, label=label) for mail, label in zip(MAILS, said, strict=True)]
        before = weights_of(state)
        run_step(Prefer(learn=LEARN), state)
        assert same(before, weights_of(state)) and state.metrics["preferences"] == {"words": 0, "documents": 0}

    def test_a_run_that_was_killed_ends_as_one_that_was_not(self, folder: Path, tmp_path: Path) -> None:
        settings = Prefer(learn=LEARN)
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
