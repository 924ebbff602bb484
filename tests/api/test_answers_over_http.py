"""Predict and explain over HTTP give what the model gives in the hand."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.api.conftest import Served, counted_forwards
from tokapp.documents import Document
from tokapp.formats.predictions import prediction_record
from tokapp.inference.resident import Resident

TEXT = "The search bar crashes 👍🏽 since the update, but I love the dark mode"


def test_predict_gives_the_record_that_files_hold(served: Served, models: Resident) -> None:
    document = Document("r1", TEXT, "reviews", meta={"stars": 5, "of": {"me": None}})
    sent = {"id": "r1", "text": TEXT, "meta": {"stars": 5, "of": {"me": None}}}
    answer = served.post("/v1/predict", json={"task": "reviews", "documents": [sent, {"text": "ok"}]})
    model = models.load("reviews")
    first, second = model.predict([document, Document("text-2", "ok", "reviews")])
    body = answer.json()
    assert body["documents"][0] == prediction_record(document, first)
    assert body["documents"][1] == prediction_record(Document("text-2", "ok", "reviews"), second)
    assert (body["model"], body["fingerprint"]) == ("reviews", model.fingerprint)
    for span in body["documents"][0]["spans"]:
        assert TEXT[span["start"] : span["end"]].strip()


def test_a_record_of_ours_can_be_sent_as_it_is(served: Served) -> None:
    record = served.post("/v1/predict", json={"task": "reviews", "documents": [{"text": TEXT}]}).json()["documents"][0]
    again = served.post("/v1/predict", json={"task": "reviews", "documents": [{**record, "status": "labelled"}]})
    assert again.json()["documents"] == [record]


def test_answers_are_judged_beside_their_passages_and_mails_get_a_label(served: Served) -> None:
    rag = {"text": "It closes at nine.", "question": "When does it close?", "context": ["The pool closes at eight."]}
    answer = served.post("/v1/predict", json={"task": "rag", "documents": [rag]})
    record = answer.json()["documents"][0]
    assert (record["question"], record["context"]) == (rag["question"], "The pool closes at eight.")
    assert record["label"] == max(record["label_scores"], key=record["label_scores"].__getitem__)


def test_many_who_ask_the_same_at_once_cost_one_forward_pass(served: Served, models: Resident) -> None:
    together = threading.Barrier(6)
    body = {"task": "reviews", "documents": [{"text": "Has anybody seen the export button? " * 70}]}

    def ask(_: int) -> list[dict[str, object]]:
        with httpx2.Client(base_url=served.url, headers=served.client.headers, timeout=30) as client:
            together.wait(10)
            found: list[dict[str, object]] = client.post("/v1/predict", json=body).json()["documents"]
            return found

    with counted_forwards(models, seconds=0.4) as forwards, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(6)))
    assert len(set(forwards)) == 1
    assert all(answer == answers[0] for answer in answers)


def test_explain_gives_values_that_add_up(served: Served) -> None:
    text = "The search bar crashes"
    target = {"kind": "span", "label": "feature", "start": 4, "end": 14}
    body = {"task": "reviews", "document": {"id": "why", "text": text}, "targets": [target]}
    record = served.post("/v1/explain", json=body).json()
    (attribution,) = record["attributions"]
    assert attribution["target"] == target and record["id"] == "why"
    assert [word["text"] for word in attribution["words"]] == text.split()
    assert [text[word["start"] : word["end"]] for word in attribution["words"]] == text.split()
    total = attribution["base_value"] + sum(word["value"] for word in attribution["words"])
    assert total == pytest.approx(attribution["output_value"], abs=1e-4)
    assert attribution["exact"] and attribution["evaluations"] == 16


def test_an_edge_against_nothing_and_the_words_of_passages_are_explained(served: Served) -> None:
    edge = {"kind": "end", "label": "feature", "start": 4, "end": 14, "against": "O"}
    body = {"task": "reviews", "document": {"text": "The search bar crashes"}, "targets": [edge], "budget": 16}
    assert served.post("/v1/explain", json=body).json()["attributions"][0]["target"] == edge
    answer = {"kind": "document", "label": "hallucinated", "over": "sources"}
    document = {"text": "It is 300 m high.", "question": "How high?", "context": ["300 m.", "Red."]}
    body = {"task": "rag", "document": document, "targets": [answer], "budget": 16}
    (found,) = served.post("/v1/explain", json=body).json()["attributions"]
    assert found["target"] == answer
    assert [word["part"] for word in found["words"]] == [0, 0, 0, 1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "span", "label": "feature", "start": 4, "end": 400},
        {"kind": "span", "label": "feature", "start": 4, "end": 4},
        {"kind": "span", "label": "nonsense", "start": 0, "end": 3},
        {"kind": "document", "label": "feature"},
        {"kind": "span", "label": "feature", "start": 4, "end": 14, "against": "feature"},
        {"kind": "span", "label": "feature", "start": 4, "end": 14, "over": "sources"},
        {"kind": "start", "label": "feature", "start": 0, "end": 3},
        {"kind": "cut", "label": "feature", "start": 4, "end": 14},
    ],
)
def test_a_target_that_the_model_cannot_know_is_refused(served: Served, target: dict[str, object]) -> None:
    body = {"task": "reviews", "document": {"text": "The search bar crashes"}, "targets": [target]}
    response = served.post("/v1/explain", json=body)
    assert response.status_code == 422, response.text
    assert response.json()["detail"]


def test_a_model_beside_a_task_must_be_for_it(served: Served) -> None:
    response = served.post("/v1/predict", json={"task": "rag", "model": "reviews", "documents": [{"text": "a"}]})
    assert response.status_code == 422
    assert "is for the task reviews, not rag" in response.json()["detail"]


def test_ready_tells_whether_a_model_is_loaded(served: Served, models: Resident) -> None:
    found = served.get("/v1/ready", params={"task": "reviews"}).json()
    assert found == {
        "model": "reviews",
        "is_loaded": True,
        "fingerprint": models.load("reviews").fingerprint,
        "precision": "float32",
    }
