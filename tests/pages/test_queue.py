"""The Queue page: pick an order, score, begin, and get the next document in that order."""

from __future__ import annotations

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.store import Edit, Order, Project, Store


def test_the_oldest_first_is_what_there_is_without_a_choice(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("queue", project=project.id)
    first = home.next_to_label(project.id)
    if first is None:
        assert "left in this order" in shown(at)
    else:
        assert at.dataframe[0].value["text"][0] == home.documents(project.id, limit=100)[first - 1].preview


def test_an_order_without_scores_offers_to_score_and_puts_one_job_in_the_queue(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    at = open_page("queue", project=project.id)
    at.pills(key=f"order_{project.id}").set_value("margin").run()
    assert "Not scored yet" in shown(at)
    at.button(key="score").click().run()
    assert not at.exception and not at.error
    [job] = home.jobs(project.id, "rank")
    assert (job.state, job.payload["ordering"]) == ("queued", "margin")


def test_the_scored_order_is_the_one_that_label_follows(project: Project, home: Store, open_page: OpenPage) -> None:
    for pk in home.document_ids(project.id):
        labelling = home.open_for_labelling(pk)
        if labelling.status in ("labelled", "skipped"):
            home.record(pk, labelling.revision, "ann", Edit("reopen"))
    pks = home.document_ids(project.id)
    home.save_ranking(project.id, "typical", [(pk, pk / 1000) for pk in pks], model="reviews")
    at = open_page("queue", project=project.id)
    at.pills(key=f"order_{project.id}").set_value("typical").run()
    table = at.dataframe[0].value
    train = [row for row in home.documents(project.id, limit=200) if row.split == "train"]
    by_score = [text for text, how in zip(table["text"], table["how"], strict=True) if how == "by score"]
    assert by_score[0] == max(train, key=lambda row: row.id).preview
    assert "feed the figures" in shown(at)
    at.button(key="begin").click().run()
    assert not at.exception and not at.error
    assert at.query_params["doc"] == str(max(row.id for row in train))


def test_a_held_out_document_that_the_queue_draws_is_marked_as_drawn(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    waiting = [one.document for one in home.queue(project.id, Order("random"), limit=99)]
    first = next(row for row in waiting if row.split != "train")
    for row in waiting[: waiting.index(first)]:
        home.record(row.id, 0, "ana", Edit("skip"))
    at = open_page("queue", project=project.id)
    at.pills(key=f"order_{project.id}").set_value("random").run()
    at.button(key="begin").click().run()
    assert not at.exception and at.query_params["doc"] == str(first.id)
    home.record(first.id, 0, "ana", Edit("submit"))
    assert [pk for pk, one in home.origins(project.id, first.split).items() if one.is_drawn] == [first.id]
