"""ssToken: which words are learnt from, what attention says, and that leaving it out changes no bit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import AutoModel

from tests.models.families import FAMILIES
from tests.training.contract import DOCUMENTS, StepContract, same, tiny_state, weights_of
from tokapp.documents import Document, Span
from tokapp.errors import JobCancelled, TrainingError
from tokapp.models import backbone
from tokapp.models.attention import watched_attention
from tokapp.models.config import Shape, config_for
from tokapp.models.network import Network
from tokapp.tasks import load_task
from tokapp.training import Progress, watch
from tokapp.training.examples import collate_examples, labelled_examples
from tokapp.training.objective import inputs_of
from tokapp.training.reading import read_losses
from tokapp.training.rechecking import doubted
from tokapp.training.run import run_step
from tokapp.training.state import TrainingState
from tokapp.training.steps import weigh_tokens
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.weigh_tokens import WeighTokens
from tokapp.training.trainer import Run, prepare
from tokapp.training.weighing import highest, token_scores

FELL, LOOKED = torch.tensor([0.2, -0.1, 0.5, 0.0, 0.4]), torch.tensor([0.3, 0.6, 0.1, 0.4, 0.2])
LEARN = FineTune(mode="full", epochs=3, batch_size=4, learning_rate=0.01, seed=3, keep_best=False)
RAG = [
    Document(
        str(n), "dark mode works here", "rag", (Span(0, 4, "unsupported"),), question="mode?", contexts=("dark notes",)
    )
    for n in range(4)
]


def kept(fell: torch.Tensor, looked: torch.Tensor | None, gamma: float, ratio: float) -> set[int]:
    return set(torch.nonzero(highest(token_scores(fell, looked, gamma), ratio)).flatten().tolist())


def rag_state(folder: Path, family: str = "bert") -> TrainingState:
    """A fresh model of answers over a tiny random backbone."""
    FAMILIES[family].write(folder)
    task, source = load_task("rag"), backbone.resolve(str(folder))
    torch.manual_seed(0)
    config = config_for(task, Shape(scheme="io", document="spans", max_length=48), backbone=source.name)
    network = Network(backbone.load_encoder(source), config)
    return TrainingState(task, network.eval(), backbone.load_tokenizer(source), RAG, RAG)


def test_the_worked_example() -> None:
    assert token_scores(FELL, None, 1.0).tolist() == pytest.approx([0.5, 0, 1, 0.1667, 0.8333], abs=1e-4)
    assert token_scores(FELL, LOOKED, 0.5).tolist() == pytest.approx([0.4, 0.3, 0.55, 0.2833, 0.5167], abs=1e-4)
    assert kept(FELL, LOOKED, 0.5, 0.6) == {2, 4, 0}
    assert kept(FELL, LOOKED, 0.0, 0.6) == {1, 3, 0}
    assert kept(FELL, LOOKED, 1.0, 0.6) == {2, 4, 0}


def test_without_any_change_attention_alone_decides() -> None:
    still = torch.zeros(5)
    assert token_scores(still, None, 1.0).tolist() == [0] * 5
    assert kept(still, LOOKED, 0.5, 0.6) == kept(FELL, LOOKED, 0.0, 0.6) == {1, 3, 0}


@pytest.mark.parametrize(
    ("count", "ratio", "most"), [(5, 0.5, 3), (1, 0.5, 1), (1, 0.01, 1), (100, 0.07, 7), (4, 1, 4)]
)
def test_a_share_of_words_is_rounded_up(count: int, ratio: float, most: int) -> None:
    assert int(highest(torch.arange(count).float(), ratio).sum()) == most


@pytest.mark.parametrize("family", ["bert", "modernbert", "llama"])
def test_the_last_layer_looks_where_the_library_says_it_does(tmp_path: Path, family: str) -> None:
    """T4.6, T4.5: what is multiplied once more is the attention that the slow way shows, and every row sums to 1."""
    state = rag_state(tmp_path / family, family)
    batch = collate_examples(labelled_examples(state, LEARN)[:2], pad_id=0)
    batch["attention_mask"][1, -2:] = 0
    with torch.no_grad():
        plain = state.network(inputs_of(batch)).token_logits
        with watched_attention(state.network) as layer:
            watched = state.network(inputs_of(batch)).token_logits
        slow = AutoModel.from_pretrained(tmp_path / family, attn_implementation="eager").eval()
        types = {"token_type_ids": batch["type_ids"]} if state.network.takes_types else {}
        mask = batch["attention_mask"]
        shown = slow(batch["input_ids"], attention_mask=mask, output_attentions=True, **types).attentions[-1]
    real = batch["attention_mask"].bool()
    assert torch.equal(plain, watched)
    assert torch.allclose(layer.weights()[real], shown.mean(dim=1)[real], atol=1e-5)
    everywhere, nowhere = (layer.on(torch.full_like(real, value))[real] for value in (True, False))
    assert torch.allclose(everywhere, torch.ones(1), atol=1e-5) and not nowhere.any()


class TestWeighTokens(StepContract):
    neutral = (weigh_tokens.NEUTRAL, WeighTokens(gamma=0.3, guard=False, history="epoch"))
    working = WeighTokens(ratio=0.5, gamma=1.0, guard=False, history="epoch", recheck=7)

    def test_fine_tuning_is_the_plain_one_at_ratio_1_and_another_below(self, folder: Path) -> None:
        found = []
        for weigh in (None, WeighTokens(), WeighTokens(recheck=5), WeighTokens(ratio=0.6)):
            state = tiny_state(folder)
            if weigh is not None:
                run_step(weigh, state)
            run_step(LEARN.model_copy(update={"epochs": 2}), state)
            found.append(weights_of(state))
        assert [same(found[0], other) for other in found[1:]] == [True, True, False]

    def test_a_later_neutral_step_ends_it(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(self.working, state)
        assert state.weighing == self.working
        run_step(weigh_tokens.NEUTRAL, state)
        assert state.weighing is None

    def test_what_it_cannot_do_is_said(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(WeighTokens(ratio=0.5, gamma=0.5), state)
        with pytest.raises(TrainingError, match="no passages to look at"):
            run_step(LEARN, state)
        run_step(WeighTokens(ratio=0.5), state)
        state.network.design = state.network.design.model_copy(update={"classes": (), "labels": ("ham", "spam")})
        state.train = [replace(DOCUMENTS[0], label="ham", spans=()), replace(DOCUMENTS[1], label="spam", spans=())]
        with pytest.raises(TrainingError, match="leave it out"):
            run_step(LEARN, state)


def test_a_run_that_was_killed_ends_as_one_that_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of an epoch, so that what the earlier model said comes from the checkpoint."""
    monkeypatch.setattr(watch, "CHECKPOINT_SECONDS", -1.0)
    learn = LEARN.model_copy(update={"epochs": 2})
    states = [tiny_state(tmp_path / "bert") for _ in range(3)]
    for state in states:
        run_step(WeighTokens(ratio=0.5, recheck=4), state)
    whole, killed, again = states
    run_step(learn, whole)

    def stop(progress: Progress) -> None:
        if progress.step == 6:
            raise JobCancelled("stop")

    killed.checkpoints, killed.on_progress = tmp_path / "kept", stop
    with pytest.raises(JobCancelled):
        run_step(learn, killed)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["step-00000005"]
    again.checkpoints = tmp_path / "kept"
    run_step(learn, again)
    assert same(weights_of(whole), weights_of(again))
    assert whole.metrics == again.metrics and {"weighing", "recheck"} <= whole.metrics.keys()


