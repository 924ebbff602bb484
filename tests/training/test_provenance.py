"""What a version learnt from can be told from anything else by its hash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.training.contract import DOCUMENTS
from tokapp.documents import Document, Reason, Span
from tokapp.training.provenance import content_of, data_record


def test_names_and_order_are_no_content() -> None:
    renamed = [replace(one, id=f"x{one.id}", meta={"a": 1}) for one in DOCUMENTS[::-1]]
    assert content_of(renamed) == content_of(DOCUMENTS)
    record = data_record(DOCUMENTS, DOCUMENTS[:3], {"snapshot": 5})
    assert record["snapshot"] == 5 and record["documents"] == {"train": len(DOCUMENTS), "validation": 3}


@pytest.mark.parametrize(
    "changed",
    [
        replace(DOCUMENTS[0], text=DOCUMENTS[0].text + " "),
        replace(DOCUMENTS[0], spans=()),
        replace(DOCUMENTS[0], spans=(Span(4, 8, "feature"),)),
        replace(DOCUMENTS[0], is_reviewed=False),
        replace(DOCUMENTS[0], label="praise"),
        replace(DOCUMENTS[0], reasons=(Reason(0, 3),)),
        replace(DOCUMENTS[0], reasons=(Reason(0, 3, is_evidence=False),)),
    ],
)
def test_whatever_a_model_could_learn_otherwise_is(changed: Document) -> None:
    assert content_of([changed, *DOCUMENTS[1:]]) != content_of(DOCUMENTS)
