"""Each person's own version of a document, from the events alone."""

from __future__ import annotations

from tokapp.documents import Document, Span
from tokapp.store import Edit, Project, Store

BATTERY, LASTS = Span(4, 11, "feature"), Span(12, 17, "feature")


def act(store: Store, by: str, *edits: Edit, document: int = 1) -> None:
    for edit in edits:
        store.record(document, store.open_for_labelling(document).revision, by, edit)


def versions(store: Store, project: Project) -> dict[tuple[int, str], list[Span]]:
    return {(one.document_id, one.by): list(one.spans) for one in store.finished_versions(project.id)}


def test_two_who_hand_in_one_after_the_other_have_a_version_each(store: Store, project: Project) -> None:
    act(store, "ana", Edit("add", (BATTERY,)), Edit("submit"))
    act(store, "ben", Edit("reopen"), Edit("add", (LASTS,)), Edit("remove", (BATTERY,)), Edit("submit"))
    assert versions(store, project) == {(1, "ana"): [BATTERY], (1, "ben"): [LASTS]}


def test_a_change_to_a_labelled_document_is_a_version_of_who_made_it(store: Store, project: Project) -> None:
    act(store, "ana", Edit("add", (BATTERY,)), Edit("submit"))
    act(store, "ben", Edit("add", (LASTS,)))
    assert versions(store, project) == {(1, "ana"): [BATTERY], (1, "ben"): [BATTERY, LASTS]}


def test_the_last_version_of_a_person_counts_with_its_moment(store: Store, project: Project) -> None:
    act(store, "ben", Edit("add", (LASTS,)), Edit("submit"))
    act(store, "ana", Edit("add", (BATTERY,)), Edit("undo"))
    [ana, ben] = store.finished_versions(project.id)
    assert (ana.by, ana.spans) == ("ana", (LASTS,))
    events = store.events(1)
    assert (ana.at, ben.at) == (events[-1].at, events[1].at)


def test_what_is_not_handed_in_is_nobodys_version(store: Store, project: Project) -> None:
    act(store, "ana", Edit("add", (BATTERY,)))
    act(store, "ben", Edit("add", (LASTS,)))
    assert versions(store, project) == {}


def test_documents_of_one_person_and_labels_from_a_file_are_left_out(store: Store, project: Project) -> None:
    act(store, "ana", Edit("add", (BATTERY,)), Edit("submit"))
    imported = Document("r9", "The screen cracks", "reviews", spans=(Span(4, 10, "feature"),), is_reviewed=True)
    store.add_documents(project.id, [imported], source="gold.jsonl")
    act(store, "ben", Edit("add", (Span(11, 17, "bug"),)), document=4)
    assert versions(store, project) == {}


def test_another_project_is_left_out(store: Store, project: Project) -> None:
    act(store, "ana", Edit("add", (BATTERY,)), Edit("submit"))
    act(store, "ben", Edit("add", (LASTS,)))
    other = store.create_project("other", project.task)
    assert versions(store, other) == {}
