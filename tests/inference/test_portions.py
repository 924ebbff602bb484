"""Portions keep memory flat, and equal documents cost one pass."""

from __future__ import annotations

import pytest

from tests.inference.test_engine import built_in
from tokapp.documents import Document
from tokapp.formats import Failure
from tokapp.inference.portions import Note, Once, cut, score
from tokapp.models.encoding import Encoder, Encoding


def test_a_portion_is_closed_by_number_or_by_length() -> None:
    documents = [Document(str(at), "x" * (50 if at == 3 else 5)) for at in range(7)]
    items = [*documents[:5], Failure("f", "line 6", "no text"), Note("f", "odd"), *documents[5:]]
    parts = list(cut(items, most=3, characters=40))
    assert [[document.id for document in part.documents] for part in parts] == [
        ["0", "1", "2"],
        ["3"],
        ["4", "5"],
        ["6"],
    ]
    assert [part.items for part in parts] == [3, 1, 3, 1]
    assert parts[2].notes == (Note("f", "odd"),)
    assert [part.notes for part in cut([Note("f", "last")])] == [(Note("f", "last"),)]


def test_equal_documents_are_scored_once_and_each_gets_its_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    encode = Encoder.encode

    def counted(self: Encoder, documents: list[Document]) -> list[Encoding]:
        seen.extend(document.text for document in documents)
        return encode(self, documents)

    texts = ["good app", "the dark mode", "good app", "word " * 100, "good app", "word " * 100]
    documents = [Document(f"d{at}", text) for at, text in enumerate(texts)]
    monkeypatch.setattr(Encoder, "encode", counted)
    model, done = built_in(), list[int]()
    found = [one for _, part in score(model, cut(documents, most=3), progress=done.append) for one in part]
    assert [one.document_id for one in found] == [document.id for document in documents]
    assert seen == ["good app", "the dark mode", "word " * 100]
    assert found[0].spans == found[2].spans == found[4].spans
    assert done[-1] == 3 and found[0].words is not None and found[4].words is not None
    assert found[4].words.probabilities.tolist() == found[0].words.probabilities.tolist()
    assert Once(model).predict([]) == []
