"""Ensembles on disk: versions like any other, and refused when a member is gone or another one than it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.models.families import FAMILIES
from tests.models.voters import member
from tokapp.doctor import examine
from tokapp.documents import Document, Target
from tokapp.errors import BadInput, ModelCorrupt, ModelUnavailable, TokappError, TrainingError
from tokapp.inference.ensembles import Wish, join, make_ensemble
from tokapp.inference.voting import words_of
from tokapp.models import EnsembleModel, TokenModel, load_model, registry
from tokapp.models.export import export_plain
from tokapp.models.loading import load_encoder, load_folder
from tokapp.settings import Settings
from tokapp.training.recipe import Recipe
from tokapp.training.run import run_steps

DOCUMENTS = [
    Document("1", "I love the dark mode 😀 \u200b but search fails."),
    Document("2", ""),
    Document("3", "a \ud800 b"),
]


def _settings(home: Path) -> Settings:
    return Settings(home, "sqlite://", device="cpu", threads=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, EnsembleModel]:
    """A home folder with two versions, and the ensemble `both` of them."""
    home = tmp_path_factory.mktemp("home")
    settings = _settings(home)
    for seed, family in enumerate(("bert", "roberta")):
        _save(member(family, home, seed=seed), settings.models / family)
    return home, make_ensemble(Wish("both", ("bert", "roberta"), weights=(1, 3)), settings=settings)


@pytest.fixture
def settings(tmp_path: Path, made: tuple[Path, EnsembleModel]) -> Settings:
    """A copy of that home folder, to be spoilt."""
    shutil.copytree(made[0], tmp_path / "home")
    return _settings(tmp_path / "home")


@pytest.fixture
def live(made: tuple[Path, EnsembleModel]) -> EnsembleModel:
    return made[1]


def _save(model: TokenModel, folder: Path) -> None:
    model.network.design = model.config.model_copy(update={"storage": "full"})
    registry.save(folder, model.network, model.tokenizer, model.task)


def test_a_saved_ensemble_predicts_as_it_did_before(live: EnsembleModel, settings: Settings) -> None:
    again = load_model("both", settings=settings)
    assert isinstance(again, EnsembleModel)
    assert again.fingerprint == live.fingerprint and again.card == live.card and again.task == live.task
    for one, other in zip(live.predict(DOCUMENTS), again.predict(DOCUMENTS), strict=True):
        assert one.spans == other.spans and other.model == "both"
        assert np.array_equal(words_of(one).probabilities, words_of(other).probabilities)


def test_an_ensemble_has_the_surface_of_a_model(live: EnsembleModel, settings: Settings) -> None:
    """Whatever pages, jobs and verbs ask of a model."""
    for model in (live, load_model("bert", settings=settings)):
        assert model.name and model.task.name == "reviews" and model.precision == "float32"
        assert model.classes[0] == "O" and model.span_labels == ("feature",) and model.document_labels == ()
        assert len(model.fingerprint) == 64 and model.device.type == "cpu"
        (prediction,) = model.predict(DOCUMENTS[:1], 4, progress=lambda _: None)
        (attribution,) = model.explain(DOCUMENTS[0], [Target("span", "feature", 2, 6)], 20)
        assert attribution.model == prediction.model == model.name
        assert "task='reviews'" in repr(model)


def test_an_ensemble_is_listed_described_and_verified_as_a_version(live: EnsembleModel, settings: Settings) -> None:
    assert [version.name for version in registry.versions(settings.models)] == ["bert", "both", "roberta"]
    folder = settings.models / "both"
    assert len(registry.verify(folder)) == 64
    assert {path.name for path in folder.iterdir()} == {
        "config.json", "task.json", "metrics.json", "card.md", "card.json", "checksums.json",
        "environment.json",
    }  # fmt: skip
    assert "| roberta | 0.750 |" in (folder / "card.md").read_text("utf-8")
    assert not [path for path in settings.models.iterdir() if path.name.startswith(".")]
    assert all(one.ok for one in examine(settings) if one.name.startswith("model "))


def test_an_ensemble_is_never_overwritten(live: EnsembleModel, settings: Settings) -> None:
    second = make_ensemble(Wish("both", ("roberta", "bert")), settings=settings)
    assert second.name == "both-2"
    with pytest.raises(BadInput, match="never overwritten"):
        registry.save_ensemble(settings.models / "both", live.config, live.task)


@pytest.mark.parametrize("name", ["config.json", "task.json"])
def test_a_damaged_ensemble_names_the_file(name: str, live: EnsembleModel, settings: Settings) -> None:
    path = settings.models / "both" / name
    path.write_text(path.read_text("utf-8").replace(" ", "  ", 1), "utf-8")
    with pytest.raises(ModelCorrupt, match=name):
        load_model("both", settings=settings)


@pytest.mark.parametrize(
    "config",
    [
        {"members": []},
        {"members": [{"name": "bert", "fingerprint": "0" * 64, "weight": 1.0}], "classes": ["O", "I-feature"]},
        {"members": [{"name": "bert", "fingerprint": "../x", "weight": 0.5}] * 2, "classes": ["O", "I-feature"]},
        {"members": [{"name": "bert", "fingerprint": "0" * 64, "weight": 0.7}] * 2, "classes": ["O", "I-feature"]},
    ],
)
def test_a_configuration_that_cannot_be_is_refused(config: object, live: EnsembleModel, settings: Settings) -> None:
    (settings.models / "both" / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelCorrupt, match=r"config\.json is damaged"):
        load_model("both", settings=settings)


@pytest.mark.parametrize("change", [{"classes": ("O", "B-other")}, {"classes": ("O", "I-feature")}, {"labels": ("x",)}])
def test_an_ensemble_that_its_members_could_not_make_is_refused(
    change: dict[str, tuple[str, ...]], live: EnsembleModel, settings: Settings
) -> None:
    """Whole by its checksums: somebody wrote it by hand."""
    shutil.rmtree(settings.models / "both")
    registry.save_ensemble(settings.models / "both", live.config.model_copy(update=change), live.task)
    with pytest.raises(ModelCorrupt, match=r"config\.json does not fit its members"):
        load_model("both", settings=settings)


def test_a_damaged_member_is_named_with_its_file(live: EnsembleModel, settings: Settings) -> None:
    path = settings.models / "roberta" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelCorrupt, match=r"the ensemble both needs its member roberta: .*model\.safetensors"):
        load_model("both", settings=settings)


def test_a_member_that_is_gone_is_named(live: EnsembleModel, settings: Settings) -> None:
    shutil.rmtree(settings.models / "roberta")
    message = "the ensemble both needs its member roberta: there is no model"
    with pytest.raises(ModelUnavailable, match=message):
        load_model("both", settings=settings)
    assert any(one.name == "model both" and not one.ok and message in one.advice for one in examine(settings))


def test_a_member_that_is_another_model_now_is_refused(
    live: EnsembleModel, settings: Settings, tmp_path: Path
) -> None:
    """Whole by its own checksums, but not the one that was voted with."""
    shutil.rmtree(settings.models / "roberta")
    other = member("roberta", tmp_path, seed=7)
    _save(other, settings.models / "roberta")
    message = "roberta is another model now than when the ensemble both was made"
    with pytest.raises(ModelUnavailable, match=message):
        load_model("both", settings=settings)
    assert any(one.name == "model both" and not one.ok and message in one.advice for one in examine(settings))


def test_a_published_model_votes_with_a_version_by_its_folder(
    live: EnsembleModel, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = FAMILIES["deberta-v3"].write(tmp_path / "published", classes=("O", "B-feature", "I-feature"))
    monkeypatch.chdir(tmp_path)
    model = make_ensemble(Wish("mixed", ("bert", "./published")), settings=settings)
    assert set(model.names) == {"bert", str(folder.resolve())} and model.task.name == "reviews"
    monkeypatch.chdir("/")
    again = load_model("mixed", settings=settings)
    assert again.fingerprint == model.fingerprint


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (("bert",), "takes two models or more"),
        (("bert", "bert"), "bert is named twice"),
        (("bert", "both"), r"both is an ensemble and has no weights of its own: take one of its members \((bert|rob)"),
        (("bert", "emails"), "emails finds spans by"),
        (("bert", "rag"), "bert reads the text and rag the answer"),
        (("bert", "nobody"), "there is no model 'nobody'"),
    ],
)
def test_what_cannot_vote_is_refused_before_anything_is_written(
    members: tuple[str, ...], message: str, live: EnsembleModel, settings: Settings
) -> None:
    before = sorted(settings.models.iterdir())
    with pytest.raises(TokappError, match=message):
        make_ensemble(Wish("new", members), settings=settings)
    assert sorted(settings.models.iterdir()) == before


def _train(settings: Settings, tmp_path: Path) -> object:
    labelled = [replace(DOCUMENTS[0], is_reviewed=True)]
    return run_steps(Recipe(parent="both"), labelled, labelled, settings=settings)


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (_train, TrainingError),
        (lambda settings, path: export_plain(load_model("both", settings=settings), path / "plain"), ModelUnavailable),
        (lambda settings, path: load_folder(settings.models / "both", settings=settings), ModelUnavailable),
        (lambda settings, path: load_model("both", settings=settings).stream(), ModelUnavailable),
        (lambda settings, path: registry.load(settings.models / "both"), ModelUnavailable),
    ],
    ids=["training", "export", "network", "stream", "weights"],
)
def test_what_takes_weights_says_that_an_ensemble_has_none(
    use: Callable[[Settings, Path], object],
    error: type[TokappError],
    live: EnsembleModel,
    settings: Settings,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=r"both is an ensemble.*one of its members \((bert, roberta|roberta, bert)\)"):
        use(settings, tmp_path)
    assert not (tmp_path / "plain").exists()


def test_tokens_that_are_shown_are_those_of_the_member_that_counts_most(
    live: EnsembleModel, settings: Settings
) -> None:
    text = DOCUMENTS[0].text
    tokens = {name: load_encoder(name, settings=settings).tokens(text) for name in ("bert", "roberta", "both")}
    assert tokens["both"] == tokens["roberta"] != tokens["bert"]


def test_fitted_weights_and_their_losses_are_kept(live: EnsembleModel, settings: Settings) -> None:
    oracle = load_model("bert", settings=settings)
    truth = [
        replace(one, spans=found.spans, is_reviewed=True)
        for one, found in zip(DOCUMENTS, oracle.predict(DOCUMENTS), strict=True)
    ]
    wish = Wish("fitted", ("roberta", "bert"))
    made = make_ensemble(wish, settings=settings, held_out=lambda task: truth if task.name == "reviews" else [])
    again = load_model("fitted", settings=settings)
    assert isinstance(again, EnsembleModel) and again.config == made.config
    assert again.config.calibration.temperature != 1
    figures = again.metrics["fit"]
    assert isinstance(figures, dict) and figures["log_loss_fitted_weights"] <= figures["log_loss_equal_weights"]
    assert join("x", again.members).config.weights == (0.5, 0.5)
