"""The sample documents that ship: enough, labelled by the tasks' labels, with sources, on all three splits, small."""

from __future__ import annotations

import json

import pytest

from tokapp import places
from tokapp.evaluation.splits import split_of
from tokapp.formats import read_report
from tokapp.tasks import load_task

FOLDER = places.data() / "samples"


@pytest.mark.parametrize(("task", "least", "labelled"), [("reviews", 200, 90), ("emails", 100, 50), ("rag", 60, 30)])
def test_samples_are_enough_and_go_in_without_a_failure(task: str, least: int, labelled: int) -> None:
    report = read_report(FOLDER / f"{task}.jsonl", task)
    assert report.failures == [] and report.notes == []
    assert len(report.documents) >= least
    assert labelled <= sum(one.is_reviewed for one in report.documents) < len(report.documents)
    assert len({one.hash for one in report.documents}) == len(report.documents)


@pytest.mark.parametrize("task", ["reviews", "emails", "rag"])
def test_every_sample_names_its_source_and_licence_and_group(task: str) -> None:
    licences = (FOLDER / "README.md").read_text("utf-8")
    for document in read_report(FOLDER / f"{task}.jsonl", task).documents:
        assert {"source", "licence", "group"} <= document.meta.keys()
        assert str(document.meta["source"]).split("-")[0] in licences.lower()


@pytest.mark.parametrize("task", ["reviews", "emails", "rag"])
def test_labelled_samples_stand_on_all_three_splits_of_their_project(task: str) -> None:
    seed = f"{load_task(task).title} (sample)"
    labelled = [one for one in read_report(FOLDER / f"{task}.jsonl", task).documents if one.is_reviewed]
    assert {split_of(str(one.meta["group"]), seed=seed) for one in labelled} == {"train", "validation", "test"}


def test_phishing_samples_are_our_own_and_lead_nowhere() -> None:
    lines = (FOLDER / "emails.jsonl").read_text("utf-8").splitlines()
    written = [record for line in lines if (record := json.loads(line))["meta"].get("origin") == "written for tokapp"]
    assert len(written) >= 20
    hosts = {word.split("/")[2] for record in written for word in record["text"].split() if word.startswith("http")}
    assert all(host.endswith(("example.com", "example.org", "example.net")) for host in hosts)
    phishing = [record for line in lines if (record := json.loads(line)).get("label") == "phishing"]
    assert all(record["meta"].get("origin") == "written for tokapp" for record in phishing)


def test_the_samples_stay_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 1_500_000
