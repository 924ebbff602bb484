"""The Evaluate page: figures, mistakes, two models in one sentence, and what was drawn at random."""

from __future__ import annotations

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Prediction, Span
from tokapp.store import DocumentFilter, Project, Store

TEST = DocumentFilter(status="labelled", split="test")


def right(store: Store, project: Project, name: str) -> None:
    """A model that marks everything as people did."""
    store.add_model(name, "reviews", project_id=project.id)
    spans = (Span(11, 20, "feature", 0.9, f"model:{name}"),)
    rows = list(store.iterate_documents(project.id))
    store.add_predictions(project.id, name, [(pk, Prediction(one.id, name, spans)) for pk, one in rows])


def test_without_any_project_and_without_a_model_it_says_what_to_do(home: Store, open_page: OpenPage) -> None:
    assert "Create one" in shown(open_page("evaluate"))
    from tokapp.tasks import load_task

    home.create_project("Bare", load_task("reviews"))
    assert "No model yet" in shown(open_page("evaluate"))


def test_every_figure_and_mistake_of_a_model_is_shown(home: Store, project: Project, open_page: OpenPage) -> None:
    judged = home.count_documents(project.id, TEST)
    assert judged >= 6, "the fixture has enough held-out documents for a test"
    at = open_page("evaluate", project=project.id, model="reviews")
    assert not at.exception and not at.error
    lines = at.dataframe[0].value
    figures = {row["Match"]: (row["F1"], row["By people"]) for row in lines.to_dict("records")}
    assert figures["exact"] == (0.0, judged) and figures["overlap"] == (1.0, judged)
    assert lines["Baseline F1"].max() == 1.0, "the marked piece stands in training as well"
    assert {one.label: one.value for one in at.metric}["Wrong edge"] == str(judged)
    assert "On " in shown(at) and "by today" in shown(at)


def test_two_models_are_compared_in_one_sentence(home: Store, project: Project, open_page: OpenPage) -> None:
    right(home, project, "better")
    at = open_page("evaluate", project=project.id, model="reviews")
    at.selectbox(key="against").set_value("better").run()
    assert not at.exception and not at.error
    assert "better finds more of what is right" in at.success[0].value.replace("\\", "")


def test_a_model_that_has_not_read_the_part_is_asked_to_first(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    home.add_model("fresh", "reviews", project_id=project.id)
    at = open_page("evaluate", project=project.id, model="fresh")
    assert "must first predict" in shown(at)
    at.button(key="predict_fresh").click().run()
    (job,) = home.jobs(project.id, "predict")
    assert job.payload["document_ids"] == home.document_ids(project.id, TEST)


def test_figures_can_be_kept_to_what_the_queue_drew_at_random(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    at = open_page("evaluate", project=project.id)
    at.toggle(key="only_drawn").set_value(True).run()
    assert not at.exception and "were drawn at random yet" in shown(at)
