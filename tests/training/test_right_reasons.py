"""Right for the right reasons: what is guarded, what the penalty is, and what training with it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.models.families import FAMILIES
from tests.training.contract import DOCUMENTS, StepContract, same, tiny_state, weights_of
from tokapp.documents import Document, Reason, Span
from tokapp.models import backbone
from tokapp.models.config import Shape, config_for
from tokapp.models.network import Inputs, Network
from tokapp.tasks import Label, Task
from tokapp.training.examples import collate_examples, labelled_examples
from tokapp.training.right_reasons import penalty, watched_embeddings
from tokapp.training.run import run_step
from tokapp.training.state import TrainingState
from tokapp.training.steps import right_reasons
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.right_reasons import RightReasons

MAIL = Task("mail", "Mail", (), (Label("ham", "#112233"), Label("spam", "#332211")))
LEARN = FineTune(mode="full", epochs=2, batch_size=4, learning_rate=0.01, seed=3, keep_best=False)


def marked(document: Document, *reasons: Reason) -> Document:
    return replace(document, reasons=reasons)


def dark(*words: str, is_evidence: bool = False, document: Document = DOCUMENTS[0]) -> Document:
    """A review whose span has words that are no evidence for it."""
    at, text = document.spans[0], document.text
    places = [(text.index(word), text.index(word) + len(word)) for word in words]
    return marked(document, *(Reason(*place, "feature", is_evidence, (at.start, at.end)) for place in places))


def mail_state(folder: Path, *documents: Document, family: str = "bert") -> TrainingState:
    """A fresh model of whole documents over a tiny random backbone."""
    FAMILIES[family].write(folder)
    source = backbone.resolve(str(folder))
    torch.manual_seed(0)
    config = config_for(MAIL, Shape(max_length=32), backbone=source.name)
    network = Network(backbone.load_encoder(source), config.model_copy(update={"backbone_hash": source.hash}))
    return TrainingState(MAIL, network.eval(), backbone.load_tokenizer(source), documents, documents)


def batch_of(state: TrainingState, settings: RightReasons) -> dict[str, torch.Tensor]:
    run_step(settings, state)
    return collate_examples(labelled_examples(state, LEARN), pad_id=0)


def words_of(state: TrainingState, mask: torch.Tensor, row: int = 0) -> list[str]:
    """The words of a document whose tokens a mask marks."""
    example = labelled_examples(state, LEARN)[row]
    words = example.row.word_of[mask.numpy()[: len(example.row)]]
    text = state.train[example.row.document].text
    return [text[slice(*example.row.words[word])] for word in dict.fromkeys(words.tolist())]


class TestRightReasons(StepContract):
    neutral = (right_reasons.NEUTRAL, RightReasons(weight=0, only_evidence=True))
    working = RightReasons(weight=2.5, only_evidence=True)

    @pytest.mark.parametrize("mode", ["full", "lora", "head"])
    def test_fine_tuning_is_the_plain_one_without_weight_or_marks_and_another_with_both(
        self, folder: Path, mode: str
    ) -> None:
        learn = LEARN.model_copy(update={"mode": mode})
        found = []
        for weight, train in ((None, True), (0.0, True), (30.0, False), (30.0, True)):
            state = tiny_state(folder)
            if train:
                state.train = [dark("works"), *DOCUMENTS[1:]]
            if weight is not None:
                run_step(RightReasons(weight=weight), state)
            run_step(learn, state)
            found.append(weights_of(state))
        plain, *others = [same(found[0], other) for other in found[1:]]
        assert (plain, *others) == (True, True, False)

    def test_a_later_neutral_step_ends_it(self, folder: Path) -> None:
        state = tiny_state(folder)
        run_step(self.working, state)
        assert state.right_reasons == self.working
        run_step(right_reasons.NEUTRAL, state)
        assert state.right_reasons is None


def test_the_words_of_a_span_are_guarded_against_words_that_are_no_evidence(tmp_path: Path) -> None:
    state = tiny_state(tmp_path / "bert")
    state.train = [dark("works", "the"), DOCUMENTS[3]]
    batch = batch_of(state, RightReasons(weight=1))
    assert words_of(state, batch["wrong"][0, 0]) == ["the", "works"]
    assert words_of(state, batch["decided"][0, 0]) == ["dark", "mode"]
    assert not batch["wrong"][1].any() and not batch["is_whole"].any()


def test_where_evidence_was_marked_every_other_word_may_count_as_none(tmp_path: Path) -> None:
    state = tiny_state(tmp_path / "bert")
    state.train = [dark("works", is_evidence=True)]
    assert "wrong" not in batch_of(state, RightReasons(weight=1))
    batch = batch_of(state, RightReasons(weight=1, only_evidence=True))
    assert words_of(state, batch["wrong"][0, 0]) == ["the", "dark", "mode"]


def test_reasons_for_a_whole_document_guard_its_label_and_without_one_its_spans(tmp_path: Path) -> None:
    text = "dark mode works"
    mail = Document("m", text, label="spam", reasons=(Reason(10, 15, "spam", False), Reason(0, 15, "ham", False)))
    state = mail_state(tmp_path / "mail", marked(mail, *mail.reasons, Reason(5, 9, "ham")))
    batch = batch_of(state, RightReasons(weight=1))
    assert words_of(state, batch["wrong"][0, 0]) == ["dark", "works"] and batch["is_whole"].tolist() == [[True]]
    state = tiny_state(tmp_path / "bert")
    state.train = [Document("s", text, spans=(Span(0, 4, "feature"),), reasons=(Reason(10, 15, is_evidence=False),))]
    batch = batch_of(state, RightReasons(weight=1))
    assert words_of(state, batch["decided"][0, 0]) == ["dark"] and words_of(state, batch["wrong"][0, 0]) == ["works"]


@pytest.mark.parametrize("family", ["bert", "deberta-v2", "modernbert", "llama"])
def test_the_penalty_is_the_squared_gradient_and_has_a_gradient_itself(tmp_path: Path, family: str) -> None:
    """Against finite differences of the log-probabilities by the embeddings of the words that are no evidence."""
    mail = Document("m", "dark mode works", label="spam", reasons=(Reason(10, 15, "spam", is_evidence=False),))
    state = mail_state(tmp_path / "mail", mail, replace(mail, id="n", reasons=()), family=family)
    batch, network = batch_of(state, RightReasons(weight=1)), state.network.requires_grad_(True)
    seen = Inputs(batch["input_ids"], batch["attention_mask"], batch["type_ids"], batch["part"])
    with watched_embeddings(network, batch) as embeddings:
        outputs = network(seen)
    found = penalty(outputs, embeddings[0], batch)
    found.backward()
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.encoder.parameters())
    assert found.item() == pytest.approx(differences(network, seen, batch), rel=2e-2)


def differences(network: Network, seen: Inputs, batch: dict[str, torch.Tensor], step: float = 3e-3) -> float:
    """The penalty of the first row by central differences."""
    total, places = 0.0, torch.nonzero(batch["wrong"][0, 0]).flatten().tolist()
    width = network.encoder.get_input_embeddings().weight.shape[1]  # type: ignore[operator, union-attr]
    for place in places:
        for column in range(width):
            high, low = (said(network, seen, (place, column), sign * step) for sign in (1, -1))
            total += ((high - low) / (2 * step)) ** 2
    return total


def said(network: Network, seen: Inputs, place: tuple[int, int], moved: float) -> float:
    """Sum of the log-probabilities of the first row with one number of its embeddings moved."""

    def move(module: object, arguments: object, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[0, place[0], place[1]] += moved
        return output

    handle = network.encoder.get_input_embeddings().register_forward_hook(move)  # type: ignore[operator, union-attr]
    with torch.no_grad():
        logits = network(seen).document_logits[0]
    handle.remove()
    return float(logits.double().log_softmax(-1).sum())


def test_training_with_the_penalty_makes_words_that_are_no_evidence_matter_less(tmp_path: Path) -> None:
    texts = ["dark mode works", "search notes fails", "dark notes here", "search mode love"] * 3
    labels = ["spam", "ham", "spam", "ham"] * 3
    mails = [
        Document(str(n), text, label=label, reasons=(Reason(text.rindex(" ") + 1, len(text), label, False),))
        for n, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    left = []
    for weight in (0.0, 1.0):
        state = mail_state(tmp_path / f"mail-{weight}", *mails)
        run_step(RightReasons(weight=weight), state)
        run_step(LEARN.model_copy(update={"epochs": 4}), state)
        left.append(remaining(state))
    assert left[1] < left[0] / 2


def remaining(state: TrainingState) -> float:
    """The penalty on the training documents."""
    batch = batch_of(state, RightReasons(weight=1))
    with watched_embeddings(state.network, batch) as embeddings:
        outputs = state.network(Inputs(*(batch[key] for key in ("input_ids", "attention_mask", "type_ids", "part"))))
    return float(penalty(outputs, embeddings[0], batch).detach())


def test_a_batch_in_pieces_gives_the_same_gradient(tmp_path: Path) -> None:
    """A step that is cut to what fits into memory adds up to the whole one."""
    weights = []
    for budget in (None, 24):
        state = tiny_state(tmp_path / "bert")
        state.train = [dark("works"), *DOCUMENTS[1:]]
        run_step(RightReasons(weight=5), state)
        weights.append(trained(state, budget))
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-5) for name in weights[0])


def trained(state: TrainingState, budget: int | None) -> dict[str, torch.Tensor]:
    from tokapp.training.trainer import Run, prepare

    torch.manual_seed(0)
    learn = LEARN.model_copy(update={"epochs": 1, "batch_size": 16, "learning_rate": 1e-3})
    for module in state.network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    prepare(state.network, learn)
    run = Run(state, learn)
    run.budget = budget
    run.optimise()
    return weights_of(state)
