"""Where the files that ship with tokapp are: `app.py`, `pages/` and `data/`.

They stand at the top of a checkout; in an installed wheel they stand in `tokapp/_shipped/`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped() -> Path:
    """Folder that holds `app.py`, `pages/` and `data/`."""
    installed = _PACKAGE / "_shipped"
    return installed if installed.is_dir() else _PACKAGE.parent


def data() -> Path:
    """Folder of the task definitions, sample documents and built-in models."""
    return shipped() / "data"