def test_each_group_of_classes_keeps_its_share(tmp_path: Path) -> None:
    """Three of five rows have two words of a feature each; without the guard they may all go."""
    state = tiny_state(tmp_path / "bert")
    run_step(WeighTokens(ratio=0.5), state)
    run_step(LEARN, state)
    shares = state.metrics["weighing"]
    assert isinstance(shares, dict) and shares.keys() == {"all words", "O", "B-feature", "I-feature"}
    assert (shares["B-feature"] + shares["I-feature"]) / 2 == pytest.approx(0.5)
    assert 0.5 <= shares["O"] < 0.75


def test_a_batch_in_pieces_gives_the_same_gradient(tmp_path: Path) -> None:
    weights = []
    for budget in (None, 24):
        state = tiny_state(tmp_path / "bert")
        for module in state.network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        run_step(WeighTokens(ratio=0.5), state)
        learn = LEARN.model_copy(update={"epochs": 2, "batch_size": 16, "learning_rate": 1e-3})
        prepare(state.network, learn)
        run = Run(state, learn)
        run.budget = budget
        run.optimise()
        weights.append(weights_of(state))
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-5) for name in weights[0])


def test_answers_are_weighed_by_where_they_look_as_well(tmp_path: Path) -> None:
    state = rag_state(tmp_path / "bert")
    run_step(WeighTokens(ratio=0.5), state)
    run = Run(state, LEARN)
    assert run.weighing is not None and run.weighing.gamma == 0.5
    found = []
    for gamma in (0.0, 1.0):
        state = rag_state(tmp_path / "bert")
        run_step(WeighTokens(ratio=0.5, gamma=gamma), state)
        run_step(LEARN, state)
        found.append(weights_of(state))
    assert not same(found[0], found[1])
    other = rag_state(tmp_path / "deberta", "deberta-v3")
    run_step(WeighTokens(ratio=0.5), other)
    with pytest.raises(TrainingError, match="does not show its attention; set gamma to 1"):
        run_step(LEARN, other)


