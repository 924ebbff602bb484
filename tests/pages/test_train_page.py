"""The Train page builds the recipe that its controls say, and takes another one in."""

from __future__ import annotations

from dataclasses import replace

from tests.pages.conftest import OpenPage, review
from tokapp.store import Project, Store
from tokapp.tasks import load_task
from tokapp.training import Recipe
from tokapp.training.steps.continue_pretraining import ContinuePretraining
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.select_instances import SelectInstances
from tokapp.ui.charts import learning_curve
from tokapp.ui.training_outcome import told


def queued(home: Store, project: Project) -> Recipe:
    [job] = home.jobs(project.id, "train")
    return Recipe.model_validate(job.payload["recipe"])


def test_the_controls_build_the_recipe_that_is_shown(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("train", project=project.id)
    assert [one.disabled for one in (at.toggle(key="warm_up"), at.toggle(key="share_on"))] == [False, False]
    at.toggle(key="warm_up").set_value(True)
    at.toggle(key="share_on").set_value(True).run()
    at.number_input(key="warm_up_hidden").set_value(20)
    at.number_input(key="share").set_value(75)
    at.number_input(key="average").set_value(3).run()
    assert not at.exception and not at.error
    shown = Recipe.from_yaml(at.code[0].value)
    assert shown.steps[:2] == (ContinuePretraining(masked=0.2), SelectInstances(share=0.75))
    assert shown.steps[2] == FineTune(average=3)
    at.button(key="start").click().run()
    assert queued(home, project) == shown


def test_a_recipe_of_ones_own_is_used_or_its_mistake_is_named(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    at = open_page("train", project=project.id)
    at.toggle(key="own_recipe").set_value(True).run()
    at.text_area(key="recipe_text").set_value("steps: [{step: fine_tune, epoch: 3}]").run()
    assert "steps.0.fine_tune.epoch is wrong" in at.error[0].value.replace("\\", "")
    assert at.button(key="start").disabled
    at.text_area(key="recipe_text").set_value("steps: [{step: fine_tune, epochs: 5, mode: bottleneck}]").run()
    assert not at.error
    at.button(key="start").click().run()
    assert queued(home, project).steps == (FineTune(epochs=5, mode="bottleneck"),)


def test_labels_that_cannot_teach_are_named_before_the_training(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("Bare", load_task("reviews"))
    home.add_documents(
        made.id, [replace(review(number), spans=(), is_reviewed=True) for number in range(60)], source="f"
    )
    at = open_page("train", project=made.id)
    assert "has a span; mark some" in at.error[0].value and at.button(key="start").disabled


def test_what_the_steps_did_is_told() -> None:
    read = {"texts": 283, "held_out_texts": 1, "perplexity_before": 40.04, "perplexity_after": 30.0, "head": "its own"}
    kept = {"kept": 43, "documents": 85}
    lines = told({"continue_pretraining": {**read, "warning": "it copied"}, "select_instances": kept}, "review")
    assert "283 texts" in lines[0] and "on 1 text that it did not read went from 40.0 to 30.0." in lines[0]
    assert lines[1:] == ["Beware: it copied.", "Learnt from 43 of 85 labelled reviews."]
    assert told({}, "review") == []
    words = {"weighing": {"all words": 0.625}, "preferences": {"words": 7, "documents": 1}, "recheck": [{}, {}]}
    assert told(words, "review") == [
        "Once it chose among words, it learnt from 62 % of them.",
        "What it had wrong and was taught once more: 7 words and the labels of 1 review.",
        "It still does not believe 2 labels, which Models lists under it.",
    ]
    assert "is 30.0 now" in told({"continue_pretraining": {**read, "head": "new"}}, "review")[0]


def test_a_curve_is_that_of_the_last_part() -> None:
    steps = ((1, 9.0, 0), (2, 8.0, 0), (1, 1.0, 1))
    points = [{"step": step, "loss": loss, "part": part} for step, loss, part in steps]
    figure, plain = learning_curve(points, "loss", "Loss"), learning_curve([{"step": 1, "loss": 2.0}], "loss", "Loss")
    assert figure is not None and list(figure.data[0].x) == [1]
    assert plain is not None and learning_curve([], "loss", "Loss") is None
