"""Learning from the mean judgement of several runs of one model, on texts that nobody labelled."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document
from tokapp.errors import TrainingError
from tokapp.models.encoding import Encoding
from tokapp.training.examples import IGNORED, Example, labelled_examples, row_encoder, rows_to_learn
from tokapp.training.state import TrainingState
from tokapp.training.steps.self_train import SelfTrain
from tokapp.training.trainer import fine_tune

Floats = NDArray[np.float32]


def self_train(state: TrainingState, settings: SelfTrain) -> None:
    """Train the state's network in place on labelled documents and on judged ones.

    Raises TrainingError for models without word classes, and when every training document has a label.
    """
    texts = _texts(state, settings)
    judged = _examples(state, settings, texts, judge_texts(state, texts))
    fine_tune(state, settings.learn, examples=[*labelled_examples(state, settings.learn), *judged])


def _texts(state: TrainingState, settings: SelfTrain) -> list[Document]:
    if not state.network.design.classes:
        raise TrainingError("self_train teaches words; this model only learns document labels, leave the step out")
    found = [one for one in state.train if not one.is_labelled]
    if not found:
        raise TrainingError("self_train needs texts without labels among the training documents; there are none")
    return Random(state.seed).sample(found, min(settings.texts, len(found)))


def judge_texts(state: TrainingState, texts: Sequence[Document]) -> list[Floats]:
    """Mean word probabilities of each text [words, classes] over the runs of the fine-tuning before."""
    names = state.runs[0] if state.runs else {}
    own = {name: tensor.clone() for name, tensor in state.network.state_dict().items() if name in names}
    sums: list[Floats] = []
    for weights in state.runs or [own]:
        state.network.load_state_dict(dict(weights), strict=False)
        found = [one.words.probabilities for one in state.model().predict(texts) if one.words is not None]
        sums = [before + now for before, now in zip(sums, found, strict=True)] if sums else found
    state.network.load_state_dict(own, strict=False)
    return [some / np.float32(max(len(state.runs), 1)) for some in sums]


def _examples(
    state: TrainingState, settings: SelfTrain, texts: Sequence[Document], judgement: Sequence[Floats]
) -> list[Example]:
    rows = rows_to_learn(texts, row_encoder(state, settings.learn))
    return [
        Example(row, np.full(len(row), IGNORED, np.int64), IGNORED, _at_words(row, judgement[row.document]))
        for row in rows
    ]


def _at_words(row: Encoding, judgement: Floats) -> Floats:
    """Probabilities of words [words, classes] at the words' first tokens [tokens, classes], 0 elsewhere."""
    likely = np.zeros((len(row), judgement.shape[1]), np.float32)
    mine = np.flatnonzero(row.word_index >= 0)[::-1]
    likely[row.word_index[mine]] = judgement[mine]  # of words in one token the first one stays
    return likely
