"""From a name to a model that can predict."""

from __future__ import annotations

import os
from pathlib import Path

from tokapp import places
from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.models import registry
from tokapp.models.device import bfloat16_gain, choose_device, choose_threads
from tokapp.models.encoding import Encoder
from tokapp.models.published import load_published
from tokapp.models.token_model import TokenModel, encoder_for
from tokapp.settings import Settings

_WARM_UP = Document("warm-up", "Since the update the search does not find my notes any more. " * 3)


def load_model(name: str, *, settings: Settings | None = None, device: str | None = None) -> TokenModel:
    """The model of that name, ready to predict.

    `name` is a version of the home folder, a built-in model (reviews, emails, rag), a folder, or a hub name of a token
    classifier; looked for in that order, and the hub is only asked for names that look like hub names (owner/name, or
    owner/name@revision). A model's own code runs only if `settings.remote_code` holds its name.
    Raises ModelUnavailable saying what to do, ModelCorrupt naming the damaged file.
    """
    settings = settings or Settings.from_environment(os.environ)
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


def load_encoder(name: str, *, settings: Settings) -> Encoder:
    """What cuts texts for the model of that name, without the weights of a version; raises as `load_model` does."""
    folder = find_version(name, settings)
    if folder is None:
        return load_model(name, settings=settings).encoder
    version = registry.describe(folder)
    return encoder_for(registry.load_tokenizer(version), version.task, version.config)


def _settle(model: TokenModel, settings: Settings) -> None:
    """Threads, once for the process, then the precision; raises ModelUnavailable where the wanted one does not pay."""
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
