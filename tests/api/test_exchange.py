"""Documents in and out over HTTP, and the jobs that do what takes long, with the worker's own handlers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Served, served_with
from tokapp import places
from tokapp.api.limits import Limits
from tokapp.documents import Span
from tokapp.formats import read_documents
from tokapp.inference.resident import Resident
from tokapp.jobs import Worker
from tokapp.jobs.handlers import kinds
from tokapp.store import Edit, Store
from tokapp.store.uploads import AT_ONCE
from tokapp.tasks import load_task

SAMPLE = (places.data() / "samples" / "reviews.jsonl").read_bytes()


@pytest.fixture(scope="module")
def work(served: Served, models: Resident) -> Iterator[Worker]:
    """A worker that does what is queued when it is told to."""
    yield Worker(served.store, served.settings, models, kinds)


def send(served: Served, project: str, *files: tuple[str, bytes], **fields: str) -> Any:
    parts = [("files", file) for file in files]
    return served.post("/v1/import", data={"project": project, **fields}, files=parts)


def test_an_import_tells_what_went_in_and_what_did_not(served: Served) -> None:
    mixed = b"id,text\n1,Good camera\n2,\n3,Bad camera\n"
    answer = send(served, "Mixed", ("mixed.csv", mixed), ("sub\\dir/again.csv", mixed), task="reviews")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["files"] == [
        {"name": "mixed.csv", "added": 2, "duplicates": 0, "failed": 1},
        {"name": "again.csv", "added": 0, "duplicates": 2, "failed": 1},
    ]
    places = [(one["file"], one["place"]) for one in body["failures"]]
    assert places == [("mixed.csv", "line 3"), ("again.csv", "line 3")]
    assert all("text is empty" in one["reason"] for one in body["failures"])
    assert body["job"] is None


BAD = {
    "an archive that is none": ("a.zip", b"PK\x03\x04 nothing"),
    "a workbook that is none": ("a.xlsx", b"text"),
    "a kind that is not read": ("a.exe", b"MZ\x90"),
    "bytes of no encoding": ("a.jsonl", b'{"\xff\xfe\x00": "\xed\xa0\x80"}\n'),
    "nothing": ("a.csv", b""),
    "a nest": ("a.json", b"[" * 100_000),
}


@pytest.mark.parametrize("file", BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_told_and_breaks_nothing(served: Served, file: tuple[str, bytes]) -> None:
    answer = send(served, "Bad files", file, task="reviews")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["files"][0]["added"] == 0
    assert body["files"][0]["failed"] == len(body["failures"]) == 1
    assert body["failures"][0]["reason"]


def test_what_cannot_be_decoded_can_still_be_told(served: Served) -> None:
    rows = b"t\xff\xfe\x81xt,b\n1,2\n"
    answer = send(served, "Odd", ("a.csv", rows), task="reviews", encoding="utf-8")
    assert answer.status_code == 200, answer.text
    assert answer.json()["failures"] or answer.json()["files"][0]["added"]


@pytest.mark.parametrize("name", ["..", "a/..", "x" * 300 + ".csv", "\u202e.csv"])
def test_a_hostile_file_name_is_refused(served: Served, name: str) -> None:
    answer = send(served, "Names", (name, b"text\na\n"), task="reviews")
    assert answer.status_code == 422, answer.text


def test_a_project_is_made_only_with_a_task_and_keeps_it(served: Served) -> None:
    file = ("a.csv", b"text\nhello\n")
    assert "name a task" in send(served, "Nowhere", file).json()["detail"]
    assert send(served, "Nowhere", file, task="nonsense").status_code == 404
    assert send(served, "<b>'; DROP TABLE--", file, task="reviews").status_code == 200
    assert "has the task reviews, not rag" in send(served, "<b>'; DROP TABLE--", file, task="rag").json()["detail"]
    assert "<b>'; DROP TABLE--" in [one["name"] for one in served.get("/v1/projects").json()]


def test_a_large_import_is_the_workers(served: Served, work: Worker) -> None:
    line = json.dumps({"text": "The search bar is slow. " * 40}) + "\n"
    rows = "".join(line.replace("slow", f"slow {at}") for at in range(AT_ONCE // len(line) + 2))
    answer = send(served, "Large", ("large.jsonl", rows.encode() + b"no JSON\n"), task="reviews")
    assert answer.status_code == 202
    job = answer.json()["job"]
    assert answer.headers["location"] == f"/v1/jobs/{job}"
    assert served.get(f"/v1/jobs/{job}").json()["state"] == "queued"
    work.work(once=True)
    report = served.get(answer.headers["location"]).json()
    assert report["state"] == "done", report
    (told,) = report["result"]["files"]
    assert (told["added"], told["failed"]) == (rows.count("\n"), 1)
    assert [one["place"] for one in report["failures"]] == [f"line {rows.count(chr(10)) + 1}"]
    assert not list(served.settings.uploads.iterdir())


def test_an_import_that_takes_too_long_is_the_workers(served: Served, models: Resident, work: Worker) -> None:
    """A small archive may hold as much as a large file."""
    with served_with(served.settings, served.store, models, Limits(answering=0)) as hasty:
        answer = send(hasty, "Unfolding", ("a.csv", b"id,text\n1,one\n2,two\n3,\n"), task="reviews")
    assert answer.status_code == 202, answer.text
    work.work(once=True)
    report = served.get(answer.headers["location"]).json()
    (told,) = report["result"]["files"]
    assert told["added"] + told["duplicates"] == 2 and told["failed"] == 1
    summary = next(one for one in served.get("/v1/projects").json() if one["name"] == "Unfolding")
    assert summary["documents"] == 2


@pytest.fixture(scope="module")
def labelled(served: Served) -> str:
    """A project of sample reviews with their labels, and one that was labelled by hand with a nested span."""
    assert send(served, "Labelled", ("reviews.jsonl", SAMPLE), task="reviews").status_code == 200
    return "Labelled"


def test_an_export_reads_back_as_it_was_imported(served: Served, labelled: str, tmp_path: Path) -> None:
    answer = served.get("/v1/export", params={"project": labelled, "format": "jsonl"})
    (tmp_path / "out.jsonl").write_bytes(answer.content)
    task = load_task("reviews")
    before = {one.id: one for one in read_documents(places.data() / "samples" / "reviews.jsonl", task)}
    after = {one.id: one for one in read_documents(tmp_path / "out.jsonl", task)}
    assert int(answer.headers["tokapp-documents"]) == len(after) > 50
    assert answer.headers["tokapp-losses"] == "0"
    for key, document in after.items():
        assert (document.text, document.spans) == (before[key].text, before[key].spans)


def test_the_losses_of_a_format_are_told_beside_it(served: Served, store: Store, labelled: str) -> None:
    send(served, "Nested", ("n.jsonl", b'{"id": "n", "text": "The dark mode setting"}\n'), task="reviews")
    pk = store.find_document(store.project("Nested").id, "n")
    first = store.record(pk, 0, "me", Edit("add", (Span(4, 13, "feature"), Span(9, 21, "feature"))))
    store.record(pk, first.revision, "me", Edit("submit"))
    asked = {"project": "Nested", "format": "conll"}
    answer = served.get("/v1/export", params=asked)
    told = served.get("/v1/export/losses", params=asked).json()
    assert int(answer.headers["tokapp-losses"]) == len(told["lines"]) > 0
    assert told["documents"] == 1
    assert "filename=" in answer.headers["content-disposition"]


def test_jobs_predict_and_explain_what_they_are_told(served: Served, work: Worker, store: Store) -> None:
    rows = b"id,text\na,The search bar crashes\nb,I love the dark mode\nc,ok\n"
    send(served, "Jobs", ("jobs.csv", rows), task="reviews")
    asked = {"kind": "predict", "project": "Jobs", "documents": ["a", "b"]}
    answer = served.post("/v1/jobs", json=asked)
    assert answer.status_code == 202
    assert served.post("/v1/jobs", json=asked).json()["id"] == answer.json()["id"], "the same job waits only once"
    work.work(once=True)
    job = served.get(answer.headers["location"]).json()
    assert (job["state"], job["result"]["documents"], job["project"]) == ("done", 2, "Jobs")
    wanted = {"budget": 8, "wanted_error": 0.5}
    served.post("/v1/jobs", json={"kind": "explain", "project": "Jobs", "documents": ["a"], **wanted})
    work.work(once=True)
    newest = served.get("/v1/jobs", params={"project": "Jobs", "kind": "explain"}).json()[0]
    assert newest["state"] == "done" and newest["result"]["attributions"] >= 1
    pk = store.find_document(store.project("Jobs").id, "a")
    assert store.attributions(pk, "reviews")
    summary = next(one for one in served.get("/v1/projects").json() if one["name"] == "Jobs")
    assert (summary["documents"], summary["predicted"]) == (3, 2)


def test_a_job_that_waits_can_be_cancelled(served: Served, labelled: str) -> None:
    job = served.post("/v1/jobs", json={"kind": "predict", "project": labelled}).json()
    cancelled = served.post(f"/v1/jobs/{job['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert served.post(f"/v1/jobs/{job['id']}/cancel").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "predict", "project": "nobody"}, 404),
        ({"kind": "predict", "project": "Labelled", "documents": ["no such"]}, 404),
        ({"kind": "train", "project": "Labelled"}, 422),
        ({"kind": "explain", "project": "Labelled", "budget": 1}, 422),
        ({"kind": "explain", "project": "Labelled", "wanted_error": 0}, 422),
        ({"kind": "explain", "project": "Labelled", "limit": 10**30}, 422),
        ({"project": "Labelled"}, 422),
    ],
)
def test_a_job_that_cannot_be_is_refused(served: Served, labelled: str, body: dict[str, object], status: int) -> None:
    answer = served.post("/v1/jobs", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_the_models_are_listed_with_their_figures(served: Served) -> None:
    rows = served.get("/v1/models", params={"task": "reviews"}).json()
    built_in = next(row for row in rows if row["name"] == "reviews")
    assert built_in["state"] == "promoted" and built_in["is_built_in"] and built_in["metrics"]
