"""The way of a new version into use on the Models page: judged on the golden set, refused, forced, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage, attribution
from tests.pages.test_pages import shown
from tokapp.documents import Attribution, Document, Prediction, Span, Target
from tokapp.store import Project, Store

RIGHT, WRONG = Span(11, 20, "feature"), Span(9, 18, "feature")


def predict(store: Store, project: Project, model: str, *spans: Span) -> None:
    rows = list(store.iterate_documents(project.id))
    store.add_predictions(project.id, model, [(pk, Prediction(one.id, model, spans)) for pk, one in rows])


@pytest.fixture
def judged(project: Project, home: Store, open_page: OpenPage) -> AppTest:
    """The page after the test part was frozen there; "second" marks what people marked, and nothing beside it."""
    predict(home, project, "reviews", RIGHT)
    predict(home, project, "second", RIGHT)
    at = open_page("models", project=project.id)
    assert "any model can be used" in shown(at)
    at.button(key="freeze").click().run()
    assert not at.exception and not at.error
    return at


def use(at: AppTest, reason: str = "") -> None:
    """Open the dialog and answer it; a run without the press that opened it draws none."""
    at.button(key="promote").click().run()
    at.button(key="promote").click()
    if reason:
        at.text_area(key="promote_reason").set_value(reason).run()
        at.button(key="promote").click()
    at.button(key="promote_yes").click().run()


def test_a_version_that_loses_nothing_is_used_at_once(judged: AppTest, home: Store) -> None:
    assert "It passes: on the" in shown(judged) and "Both mark exactly the same there." in shown(judged)
    use(judged)
    assert not judged.exception and not judged.error
    promoted = home.promoted("reviews")
    assert promoted is not None and promoted.name == "second"


def test_a_version_that_loses_a_label_needs_a_reason(
    judged: AppTest, project: Project, home: Store, open_page: OpenPage
) -> None:
    predict(home, project, "second", WRONG)
    at = open_page("models", project=project.id)
    assert ", feature loses 1.000; at most 0.02 F1 may be lost" in shown(at)
    table = next(one.value for one in at.dataframe if "Verdict" in one.value)
    assert table.to_dict("records")[0]["Verdict"] == "loses 1.000, too much"
    at.button(key="promote").click().run()
    assert at.button(key="promote_yes").disabled
    use(at, "The guidelines changed")
    assert not at.exception and not at.error
    newest = home.promotions("reviews")[0]
    assert (newest.model, newest.reason, newest.by) == ("second", "The guidelines changed", "ana")
    assert "The guidelines changed" in shown(open_page("models", project=project.id))


def test_a_version_that_has_not_read_the_golden_set_is_asked_to(
    judged: AppTest, project: Project, home: Store, open_page: OpenPage
) -> None:
    home.add_model("third", "reviews")
    at = open_page("models", project=project.id)
    assert "third must first read the" in shown(at)
    at.button(key=f"read_golden_{project.id}").click().run()
    (job,) = home.jobs(project.id, "predict")
    golden = home.golden_set(project.id)
    assert golden is not None
    assert job.payload == {"model": "third", "document_ids": list(home.golden_documents(golden))}


def test_the_reasons_of_every_flip_are_asked_for_and_shown(
    judged: AppTest, project: Project, home: Store, open_page: OpenPage
) -> None:
    predict(home, project, "second", WRONG)
    golden = home.golden_set(project.id)
    assert golden is not None
    frozen = home.golden_documents(golden)
    first, *others = frozen
    for model in ("reviews", "second"):
        home.add_attribution(first, of_flip(frozen[first], model))
    at = open_page("models", project=project.id)
    flips = next(one.value for one in at.dataframe if "Words before" in one.value)
    assert list(flips["What"]) == ["changed"] * len(frozen)
    assert flips["Words before"][0] == "dark +2.0, the -0.5, mode +0.1" == flips["Words after"][0]
    at.button(key="explain_flips").click().run()
    asked = {str(job.payload["model"]): job.payload["decisions"] for job in home.jobs(project.id, "explain")}
    form = {"kind": "span", "label": "feature", "start": 9, "end": 18}
    assert asked == {name: {str(pk): [form] for pk in others} for name in ("reviews", "second")}


def of_flip(document: Document, model: str) -> Attribution:
    return replace(attribution(document), model=model, target=Target.of_span(WRONG))


def test_a_version_shows_what_it_was_trained_with(project: Project, home: Store, open_page: OpenPage) -> None:
    taken = home.snapshot(project.id)
    home.add_model("second", "reviews", snapshot_id=taken.id, project_id=project.id)
    learnt = taken.counts["train"]
    toggle = f"lessons_{taken.id}"
    at = open_page("models", project=project.id)
    assert at.toggle(key=toggle).label == f"Trained with {learnt} reviews and {learnt} spans. Show them"
    at.toggle(key=toggle).set_value(True).run()
    table = next(one.value for one in at.dataframe if "Marked" in one.value)
    assert len(table) == learnt and list(table["Marked"][0]) == ["dark mode"]
