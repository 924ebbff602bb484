import pytest

from tokapp.errors import BadInput, NotFound
from tokapp.store import Project, Store


@pytest.fixture
def three(store: Store, project: Project) -> Store:
    for name in ("a", "b", "c"):
        store.add_model(name, "reviews", project_id=project.id, metrics={"f1": 0.5}, recipe={"seed": 1})
    return store


def states(store: Store) -> dict[str, str]:
    return {row.name: row.state for row in store.models("reviews")}


def test_a_model_starts_as_a_candidate(three: Store) -> None:
    assert states(three) == {"c": "candidate", "b": "candidate", "a": "candidate"}
    assert (three.model("a").metrics, three.model("a").recipe) == ({"f1": 0.5}, {"seed": 1})
    assert three.promoted("reviews") is None
    assert three.models("emails") == []


def test_promotion_and_the_way_back(three: Store) -> None:
    for name in ("a", "b", "c"):
        three.promote(name, "eva")
    assert states(three) == {"a": "candidate", "b": "candidate", "c": "promoted"}
    assert [three.rollback("reviews", "eva").name for _ in range(2)] == ["b", "a"]
    with pytest.raises(NotFound, match="no earlier promoted model"):
        three.rollback("reviews", "eva")
    promoted = three.promoted("reviews")
    assert promoted is not None and promoted.name == "a"


def test_promoting_after_a_rollback_starts_from_there(three: Store) -> None:
    for name in ("a", "b"):
        three.promote(name, "eva")
    three.rollback("reviews", "eva")
    three.promote("c", "eva")
    three.promote("c", "eva")
    assert three.rollback("reviews", "eva").name == "a"


def test_an_archived_model_is_out_of_the_way_until_promoted(three: Store) -> None:
    for name in ("a", "b", "c"):
        three.promote(name, "eva")
    assert three.archive("b", "eva").state == "archived"
    assert three.rollback("reviews", "eva").name == "a"
    assert three.promote("b", "eva").state == "promoted"
    with pytest.raises(BadInput, match="promote another one first"):
        three.archive("b", "eva")


def test_the_first_built_in_model_is_promoted(store: Store) -> None:
    assert store.add_model("reviews", "reviews", is_built_in=True).state == "promoted"
    assert store.add_model("better", "reviews", is_built_in=True).state == "candidate"
    assert store.add_model("reviews", "reviews", metrics={"f1": 0.7}).metrics == {"f1": 0.7}


def test_names_are_unique_over_tasks(three: Store) -> None:
    with pytest.raises(BadInput, match="choose another name"):
        three.add_model("a", "emails")
    with pytest.raises(NotFound, match="no model 'z'"):
        three.promote("z", "eva")
