"""From a name to a model that can predict."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tokapp import places
from tokapp.documents import Document
from tokapp.errors import ModelCorrupt, ModelError, ModelUnavailable
from tokapp.models import registry
from tokapp.models.config import EnsembleConfig, Member
from tokapp.models.device import bfloat16_gain, choose_device, choose_threads, one_thread
from tokapp.models.encoding import Encoder
from tokapp.models.ensemble import EnsembleModel, Model, finest_classes
from tokapp.models.published import load_published
from tokapp.models.token_model import TokenModel, encoder_for
from tokapp.settings import Settings

_WARM_UP = Document("warm-up", "Since the update the search does not find my notes any more. " * 3)


def load_model(name: str, *, settings: Settings | None = None, device: str | None = None) -> Model:
    """The model of that name, ready to predict: one network, or an ensemble with its members.

    `name` is a version of the home folder, a built-in model (reviews, emails, rag), a folder, or a hub name of a token
    classifier; looked for in that order, and the hub is only asked for names that look like hub names (owner/name, or
    owner/name@revision). A model's own code runs only if `settings.remote_code` holds its name.
    Raises ModelUnavailable saying what to do, ModelCorrupt naming the damaged file; both for an ensemble of which a
    member is gone or another one than it was.
    """
    settings = settings or Settings.from_environment(os.environ)
    folder = find_version(name, settings)
    if folder is not None and isinstance(registry.describe(folder).config, EnsembleConfig):
        return _load_ensemble(folder, settings, device)
    return load_network(name, settings=settings, device=device)


def load_network(name: str, *, settings: Settings, device: str | None = None) -> TokenModel:
    """The model of that name as `load_model` finds it; raises ModelUnavailable for an ensemble as well."""
    folder = find_version(name, settings)
    if folder is not None:
        return load_folder(folder, settings=settings, device=device)
    where = choose_device(device or settings.device)
    model = load_published(name, device=where, allowed_code=settings.remote_code)
    _settle(model, settings)
    return model


def load_folder(folder: Path, *, settings: Settings, device: str | None = None) -> TokenModel:
    """The model version in a folder, ready to predict; raises as `load_model` does."""
    where = choose_device(device or settings.device)
    with one_thread():
        version, network, tokenizer, fingerprint = registry.load(folder)
        network.merge_adapter()
    model = TokenModel(
        version.name,
        version.task,
        network,
        tokenizer,
        device=where,
        card=version.card,
        metrics=version.metrics,
        fingerprint=fingerprint,
    )
    _settle(model, settings)
    return model


def _load_ensemble(folder: Path, settings: Settings, device: str | None) -> EnsembleModel:
    registry.verify(folder)
    version = registry.describe(folder)
    assert isinstance(version.config, EnsembleConfig)  # or load_model would not have come here
    members = [_load_member(folder.name, member, settings, device) for member in version.config.members]
    _check_fit(version, version.config, members)
    return EnsembleModel(
        version.name, version.task, members, version.config, card=version.card, metrics=version.metrics
    )


def _check_fit(version: registry.Version, config: EnsembleConfig, members: Sequence[TokenModel]) -> None:
    """Raise ModelCorrupt for an ensemble that could not have been made of these members."""
    names = version.task.document_names if all(member.document_labels for member in members) else ()
    classes = finest_classes([member.classes for member in members], version.task.span_names)
    if (config.classes, config.labels) != (classes, names):
        raise ModelCorrupt(f"{version.folder / 'config.json'} does not fit its members; make the ensemble anew")


def _load_member(ensemble: str, member: Member, settings: Settings, device: str | None) -> TokenModel:
    with _needed(ensemble, member):
        model = load_network(member.name, settings=settings, device=device)
    _check_same(ensemble, member, model.exact_fingerprint)
    return model


@contextmanager
def _needed(ensemble: str, member: Member) -> Iterator[None]:
    """Errors of a member say which ensemble needs it."""
    try:
        yield
    except ModelError as error:
        kind = ModelCorrupt if isinstance(error, ModelCorrupt) else ModelUnavailable
        raise kind(f"the ensemble {ensemble} needs its member {member.name}: {error}") from error


def _check_same(ensemble: str, member: Member, fingerprint: str) -> None:
    if fingerprint != member.fingerprint:
        raise ModelUnavailable(
            f"{member.name} is another model now than when the ensemble {ensemble} was made "
            f"(fingerprint {fingerprint[:12]} instead of {member.fingerprint[:12]}): put the old one back, "
            "or make a new ensemble"
        )


def verify_version(folder: Path, settings: Settings) -> str:
    """The fingerprint of `registry.verify`, after the versions that vote in an ensemble were verified as well.

    Raises as `load_model` does, without loading weights; members that are no versions are not looked at.
    """
    fingerprint, config = registry.verify(folder), registry.describe(folder).config
    for member in config.members if isinstance(config, EnsembleConfig) else ():
        with _needed(folder.name, member):
            found = find_version(member.name, settings)
            own = None if found is None else registry.verify(found)
        if own is not None:
            _check_same(folder.name, member, own)
    return fingerprint


def load_encoder(name: str, *, settings: Settings) -> Encoder:
    """What cuts texts for the model of that name, without the weights of a version; raises as `load_model` does.

    For an ensemble it is that of the member with the highest weight.
    """
    folder = find_version(name, settings)
    config = None if folder is None else registry.describe(folder).config
    if isinstance(config, EnsembleConfig):
        name = max(config.members, key=lambda member: member.weight).name
    return _network_encoder(name, settings)


def _network_encoder(name: str, settings: Settings) -> Encoder:
    folder = find_version(name, settings)
    if folder is None:
        return load_network(name, settings=settings).encoder
    version = registry.describe(folder)
    return encoder_for(registry.load_tokenizer(version), version.task, version.design)


def _settle(model: TokenModel, settings: Settings) -> None:
    """Threads, once for the process, and what the settings want; ModelUnavailable where that precision does not pay."""
    if settings.reducer is not None:
        model.reduce_by(settings.reducer)
    if model.device.type == "cpu":
        batch = model.collate(model.encode([_WARM_UP]))
        choose_threads(settings.threads, lambda: model.forward(batch))
    if settings.precision == "bfloat16":
        width = int(model.network.encoder_config.hidden_size)
        inner = int(getattr(model.network.encoder_config, "intermediate_size", 4 * width))
        model.use_bfloat16(bfloat16_gain(model.device, width, inner))


def find_version(name: str, settings: Settings) -> Path | None:
    """The folder of a registry version, built-in model or version folder of that name; None for anything else."""
    if not name.strip():
        raise ModelUnavailable(_unknown(name, settings))
    if "/" not in name and os.sep not in name:
        version = places.version(name, settings.models)
        if version is not None:
            return version
        if not Path(name).is_dir():
            raise ModelUnavailable(_unknown(name, settings))
    folder = Path(name).expanduser()
    return folder.resolve() if (folder / "task.json").is_file() else None


def _unknown(name: str, settings: Settings) -> str:
    roots = (settings.models, places.data() / "models")
    known = (
        ", ".join(dict.fromkeys(version.name for root in roots for version in registry.versions(root))) or "none yet"
    )
    return f"there is no model {name[:100]!r}; there are: {known}. A folder needs its path, a hub model its owner/name"
