"""The built-in `reviews` model: features of an app as spans in its reviews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tokapp.documents import Document
from tokapp.evaluation.baselines import KNOWN, predict_known_pieces
from tokapp.evaluation.report import span_figures
from tokapp.evaluation.splits import Split, split_of
from tokapp.models.config import Shape
from tokapp.models.sentences import split_sentences
from tokapp.training.built_in.corpora import by_split, normalised, read_corpus, without_copies
from tokapp.training.built_in.plan import CardText, Plan, Row, Splits
from tokapp.training.recipe import Recipe
from tokapp.training.steps.calibrate import Calibrate
from tokapp.training.steps.evaluate import Evaluate
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.self_train import SelfTrain

UNLABELLED = "app-reviews-unlabeled"
"""Whole reviews of the same and one further app, without labels."""
FEWEST_WORDS, LONGEST = 3, 200
"""Words and characters of sentences without labels that are learnt from."""
TELLING = 20
"""Characters from which on a sentence tells which review it is from."""
OUTSIDE = "t-frex"
"""A corpus with labels by string match and a licence (GPL) that lets it measure but not train."""


def load(data: Path) -> Mapping[Split, Sequence[Document]]:
    """Sentences of app reviews by split; sentences of one review stay on one side, and so do copies.

    Sentences with a feature that its annotators named in words that do not stand in the text (`unmatched`) would teach
    that there is none: they are not trained on, and stay in validation and test. Sentences without labels stand in
    training as not reviewed, for the steps that learn from such texts.
    """
    documents = [replace(document, task="reviews") for document in read_corpus(data, "app-review-features")]
    sides = by_split(documents, (str(document.meta["review"]) for document in documents), seed="reviews")
    train = [document for document in sides["train"] if not document.meta.get("unmatched")]
    held_out = [*sides["validation"], *sides["test"]]
    return {**sides, "train": [*without_copies(train, held_out), *unlabelled(data, documents)]}


def unlabelled(data: Path, labelled: Sequence[Document]) -> Iterator[Document]:
    """Different sentences of the reviews without labels, of their training side alone.

    None comes from a review that holds a labelled sentence, or is a copy of one: nothing of what is judged on is seen.
    """
    seen = {normalised(document.text) for document in labelled}
    telling = [text for text in seen if len(text) >= TELLING]
    for review in read_corpus(data, UNLABELLED, file="app-reviews"):
        whole = normalised(review.text)
        if split_of(review.id, seed="reviews") != "train" or any(text in whole for text in telling):
            continue
        for start, end in split_sentences(review.text):
            text = review.text[start:end].strip()
            if len(text.split()) >= FEWEST_WORDS and len(text) <= LONGEST and normalised(text) not in seen:
                seen.add(normalised(text))
                meta = {"source": UNLABELLED, "review": review.id}
                yield Document(f"{review.id}:{start}", text, "reviews", meta=meta)


def outside(data: Path) -> Mapping[str, Sequence[Document]]:
    """About 1,600 sentences of t-frex, drawn by review: other apps, other annotation, never trained on."""
    documents = read_corpus(data, OUTSIDE)
    drawn = [document for document in documents if split_of(str(document.meta["review"]), seed="reviews") == "test"]
    return {OUTSIDE: [replace(document, task="reviews") for document in drawn]}


def known_pieces(splits: Splits) -> Sequence[Row]:
    """The pieces that were marked in training, found again word for word."""
    test = splits["test"]
    predictions = predict_known_pieces(splits["train"], test)
    return [Row(KNOWN, span_figures([(d.spans, p.spans) for p, d in zip(predictions, test, strict=True)]))]


PLAN = Plan(
    task="reviews",
    load=load,
    recipe=Recipe(
        # In 4-fold cross-validation on all but test, knowing where spans end is worth 0.045 of exact F1.
        shape=Shape(scheme="bioes"),
        steps=(
            FineTune(
                epochs=10, average=5, runs=3, share="start", keep_best=False, max_length=128, precision="bfloat16"
            ),
            SelfTrain(
                texts=4000,
                learn=FineTune(
                    epochs=3, learning_rate=5e-4, average=2, keep_best=False, max_length=128, precision="bfloat16"
                ),
            ),
            # On 152 validation spans the best threshold gains 0.013 of exact F1: less than the noise, so none is set.
            Calibrate(thresholds=False),
            Evaluate(),
        ),
    ),
    card=CardText(
        summary="Marks the features of an app that its reviews talk about: functions and properties that people use, "
        "miss or judge.",
        data="app-review-features: sentences of reviews of seven apps (shopping, notes, music, video, social, photo), "
        "marked by hand. 4,000 sentences of app-reviews-unlabeled, on which three models in training judged and taught "
        "the one that ships; none is from a review with a held-out sentence. Measured besides on t-frex, which was "
        "never trained on.",
        licence="Both sets of reviews: MIT, Copyright (c) 2022 Jacek Dabrowski (github.com/jsdabrowski/IS-22). "
        "Backbone all-MiniLM-L6-v2: Apache-2.0. These adapters and heads: the licence of tokapp.",
        limits="English only, trained on single sentences of seven apps. Where a feature begins and ends is a matter "
        "of taste: that there is one is far safer than its exact words. Names of brands are hit and miss.",
    ),
    check={"span_exact_f1": 0.58, "span_overlap_f1": 0.78},
    extra=outside,
    baselines=known_pieces,
)
