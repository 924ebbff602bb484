"""Models lists the labels that a version did not learn, until people change them; Train asks for the list."""

from __future__ import annotations

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Json
from tokapp.store import Edit, Project, Store
from tokapp.training import Recipe
from tokapp.training.steps.prefer import Prefer
from tokapp.training.steps.weigh_tokens import WeighTokens


def test_doubted_labels_are_listed_while_they_are_what_they_were(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    rows = [(pk, one) for pk, one in home.iterate_documents(project.id) if one.spans][:2]
    entries: list[Json] = []
    for (_, one), likely in zip(rows, (0.02, 0.4), strict=True):
        [span, *_] = one.spans
        entries.append(
            {"document": one.id, "hash": one.hash, "start": span.start, "end": span.end, "label": span.label}
            | {"learnt": 0.1, "likely": likely}
        )
    gone: dict[str, Json] = {
        "document": "gone",
        "hash": "",
        "start": 0,
        "end": 1,
        "label": "",
        "learnt": 0,
        "likely": 0,
    }
    averaged: Json = {"run_1_best_epoch": 0.3, "run_1": 0.4, "averaged_epochs": 0.5, "last_epoch": 0.25}
    metrics: dict[str, Json] = {"recheck": [*entries, gone], "averaging": averaged}
    home.add_model("second", "reviews", project_id=project.id, metrics=metrics)

    def listed() -> list[tuple[str, float]]:
        at = open_page("models", project=project.id)
        assert not at.exception and not at.error
        assert "run 1 0.400, mean of the last epochs 0.500, last epoch 0.250." in shown(at)
        tables = [one.value for one in at.dataframe if "How likely" in one.value]
        return [(row["Words"], row["How likely"]) for table in tables for row in table.to_dict("records")]

    (pk, first), (_, second) = rows
    words = [one.text[slice(one.spans[0].start, one.spans[0].end)] for one in (first, second)]
    assert listed() == [(words[0], 2.0), (words[1], 40.0)]
    seen = home.open_for_labelling(pk).revision
    home.record(pk, seen, "ana", Edit("remove", (first.spans[0],)))
    assert listed() == [(words[1], 40.0)]


def test_the_switches_make_the_steps(project: Project, open_page: OpenPage) -> None:
    at = open_page("train", project=project.id)
    at.toggle(key="recheck").set_value(True).run()
    assert not at.exception and "listed on Models" in shown(at)
    assert Recipe.from_yaml(at.code[0].value).steps[0] == WeighTokens(recheck=100)
    at.toggle(key="contrast").set_value(True)
    at.toggle(key="prefer").set_value(True)
    at.toggle(key="weigh").set_value(True).run()
    steps = Recipe.from_yaml(at.code[0].value).steps
    names = ["weigh_tokens", "contrast", "fine_tune", "prefer", "calibrate", "evaluate"]
    assert [step.step for step in steps] == names and isinstance(steps[3], Prefer) and steps[3].learn.epochs == 1
    assert Recipe.from_yaml(at.code[0].value).steps[0] == WeighTokens(ratio=0.6, recheck=100)
