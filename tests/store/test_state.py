"""Properties: whatever people do, the events alone lead to the state that the store shows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from tests.store.conftest import TASK
from tokapp.documents import Document, Prediction, Reason, Span
from tokapp.errors import StaleRevision
from tokapp.store import Edit, Project, Store
from tokapp.store.state import replay

TEXT = "Search 🎉 crashes"
SPANS = st.builds(
    lambda start, length, label: Span(start, min(start + length, len(TEXT)), label),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 6),
    st.sampled_from(TASK.span_names),
)

REASONS = st.builds(
    lambda start, length, label, is_evidence: Reason(start, min(start + length, len(TEXT)), label, is_evidence),
    st.integers(0, len(TEXT) - 1),
    st.integers(1, 6),
    st.sampled_from(["", *TASK.document_names]),
    st.booleans(),
)


class Editing(RuleBasedStateMachine):
    """A model beside the store: spans, label and status as a plain history of states."""

    @initialize()
    def open(self) -> None:
        self.store = Store("sqlite://")
        self.project = self.store.create_project("p", TASK)
        self.store.add_documents(self.project.id, [Document("d", TEXT)], source="f")
        found = (Span(0, 6, "feature", 0.9, "model:m"), Span(9, 16, "bug", 0.5, "model:m"))
        self.store.add_predictions(self.project.id, "m", [(1, Prediction("d", "m", found))])
        self.past: list[object] = []
        self.future: list[object] = []

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    def facts(self) -> object:
        opened = self.store.open_for_labelling(1)
        document = opened.document
        spans = [span.key for span in document.spans]
        return spans, document.label, opened.status, opened.suggestions, document.reasons

    def do(self, edit: Edit) -> None:
        before = self.store.open_for_labelling(1)
        facts = self.facts()
        if self.store.record(1, before.revision, "eva", edit).revision > before.revision:
            self.past.append(facts)
            self.future.clear()

    @rule(span=SPANS)
    def add(self, span: Span) -> None:
        self.do(Edit("add", (span,)))

    @rule(data=st.data())
    @precondition(lambda self: self.store.open_for_labelling(1).document.spans)
    def change(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.store.open_for_labelling(1).document.spans))
        verb = data.draw(st.sampled_from(["remove", "relabel", "move"]))
        if verb == "remove":
            self.do(Edit("remove", (old,)))
        else:
            self.do(Edit(verb, (old, data.draw(SPANS))))

    @rule(data=st.data(), verb=st.sampled_from(["accept", "reject"]))
    @precondition(lambda self: self.store.open_for_labelling(1).suggestions)
    def settle(self, data: st.DataObject, verb: str) -> None:
        suggestion = data.draw(st.sampled_from(self.store.open_for_labelling(1).suggestions))
        self.do(Edit(verb, (suggestion,)))  # type: ignore[arg-type]

    @rule(label=st.sampled_from([None, *TASK.document_names]))
    def set_label(self, label: str | None) -> None:
        self.do(Edit("set_label", label=label))

    @rule(reason=REASONS, verb=st.sampled_from(["mark_reasons", "clear_reasons"]))
    def mark(self, reason: Reason, verb: str) -> None:
        self.do(Edit(verb, reasons=(reason,)))  # type: ignore[arg-type]

    @rule(verb=st.sampled_from(["submit", "reopen", "skip"]))
    def set_status(self, verb: str) -> None:
        self.do(Edit(verb))  # type: ignore[arg-type]

    @rule()
    def undo(self) -> None:
        before, opened = self.facts(), self.store.open_for_labelling(1)
        assert opened.can_undo == bool(self.past)
        self.store.record(1, opened.revision, "eva", Edit("undo"))
        if self.past:
            assert self.facts() == self.past.pop()
            self.future.append(before)

    @rule()
    def redo(self) -> None:
        before, opened = self.facts(), self.store.open_for_labelling(1)
        assert opened.can_redo == bool(self.future)
        self.store.record(1, opened.revision, "eva", Edit("redo"))
        if self.future:
            assert self.facts() == self.future.pop()
            self.past.append(before)

    @rule()
    @precondition(lambda self: self.store.open_for_labelling(1).revision > 0)
    def come_late(self) -> None:
        before = self.facts()
        with pytest.raises(StaleRevision):
            self.store.record(1, self.store.open_for_labelling(1).revision - 1, "max", Edit("skip"))
        assert self.facts() == before

    @invariant()
    def the_events_lead_to_the_state(self) -> None:
        if not hasattr(self, "store"):
            return
        opened, derived = self.store.open_for_labelling(1), replay(self.store.events(1))
        assert (derived.spans, derived.reasons, derived.label, derived.status, derived.revision) == (
            opened.document.spans,
            opened.document.reasons,
            opened.document.label,
            opened.status,
            opened.revision,
        )
        assert self.store.rebuild_labels(self.project.id) == 0


Editing.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestEditing = Editing.TestCase


def test_a_damaged_cache_is_rebuilt_from_the_events(store: Store, project: Project) -> None:
    store.record(1, 0, "eva", Edit("add", (Span(4, 11, "feature"),)))
    store.record(1, 1, "eva", Edit("submit"))
    right = store.open_for_labelling(1)
    with store._writing() as session:
        session.execute(text("UPDATE labellings SET spans = '[]', undo = '[]'"))
        session.execute(text("UPDATE documents SET status = 'new', spans = 7"))
        session.execute(text("DELETE FROM document_labels"))
    assert store.open_for_labelling(1) != right
    assert store.rebuild_labels(project.id) == 1
    assert store.open_for_labelling(1) == right
    assert store.documents(project.id)[0].spans == 1
