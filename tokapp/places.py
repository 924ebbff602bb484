"""Where the files that ship with tokapp are: `app.py`, `pages/` and `data/`.

They stand at the top of a checkout; in an installed wheel they stand in `tokapp/_shipped/`.
"""

from __future__ import annotations

import re
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
VERSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What a model version may be called, so that it can be a folder anywhere."""


def shipped() -> Path:
    """Folder that holds `app.py`, `pages/` and `data/`."""
    installed = _PACKAGE / "_shipped"
    return installed if installed.is_dir() else _PACKAGE.parent


def data() -> Path:
    """Folder of the task definitions, sample documents and built-in models."""
    return shipped() / "data"


def version(name: str, models: Path) -> Path | None:
    """Folder of the model version of that name among the trained `models`, else among the built-in ones."""
    if not VERSION_NAME.fullmatch(name):
        return None
    folders = (models / name, data() / "models" / name)
    return next((one for one in folders if (one / "config.json").is_file() and (one / "task.json").is_file()), None)