def noisy(seed: int = 0) -> tuple[list[Document], set[tuple[int, int]]]:
    """Texts of which a word in five is labelled wrongly, and (document, start) of these words."""
    draws, documents, wrong = Random(seed), [], set[tuple[int, int]]()
    for number in range(40):
        words = [draws.choice(("dark", "mode", "works", "here", "search", "notes")) for _ in range(8)]
        text, spans, at = " ".join(words), list[Span](), 0
        for word in words:
            flipped = draws.random() < 0.2
            if flipped:
                wrong.add((number, at))
            if (word in ("dark", "mode")) != flipped:
                spans.append(Span(at, at + len(word), "feature"))
            at += len(word) + 1
        documents.append(Document(str(number), text, "reviews", tuple(spans), is_reviewed=True))
    return documents, wrong


@pytest.fixture
def one_thread() -> Iterator[None]:
    """How many threads add up decides the last bits, and these what a training ends at."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_words_with_wrong_labels_are_left_out_more_often_and_listed(tmp_path: Path) -> None:
    """T4.7: a fifth of the labels is turned around."""
    state = tiny_state(tmp_path / "bert")
    state.train, wrong = noisy()
    run_step(WeighTokens(ratio=0.6, recheck=20), state)
    learn = LEARN.model_copy(update={"batch_size": 8, "epochs": 6, "learning_rate": 3e-3})
    prepare(state.network, learn)
    run = Run(state, learn)
    run.optimise()
    assert run.weighing is not None
    batch = collate_examples(run.weighing.examples, pad_id=0)
    with torch.no_grad():
        logits = state.network.eval()(inputs_of(batch)).token_logits
    chosen = run.weighing.choose(logits, batch, None)
    shares: dict[bool, list[bool]] = {True: [], False: []}
    for number, example in enumerate(run.weighing.examples):
        for (start, _), place in zip(example.row.words, example.row.word_index.tolist(), strict=True):
            shares[(example.row.document, start) in wrong].append(bool(chosen[number, place] >= 0))
    left = {is_wrong: sum(some) / len(some) for is_wrong, some in shares.items()}
    assert left[True] < left[False] - 0.2
    before, after = run.weighing.first, read_losses(state, run.weighing.examples)
    listed = doubted(
        state.train, run.weighing.examples, state.network.design.classes, before=before, after=after, limit=20
    )
    assert len(listed) == 20 and {one.label for one in listed} == {"", "feature"}
    assert sum((int(one.document), one.start) in wrong for one in listed) >= 18


def test_neighbouring_words_of_a_label_are_listed_as_one(tmp_path: Path) -> None:
    state = tiny_state(tmp_path / "bert")
    [example] = labelled_examples(state, LEARN)[:1]
    losses = {"before": [torch.tensor([1.0, 2.0, 3.0, 0.1])], "after": [torch.tensor([0.1, 1.5, 1.0, 0.2])]}
    [found] = doubted(state.train, [example], state.network.design.classes, limit=9, **losses)
    text = state.train[0].text
    assert (text[found.start : found.end], found.label) == ("dark mode", "feature")
    assert (found.learnt, found.likely) == pytest.approx((0.5, math.exp(-1.5)))
