"""Judging jobs with the real built-in model on reviews of a few words, and a real SQLite file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.explanations.wording.chat_server import replaying
from tokapp.documents import Document, Span
from tokapp.errors import BadInput, JobCancelled, ReasonUnavailable, TokappError
from tokapp.explanations.judging import judge
from tokapp.explanations.judging.judged import read_judged
from tokapp.inference.resident import Resident
from tokapp.jobs.context import Context
from tokapp.jobs.handlers import find_handler
from tokapp.settings import JUDGED, Settings
from tokapp.store import JobRow, Store
from tokapp.tasks import load_task

TEXTS = ("Love the dark mode and search", "Camera crashes", "Great", "Search is slow")
BUDGET = 8


@dataclass(frozen=True, slots=True)
class Desk:
    """A project of a few reviews, and a worker's hands."""

    store: Store
    project: int
    models: Resident
    settings: Settings

    def begin(self, **payload: Any) -> JobRow:
        self.store.enqueue("judge", project_id=self.project, payload={"budget": BUDGET, **payload})
        job = self.store.claim("me")
        assert job is not None
        return job

    def work(self, job: JobRow, settings: Settings | None = None, *, stop_after: int = 0) -> Mapping[str, Any]:
        """Do a job as a worker would; a person may cancel it after so many documents."""
        with Context(self.store, settings or self.settings, job, "me", self.models) as context:
            if stop_after:
                context.give_way = _stopping(context, stop_after)  # type: ignore[method-assign]
            return find_handler("judge")(context, job)

    def run(self, settings: Settings | None = None, **payload: Any) -> Mapping[str, Any]:
        job = self.begin(**payload)
        try:
            result = self.work(job, settings)
        except TokappError as error:
            self.store.fail(job.id, "me", str(error))
            raise
        self.store.finish(job.id, "me", result)
        return self.store.job(job.id).result


def _stopping(context: Context, after: int) -> Any:
    seen: list[int] = []

    def give_way() -> None:
        seen.append(1)
        if len(seen) > after:
            context.cancelled.set()
        context.check()

    return give_way


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = str(tmp_path_factory.mktemp("judge"))
    settings = Settings.from_environment({"TOKAPP_HOME": home, "TOKAPP_DEVICE": "cpu"})
    store = Store(settings.database_url)
    project = store.create_project("Reviews", load_task("reviews")).id
    marked = Document("0", TEXTS[0], spans=(Span(23, 29, "feature"),), is_reviewed=True)
    others = [Document(str(at), text) for at, text in enumerate(TEXTS[1:], start=1)]
    store.add_documents(project, [marked, *others], source="test")
    store.add_model("reviews", "reviews", is_built_in=True)
    store.promote("reviews", by="ana")
    yield Desk(store, project, Resident(settings), settings)
    store.close()


def findings(desk: Desk) -> list[Any]:
    job = desk.store.jobs(desk.project, "judge")[0]
    return read_judged(desk.settings.job_folder(job.id) / JUDGED)


def test_the_figures_are_those_of_the_terminal(desk: Desk) -> None:
    result = desk.run()
    model = desk.models.load("reviews")
    documents = [document for _, document in desk.store.load_documents(desk.store.document_ids(desk.project))]
    expected = judge(model, documents, budget=BUDGET).to_record()
    assert result["judgement"] == json.loads(json.dumps(expected))
    assert (result["model"], result["documents"], result["reasons"], result["scores"]) == ("reviews", 4, None, None)


def test_the_template_names_what_people_marked_and_its_reasons_are_checked(desk: Desk) -> None:
    result = desk.run(reasons="template", limit=2, document_ids=[1, 2])
    reasons = [reason for one in findings(desk) for reason in one.reasons]
    first = reasons[0]
    assert first.reason.text == "“search” is feature because of “search”."
    assert first.match.score == pytest.approx(1, abs=0.05) and first.hint is None
    assert result["scores"]["decisions"] == len(reasons) == result["scores"]["insertions"] + sum(
        one.insertions.passed is None for one in reasons
    )


def test_peoples_notes_are_found_wherever_they_are(desk: Desk) -> None:
    desk.store.comment(4, "slow means it is about search", "ben", span=Span(0, 6, "feature"))
    result = desk.run(reasons="note", limit=1)
    [found] = findings(desk)
    assert found.pk == 4 and result["documents"] == 1
    if found.reasons:
        assert found.reasons[0].reason.by == "ben" and found.reasons[0].insertions is None


def test_a_language_model_is_asked_only_by_a_job_that_says_so(desk: Desk) -> None:
    with replaying() as server:
        asking = replace(desk.settings, llm_url=server.url, llm_model="small")
        desk.run(asking, document_ids=[1])
        assert not server.asked
        result = desk.run(asking, document_ids=[1], reasons="llm")
        assert server.asked and result["scores"]["matched"] == 0  # the recorded reason names no word of this text
    with pytest.raises(ReasonUnavailable, match="cannot be reached"):
        desk.run(asking, document_ids=[1], reasons="llm")
    with pytest.raises(BadInput, match="TOKAPP_LLM_URL"):
        desk.run(document_ids=[1], reasons="llm")


def test_a_second_attempt_goes_on_where_the_first_one_stopped(desk: Desk) -> None:
    job = desk.begin(reasons="template")
    with pytest.raises(JobCancelled):
        desk.work(job, stop_after=2)
    file = desk.settings.job_folder(job.id) / JUDGED
    before = file.read_bytes()
    assert before.count(b"\n") == 2
    with file.open("ab") as stream:
        stream.write(b'{"pk": 3, "ledg')  # as a worker leaves it that was killed while it wrote
    result = desk.work(job)
    desk.store.finish(job.id, "me", result)
    assert file.read_bytes().startswith(before) and result["documents"] == 4
    assert [one.pk for one in read_judged(file)] == [1, 2, 3, 4]
    assert json.loads(json.dumps(result)) == desk.run(reasons="template")


def test_nothing_to_judge_is_a_sentence(desk: Desk) -> None:
    with pytest.raises(BadInput, match="marks nothing in these 1 documents"):
        desk.run(document_ids=[3])
    with pytest.raises(BadInput, match="limit"):
        desk.run(limit=0)
