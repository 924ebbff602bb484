import pytest

from tokapp.errors import BadInput, NotFound, StaleRevision
from tokapp.store import Project, Store


def test_every_version_is_kept_with_who_and_when(store: Store, project: Project) -> None:
    assert store.guidelines(project.id).version == 0
    store.save_guidelines(project.id, "# Features\n", "eva", seen=0)
    store.save_guidelines(project.id, "# Features\nNo verbs.", "ben", seen=1)
    assert store.save_guidelines(project.id, "# Features\nNo verbs.", "eva", seen=2).version == 2
    found = store.guideline_versions(project.id)
    assert [(one.version, one.text, one.by) for one in found] == [
        (2, "# Features\nNo verbs.", "ben"),
        (1, "# Features\n", "eva"),
    ]
    assert found[0].at and found[1].at and found[0].at >= found[1].at
    assert store.guidelines(project.id) == found[0] and store.guidelines(project.id, 1) == found[1]
    assert [line.text for line in store.activity(2, project.id)] == [
        "changed the guidelines (version 2)",
        "changed the guidelines (version 1)",
    ]


def test_nobody_writes_over_what_they_have_not_seen(store: Store, project: Project) -> None:
    store.save_guidelines(project.id, "one", "eva", seen=0)
    with pytest.raises(StaleRevision):
        store.save_guidelines(project.id, "two", "ben", seen=0)
    assert store.guidelines(project.id).text == "one"


@pytest.mark.parametrize("text", ["x" * 100_001, "nul \x00", "half \ud83d"])
def test_what_cannot_be_kept_is_a_sentence(text: str, store: Store, project: Project) -> None:
    with pytest.raises(BadInput):
        store.save_guidelines(project.id, text, "eva", seen=0)
    with pytest.raises(NotFound):
        store.save_guidelines(99, "x", "eva", seen=0)


def test_each_person_has_read_a_version_of_their_own(store: Store, project: Project) -> None:
    store.read_guidelines(project.id, "eva", 1)
    store.read_guidelines(project.id, "eva", 2)
    assert store.guidelines_read(project.id, "eva") == 2
    assert store.guidelines_read(project.id, "ben") == 0
