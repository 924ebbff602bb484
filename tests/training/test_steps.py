"""Every step of a recipe keeps the contract, and does what it is for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.contract import StepContract, same, tiny_state, unlabelled, weights_of
from tokapp.documents import Document
from tokapp.errors import TrainingError
from tokapp.evaluation.report import measure
from tokapp.models.config import Calibration, Lora, Shape, config_for
from tokapp.models.network import Network
from tokapp.tasks import load_task
from tokapp.training import Recipe
from tokapp.training.card import write_card
from tokapp.training.run import run_step
from tokapp.training.self_training import judge_texts
from tokapp.training.state import TrainingState
from tokapp.training.steps import calibrate, evaluate, fine_tune, self_train


def measured(state: TrainingState) -> dict[str, float]:
    return measure(state.model().predict(state.validation), state.validation, state.task)


class TestFineTune(StepContract):
    neutral = (
        fine_tune.NEUTRAL,
        *(fine_tune.FineTune(epochs=0, mode=mode) for mode in ("full", "lora", "bottleneck", "head")),
    )
    working = fine_tune.FineTune(
        mode="lora",
        lora=Lora(rank=3, alpha=5, dropout=0.2),
        epochs=2,
        learning_rate=0.004,
        head_learning_rate=0.02,
        batch_size=3,
        max_length=24,
        weight_decay=0.1,
        warmup=0.3,
        class_weights={"B-feature": 2.5},
        label_smoothing=0.05,
        span_weight=0.5,
        document_weight=2.0,
        average=2,
        keep_best=False,
        patience=3,
        precision="bfloat16",
        seed=7,
    )

    def test_it_changes_the_weights(self, folder: Path) -> None:
        state = tiny_state(folder)
        before = weights_of(state)
        run_step(self.working, state)
        assert not same(before, weights_of(state))

    def test_another_seed_gives_other_weights(self, folder: Path) -> None:
        states = [tiny_state(folder), tiny_state(folder)]
        for seed, state in enumerate(states):
            run_step(self.working.model_copy(update={"seed": seed}), state)
        assert not same(weights_of(states[0]), weights_of(states[1]))

    def test_a_weight_for_a_class_that_is_not_learnt_is_refused(self, folder: Path) -> None:
        settings = fine_tune.FineTune(class_weights={"B-featur": 2.0})
        with pytest.raises(TrainingError, match=r"B-featur.*it learns O, B-feature, I-feature"):
            run_step(settings, tiny_state(folder))

    def test_rows_are_cut_to_the_positions_of_the_backbone(self, folder: Path) -> None:
        state = tiny_state(folder)
        state.train = [state.train[0].__class__("long", "the dark mode " * 60, "reviews", state.train[0].spans)]
        run_step(fine_tune.FineTune(epochs=1, max_length=4096), state)
        assert state.curve


class TestSelfTrain(StepContract):
    neutral = (self_train.NEUTRAL, self_train.SelfTrain(learn=fine_tune.NEUTRAL))
    working = self_train.SelfTrain(texts=2, learn=fine_tune.FineTune(epochs=1, batch_size=4, seed=7))

    def test_it_changes_the_weights(self, folder: Path) -> None:
        state = tiny_state(folder)
        before = weights_of(state)
        run_step(self.working, state)
        assert not same(before, weights_of(state))

    @pytest.mark.parametrize("mode", ["full", "lora", "head"])
    def test_it_follows_a_fine_tuning_in_any_mode(self, mode: str, folder: Path) -> None:
        state = tiny_state(folder)
        several = fine_tune.FineTune.model_validate({"mode": mode, "epochs": 1, "runs": 2, "share": "start"})
        run_step(several, state)
        for then in ("lora", "full"):
            learn = fine_tune.FineTune.model_validate({"mode": then, "epochs": 1})
            run_step(self.working.model_copy(update={"learn": learn}), state)
        assert len(state.curve) == 4

    def test_the_mean_of_all_runs_teaches(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(fine_tune.FineTune(epochs=1, runs=2, learning_rate=0.01), state)
        texts, own = [one for one in state.train if not one.is_reviewed], weights_of(state)
        means = judge_texts(state, texts)
        assert same(own, weights_of(state))
        single = []
        for weights in state.runs:
            state.network.load_state_dict(dict(weights), strict=False)
            single.append([one.words.probabilities for one in state.model().predict(texts) if one.words is not None])
        for mean, one, other in zip(means, *single, strict=True):
            assert np.allclose(mean, (one + other) / 2, atol=1e-6) and not np.allclose(one, other, atol=1e-6)

    def test_texts_without_labels_are_learnt_from(self, folder: Path) -> None:
        states = [tiny_state(folder), tiny_state(folder)]
        states[1].train = [one for one in states[1].train if one.is_reviewed] + [unlabelled("other", "keep notes safe")]
        for state in states:
            run_step(self.working, state)
        assert not same(weights_of(states[0]), weights_of(states[1]))

    def test_without_such_texts_it_says_what_is_missing(self, folder: Path) -> None:
        state = tiny_state(folder)
        state.train = [one for one in state.train if one.is_reviewed]
        with pytest.raises(TrainingError, match="texts without labels"):
            run_step(self.working, state)

    def test_a_model_of_document_labels_alone_is_refused(self, folder: Path) -> None:
        state = tiny_state(folder)
        state.network.design = state.network.design.model_copy(update={"classes": (), "labels": ("ham", "spam")})
        with pytest.raises(TrainingError, match="teaches words"):
            run_step(self.working, state)


class TestCalibrate(StepContract):
    neutral = (calibrate.NEUTRAL,)
    working = calibrate.Calibrate(goal="overlap")

    @pytest.mark.parametrize("goal", ["exact", "overlap", "characters"])
    def test_only_the_calibration_changes(self, goal: str, folder: Path) -> None:
        state = tiny_state(folder)
        before, design = weights_of(state), state.network.design
        run_step(calibrate.Calibrate.model_validate({"goal": goal}), state)
        assert same(before, weights_of(state))
        assert state.network.design.calibration != Calibration()
        assert state.network.design.model_copy(update={"calibration": design.calibration}) == design

    def test_it_leaves_the_error_before_and_after_which_is_what_the_card_says(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(fine_tune.FineTune(epochs=3, learning_rate=0.03, average=1), state)
        before = measured(state)["word_ece"]
        run_step(self.working, state)
        errors = state.metrics["calibration"]
        assert errors == {"word_ece_before": before, "word_ece_after": measured(state)["word_ece"]}
        assert state.network.design.calibration.temperature != 1.0
        card = write_card({"name": "x", "created": "", "backbone": ""}, state.metrics, "", state.task)
        assert (
            f"## Calibration, on validation\n\n| measure | value |\n|---|---|\n| word_ece_before | {before:.3f}" in card
        )

    def test_the_error_of_document_labels_is_that_of_the_finished_model(self, folder: Path) -> None:
        state, labels = tiny_state(folder), ("supported", "hallucinated")
        shape = Shape(scheme="io", document="spans", max_length=64)
        state.task = load_task("rag")
        state.network = Network(state.network.encoder, config_for(state.task, shape, backbone=str(folder)))
        state.validation = [
            Document(one.id, one.text, "rag", some, labels[bool(some)], is_reviewed=True)
            for one in state.validation
            for some in [tuple(replace(span, label="unsupported") for span in one.spans)]
        ]
        run_step(self.working, state)
        errors = state.metrics["calibration"]
        assert isinstance(errors, dict)
        assert errors["document_ece_after"] == pytest.approx(measured(state)["document_ece"], abs=1e-6)

    def test_the_least_words_of_spans_are_set_and_kept(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(calibrate.Calibrate(temperature=False, thresholds=False, least_words=2), state)
        assert state.network.design.calibration == Calibration(least_words=2)
        run_step(calibrate.NEUTRAL, state)
        assert state.network.design.calibration == Calibration(least_words=2)

    def test_a_second_calibration_finds_the_same(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(self.working, state)
        first = state.network.design
        run_step(self.working, state)
        assert state.network.design == first


class TestEvaluate(StepContract):
    neutral = (evaluate.NEUTRAL,)
    working = evaluate.Evaluate()

    def test_it_leaves_figures_on_the_validation_documents(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(self.working, state)
        figures = state.metrics["validation"]
        assert isinstance(figures, dict) and 0 <= figures["span_exact_f1"] <= 1


def test_an_unknown_step_is_named_with_the_known_ones() -> None:
    with pytest.raises(TrainingError, match=r"steps\.0 is wrong.*'tune'.*'fine_tune'.*'calibrate'.*'evaluate'"):
        Recipe.from_yaml("steps: [{step: tune}]")


@pytest.mark.parametrize(
    "text", ["- a list", "steps: 3", "just words", "steps: [{epochs: 1}]", "seed: -1", "a: [", "{"]
)
def test_what_is_no_recipe_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(TrainingError, match=r"^recipe: "):
        Recipe.from_yaml(text)
