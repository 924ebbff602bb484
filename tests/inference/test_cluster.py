"""A real Ray cluster of two workers gives what this process gives, also when a worker is killed at its work."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tokapp.documents import Document, Prediction
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.inference import cluster, portions
from tokapp.inference.cluster import Wanted
from tokapp.inference.files import Files
from tokapp.jobs import run_worker
from tokapp.models import TokenModel, load_model
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task

ray = pytest.importorskip("ray")
RayError = ray.exceptions.RayError
PORTIONS, SIZE = 30, 16


@pytest.fixture(scope="module", autouse=True)
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("ray")))  # Ray keeps a token of the cluster in it
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            "local",  # never a cluster that happens to run on this machine
            num_cpus=2,
            object_store_memory=10**8,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
        )
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Wanted:
    settings = Settings(tmp_path_factory.mktemp("home"), "sqlite://", device="cpu", threads=1)
    return Wanted("reviews", model_of(settings).fingerprint, settings)


def model_of(settings: Settings) -> TokenModel:
    return load_model("reviews", settings=settings)


def workers() -> list[int]:
    """The processes that score, of this test's own cluster."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_one = (folder / "cmdline").read_bytes().startswith(b"ray::MapWorker(MapBatches(_Worker))")
        except OSError:
            continue
        if is_one and os.getpid() in _ancestors(int(folder.name)):
            found.append(int(folder.name))
    return found


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        pid = int(status.partition("\nPPid:")[2].split()[0])
        yield pid


def check_same(ours: list[Prediction], theirs: list[Prediction]) -> None:
    """Equal spans, and scores that differ by 1e-4 at most."""
    assert [one.document_id for one in theirs] == [one.document_id for one in ours]
    for here, there in zip(ours, theirs, strict=True):
        assert there.spans == here.spans and there.words is not None and here.words is not None
        assert [span.score for span in there.spans] == pytest.approx([span.score for span in here.spans], abs=1e-4)
        assert abs(there.words.probabilities - here.words.probabilities).max() <= 1e-4


def test_two_workers_of_which_one_is_killed_give_what_one_process_gives(tmp_path: Path, wanted: Wanted) -> None:
    rows = [
        f"{n},Review {n}: the dark mode is {'really ' * (n % 9)}lovely but sync fails" for n in range(PORTIONS * SIZE)
    ]
    (tmp_path / "in.csv").write_text("\n".join(["id,text", *rows, "x,"]), "utf-8")
    files = Files((tmp_path / "in.csv",), load_task("reviews"), most=SIZE)
    theirs: list[Prediction] = []
    failures: list[str] = []
    killed, before = None, 0
    for portion, predictions in cluster.score(files, wanted):
        theirs += predictions
        failures += [failure.where for failure in portion.failures]
        if killed is None and len(found := workers()) == 2:
            killed, before = found[0], len(theirs)
            os.kill(killed, signal.SIGKILL)
    assert killed is not None and before < PORTIONS * SIZE / 2
    assert len(theirs) == PORTIONS * SIZE and failures == [f"in.csv, line {len(rows) + 2}"]
    ours = [one for _, part in portions.score(model_of(wanted.settings), files()) for one in part]
    check_same(ours, theirs)
    assert sum(len(one.spans) for one in ours) > PORTIONS * SIZE


def test_a_machine_with_another_model_of_that_name_says_so(wanted: Wanted) -> None:
    with pytest.raises(ModelUnavailable, match="another model 'reviews'"):
        cluster._load(replace(wanted, fingerprint="other"))


def test_a_job_of_the_app_is_done_by_the_cluster_that_the_settings_name(tmp_path: Path) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'tokapp.db'}", device="cpu", threads=1, ray_address="auto")
    store = Store(settings.database_url)
    project = store.create_project("p", load_task("reviews"))
    texts = [f"Review {n}: the dark mode is lovely, but sync fails" for n in range(50)]
    store.add_documents(project.id, [Document(f"d{n}", text) for n, text in enumerate(texts)], source="f")
    ids = store.document_ids(project.id)
    store.add_predictions(project.id, "reviews", [(ids[7], Prediction("d7", "reviews", ()))])
    job = store.enqueue("predict", project_id=project.id, payload={"model": "reviews"})
    run_worker(settings, once=True)
    done, found = store.job(job.id), dict(store.predictions(project.id, "reviews"))
    assert (done.state, done.result["documents"], done.message) == ("done", 49, "49 of 49 documents")
    assert list(found) == ids and [pk for pk in ids if found[pk].words is None] == [ids[7]]
    expected = model_of(settings).predict([Document("d0", texts[0])])[0].spans
    assert found[ids[0]].spans == expected != ()
    store.close()


def test_what_a_file_has_to_say_is_said_from_there(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,\n", "utf-8")
    files = Files((tmp_path / "in.csv",), load_task("reviews"))
    read = ray.data.from_items([0]).map_batches(cluster._read, fn_kwargs={"source": files}, num_cpus=0)
    with pytest.raises(RayError) as failure:
        list(read.iter_batches())
    known = cluster._known(failure.value)
    assert isinstance(known, BadInput) and "none of 1 documents is usable" in str(known)
    assert "gave up (lost)" in str(cluster._known(RayError("lost\nand more")))


def test_an_address_where_nobody_listens_is_told_at_once() -> None:
    with pytest.raises(BadInput, match=r"no Ray cluster answers at '127\.0\.0\.1:1'"):
        cluster._start("127.0.0.1:1")
