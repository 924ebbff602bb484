"""The built-in `emails` model: ham, spam or phishing, and the words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from sklearn.metrics import f1_score, recall_score, roc_auc_score

from tokapp.documents import Document, Prediction
from tokapp.evaluation.baselines import TFIDF, predict_with_tfidf
from tokapp.evaluation.report import document_figures
from tokapp.evaluation.splits import Split
from tokapp.models.config import Shape
from tokapp.tasks.mail import view
from tokapp.training.built_in.corpora import by_split, normalised, read_corpus
from tokapp.training.built_in.plan import CardText, Plan, Row, Splits
from tokapp.training.recipe import Recipe
from tokapp.training.steps.calibrate import Calibrate
from tokapp.training.steps.evaluate import Evaluate
from tokapp.training.steps.fine_tune import FineTune

CORPORA = ("spamassassin", "nazario-phishing")
BACKGROUND = {"wnut17": 450, "app-reviews-unlabeled": 400, "toxic-spans": 200, "snips": 150}
"""How many texts of other kinds (posts, reviews, comments, requests) are trained on as ham.

The ham mails are nearly all from technical lists; without these, whatever is not about computers looks unwanted.
"""
CROPS = 3
"""How many pieces of a mail are trained on; more of them teach more than more epochs over fewer."""
SHORTEST, LONGEST = 80, 350
"""Length in characters of the pieces of mails that are trained on: about 16 to 80 tokens."""
ENOUGH = 800
"""Characters of a mail that are read to choose between epochs; figures on test are on whole mails."""

_WHOLE = "whole"

_QUOTE = re.compile(r"^[ \t]{0,80}(?:[A-Za-z]{0,4}[>|][ \t]?){1,40}", re.MULTILINE)

# All phishing mails were sent to one person; the name would give the class away.
_RECIPIENT = re.compile(r"\b(?:jose|monkey)\b", re.IGNORECASE)


def load(data: Path) -> Mapping[Split, Sequence[Document]]:
    """Mails by split, by what the model sees of their first 400 characters, so that near copies stay together."""
    mails = [_mail(mail) for name in CORPORA for mail in read_corpus(data, name)]
    sides = by_split(mails, (_group(mail) for mail in mails), seed="emails")
    random = Random(0)
    others = list(background(data, random))
    mailed = [piece for mail in sides["train"] for piece in pieces(mail, random, CROPS)]
    return {
        "train": [*mailed, *(piece for text in others for piece in pieces(text, random, 1))],
        "validation": [replace(mail, text=mail.text[:ENOUGH]) for mail in sides["validation"]],
        "test": sides["test"],
    }


def background(data: Path, random: Random) -> Iterator[Document]:
    """Texts that are no mails, drawn from other corpora, as ham."""
    files = {"app-reviews-unlabeled": "app-reviews", "toxic-spans": "toxic-spans-train"}
    for name, count in BACKGROUND.items():
        texts = read_corpus(data, name, file=files.get(name))
        for text in random.sample(texts, min(count, len(texts))):
            yield replace(_mail(text), id=f"{name}:{text.id}", spans=(), label="ham", meta={"source": name})


def pieces(mail: Document, random: Random, count: int) -> Iterator[Document]:
    """The start of a mail as the model sees it, and pieces from anywhere in it, of random length.

    Pieces keep training short, and a model that cannot count on a subject line learns what the words say.
    """
    seen = view(mail.text)
    for number in range(count):
        length = random.randint(SHORTEST, LONGEST)
        start = random.randint(0, max(len(seen) - length, 0)) if number else len(seen) - len(seen.lstrip())
        text = seen[start : start + length]
        if len(text.split()) > 2 or not number:
            yield replace(mail, id=f"{mail.id}#{number}", text=text, meta={**mail.meta, _WHOLE: mail.text})


def texting(data: Path) -> Mapping[str, Sequence[Document]]:
    """Text messages, ham or spam: another medium, never trained on."""
    return {"sms-spam": [_mail(message) for message in read_corpus(data, "sms-spam")]}


def linear(splits: Splits) -> Sequence[Row]:
    """TF-IDF with logistic regression, trained on the whole mails of which our model sees pieces."""
    train = [replace(piece, text=str(piece.meta[_WHOLE])) for piece in splits["train"] if piece.id.endswith("#0")]
    predictions = predict_with_tfidf(train, splits["test"], view=view)
    figures = document_figures(list(zip(predictions, splits["test"], strict=True)))
    return [Row(TFIDF, {**figures, **unwanted(predictions, splits["test"])})]


def unwanted(predictions: Sequence[Prediction], documents: Sequence[Document]) -> Mapping[str, float]:
    """How well wanted is told from unwanted (spam or phishing), whatever the kind of unwanted.

    `unwanted_macro_f1` is the mean F1 of the two sides, `unwanted_auc` the area under the ROC curve of 1 - p(ham);
    sets of one side only have `unwanted_recall` alone.
    """
    truth = [document.label != "ham" for document in documents]
    guess = [prediction.label != "ham" for prediction in predictions]
    measures = {}
    if any(truth):
        measures["unwanted_recall"] = float(recall_score(truth, guess))
    if len(set(truth)) == 2:
        measures["unwanted_macro_f1"] = float(f1_score(truth, guess, average="macro"))
        scores = [1 - prediction.document_scores["ham"] for prediction in predictions]
        measures["unwanted_auc"] = float(roc_auc_score(truth, scores))
    return measures


def _group(mail: Document) -> str:
    """What near copies have in common; an answer that opens with a quotation goes with the mail it quotes."""
    return normalised(_QUOTE.sub(" ", view(mail.text)))[:400]


def _mail(document: Document) -> Document:
    """Without the name of the one recipient; no span of it was ever looked for."""
    text = _RECIPIENT.sub(lambda match: " " * len(match.group()), document.text)
    return replace(document, text=text, task="emails", is_reviewed=False)


PLAN = Plan(
    task="emails",
    load=load,
    recipe=Recipe(
        shape=Shape(spans="evidence", document="head", max_length=256),
        steps=(
            FineTune(mode="lora", epochs=2, learning_rate=1e-3, max_length=128),
            Calibrate(),
            Evaluate(),
        ),
    ),
    card=CardText(
        summary="Tells wanted mail (ham), spam and phishing apart and marks the words that speak for spam or phishing. "
        "Headers, digits, links and addresses are hidden from it, so that it has to judge by what was written.",
        data="SpamAssassin public corpus (ham and spam, 2002-2003) and the Nazario phishing corpus (2015-2022); as "
        "further ham 1,200 posts, reviews, comments and requests from WNUT-17, app reviews, Toxic Spans and SNIPS. "
        "Measured besides on text messages (sms-spam), which were never trained on.",
        licence="SpamAssassin: ODC PDDL 1.0, contents CC0 1.0. Nazario: public, no licence stated at the origin, MIT "
        "in the copy used; no mail of it is part of tokapp. WNUT-17: CC BY 4.0 (Derczynski et al. 2017). App reviews: "
        "MIT, Jacek Dabrowski. Toxic Spans and SNIPS: CC0 1.0. Backbone all-MiniLM-L6-v2: Apache-2.0. These adapters "
        "and heads: the licence of tokapp.",
        limits="English above all. Each class comes from its own years and kinds of sender: the ham is mostly from "
        "technical mailing lists, so that today's newsletters and bills may be taken for spam or phishing. Quoted "
        "lines speak for an answer, and so for wanted mail; who writes spam may fake them. Kinds of unwanted mail that "
        "were not trained on are found less often, see the figures without phishing in `metrics.json`. Evidence shows "
        "what this model went by, not what a person would name.",
    ),
    check={"document_macro_f1": 0.98},
    extra=texting,
    baselines=linear,
    measure=unwanted,
    leave_out=("nazario",),
    beside=("ham",),
)
