"""Sending a model to the model hub, as a plain Hugging Face folder; only ever because a person asked for it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tokapp.errors import BadInput, ModelUnavailable
from tokapp.models.ensemble import Model
from tokapp.models.export import export_plain

_NAME = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}")


def push(model: Model, name: str, token: str, *, is_private: bool = True) -> str:
    """Send a model to the hub as owner/name, which is made if it is not there; gives its address.

    Raises BadInput for a name that the hub would not take and without a token, ModelUnavailable for a model that no
    plain classifier can hold, and where the hub cannot be reached or refuses.
    """
    import httpx2  # what the hub client speaks HTTP with; its errors come through
    from huggingface_hub import HfApi

    check_target(name, token)
    api = HfApi(token=token)
    with tempfile.TemporaryDirectory() as scratch:
        folder = export_plain(model, Path(scratch) / "plain")
        try:
            api.create_repo(name, private=is_private, exist_ok=True)
            api.upload_folder(repo_id=name, folder_path=folder, commit_message=f"{model.name} from tokapp")
        except (httpx2.HTTPError, OSError) as error:
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise ModelUnavailable(f"the hub did not take {model.name} as {name}: {reason}") from error
    return f"{api.endpoint}/{name}"


def check_target(name: str, token: str) -> None:
    """Raise BadInput for a name that is not owner/name, and where no token says who sends it."""
    if not _NAME.fullmatch(name) or ".." in name or "--" in name:
        raise BadInput(f"{name[:80]!r} is no name on the hub: it needs to be like owner/name")
    if not token:
        raise BadInput("no token for the hub is set: put one into TOKAPP_HUB_TOKEN or HF_TOKEN, then start again")
