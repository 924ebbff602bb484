import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from tokapp.errors import BadInput, LeaseLost, NotFound
from tokapp.store import Project, Store
from tokapp.store.tables import JobTable, WorkerTable, now


def expire(store: Store, job_id: int) -> None:
    """What time does when a worker died."""
    with store._writing() as session:
        session.execute(update(JobTable).where(JobTable.id == job_id).values(lease_until=now() - timedelta(seconds=1)))


def test_identical_open_requests_are_one_job(store: Store, project: Project) -> None:
    first = store.enqueue("predict", project_id=project.id, payload={"model": "m", "b": [1, 2]})
    same = store.enqueue("predict", project_id=project.id, payload={"b": [1, 2], "model": "m"})
    other = store.enqueue("predict", project_id=project.id, payload={"model": "n", "b": [1, 2]})
    assert same.id == first.id != other.id
    store.claim("w")
    store.finish(first.id, "w", {})
    later = store.enqueue("predict", project_id=project.id, payload={"model": "m", "b": [1, 2]})
    assert later.id not in (first.id, other.id)


def test_identical_requests_at_once_are_one_job(store: Store, project: Project) -> None:
    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(lambda _: store.enqueue("train", project_id=project.id, payload={"a": 1}).id, range(6)))
    assert len(ids) == 1


def test_jobs_are_claimed_in_order_once(store: Store) -> None:
    ids = [store.enqueue("predict", payload={"n": n}).id for n in range(3)]
    taken = [store.claim(f"w{n}") for n in range(4)]
    assert [job and job.id for job in taken] == [*ids, None]
    first = taken[0]
    assert first is not None
    assert (first.state, first.owner, first.attempt, first.is_stalled) == ("running", "w0", 1, False)


def test_only_kinds_that_a_worker_knows_are_claimed(store: Store) -> None:
    store.enqueue("export", payload={})
    assert store.claim("w", ["predict"]) is None
    assert store.claim("w", ["export"]) is not None


def test_many_workers_take_each_job_once(store: Store) -> None:
    wanted = {store.enqueue("predict", payload={"n": n}).id for n in range(60)}
    taken: list[int] = []
    lock = threading.Lock()

    def work(owner: str) -> None:
        while (job := store.claim(owner)) is not None:
            with lock:
                taken.append(job.id)
            store.finish(job.id, owner, {"by": owner})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [f"w{n}" for n in range(4)]))
    assert sorted(taken) == sorted(wanted)
    assert {job.state for job in store.jobs(limit=100)} == {"done"}


def test_a_heartbeat_carries_progress_and_brings_back_the_cancel(store: Store) -> None:
    job = store.enqueue("train", payload={})
    store.claim("w")
    assert not store.heartbeat(job.id, "w", 0.5, "half", "line 1", {"step": 1, "loss": 2.5})
    store.request_cancel(job.id)
    assert store.heartbeat(job.id, "w", 7.0, log=["line 2", "line 3"])
    seen = store.job(job.id)
    assert (seen.progress, seen.message, seen.log) == (1.0, "half", ("line 1", "line 2", "line 3"))
    assert seen.curves == ({"step": 1, "loss": 2.5},)
    store.mark_cancelled(job.id, "w")
    assert store.job(job.id).state == "cancelled"


def test_the_log_keeps_its_last_lines(store: Store) -> None:
    job = store.enqueue("train", payload={})
    store.claim("w")
    store.heartbeat(job.id, "w", log=[str(n) for n in range(250)])
    assert store.job(job.id).log == tuple(str(n) for n in range(50, 250))


def test_a_dead_workers_job_is_taken_over_and_the_dead_may_write_no_more(store: Store) -> None:
    job = store.enqueue("train", payload={})
    store.claim("dead")
    expire(store, job.id)
    assert store.job(job.id).is_stalled
    again = store.claim("alive")
    assert again is not None and (again.id, again.attempt) == (job.id, 2)
    for write in (
        lambda: store.heartbeat(job.id, "dead"),
        lambda: store.finish(job.id, "dead", {}),
        lambda: store.fail(job.id, "dead", "x"),
        lambda: store.release(job.id, "dead"),
        lambda: store.mark_cancelled(job.id, "dead"),
    ):
        with pytest.raises(LeaseLost):
            write()
    store.finish(job.id, "alive", {"ok": 1})
    assert (store.job(job.id).state, store.job(job.id).result) == ("done", {"ok": 1})


def test_a_job_that_kills_its_workers_is_given_up(store: Store) -> None:
    job = store.enqueue("train", payload={}, max_attempts=2)
    for _ in range(2):
        assert store.claim("w") is not None
        expire(store, job.id)
    assert store.claim("w") is None
    assert store.job(job.id).state == "failed"
    assert "stopped 2 times" in store.job(job.id).error


def test_a_cancelled_job_of_a_dead_worker_is_not_started_again(store: Store) -> None:
    job = store.enqueue("train", payload={})
    store.claim("w")
    store.request_cancel(job.id)
    expire(store, job.id)
    assert store.claim("w2") is None
    assert store.job(job.id).state == "cancelled"


def test_a_queued_job_is_cancelled_at_once(store: Store) -> None:
    job = store.enqueue("train", payload={})
    assert store.request_cancel(job.id).state == "cancelled"
    assert store.claim("w") is None


def test_failing_uses_up_attempts_and_retry_gives_fresh_ones(store: Store) -> None:
    job = store.enqueue("train", payload={}, max_attempts=2)
    store.claim("w")
    store.fail(job.id, "w", "no luck", retry=True)
    assert store.job(job.id).state == "queued"
    store.claim("w")
    store.fail(job.id, "w", "no luck", retry=True)
    assert (store.job(job.id).state, store.job(job.id).error) == ("failed", "no luck")
    again = store.retry(job.id)
    assert (again.state, again.attempt, again.error) == ("queued", 0, "")
    with pytest.raises(BadInput, match="is queued"):
        store.retry(job.id)


def test_a_released_job_has_lost_no_attempt(store: Store) -> None:
    job = store.enqueue("train", payload={}, max_attempts=1)
    for _ in range(3):
        assert store.claim("w") is not None
        store.release(job.id, "w")
    assert (store.job(job.id).state, store.job(job.id).attempt) == ("queued", 0)


def test_jobs_are_listed_newest_first(store: Store, project: Project) -> None:
    store.enqueue("predict", project_id=project.id, payload={})
    store.enqueue("train", project_id=project.id, payload={})
    store.enqueue("train", payload={})
    assert [job.kind for job in store.jobs(project.id)] == ["train", "predict"]
    assert [job.id for job in store.jobs(kind="train", limit=1)] == [3]
    with pytest.raises(NotFound, match="no job 99"):
        store.job(99)


def test_workers_show_whether_they_live(store: Store) -> None:
    store.beat_worker("w1", 11, "cpu")
    store.beat_worker("w1", 11, "cuda")
    store.beat_worker("w2", 12, "cpu")
    with store._writing() as session:
        session.execute(update(WorkerTable).where(WorkerTable.owner == "w2").values(seen=now() - timedelta(minutes=1)))
    assert [(w.owner, w.device, w.is_alive) for w in store.workers()] == [("w1", "cuda", True), ("w2", "cpu", False)]
