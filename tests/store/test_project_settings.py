"""What is set up for a project, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from tokapp.errors import BadInput, NotFound
from tokapp.store import Project, Store


def test_the_pattern_is_kept_for_its_project_alone_and_changes_are_told(store: Store, project: Project) -> None:
    other = store.create_project("other", project.task)
    assert store.snap_pattern(project.id) == ""
    store.save_snap_pattern(project.id, r"\d+ €", "eva")
    store.save_snap_pattern(project.id, r"\d+ €", "eva")
    assert (store.snap_pattern(project.id), store.snap_pattern(other.id)) == (r"\d+ €", "")
    store.save_snap_pattern(project.id, "", "ben")
    assert store.snap_pattern(project.id) == ""
    assert [(line.by, line.text) for line in store.activity(2, project.id)] == [
        ("ben", "took away the pattern that marks snap to"),
        ("eva", r"set the pattern that marks snap to: \d+ €"),
    ]


@pytest.mark.parametrize("pattern", ["(", "x" * 201, "\ud800"])
def test_what_is_no_pattern_is_not_stored(store: Store, project: Project, pattern: str) -> None:
    with pytest.raises(BadInput):
        store.save_snap_pattern(project.id, pattern, "eva")
    assert store.snap_pattern(project.id) == ""


def test_a_project_that_is_not_there_has_no_settings(store: Store) -> None:
    with pytest.raises(NotFound):
        store.save_snap_pattern(99, "x", "eva")
