"""Where model versions stand: those that ship with tokapp, and those of the home folder."""

from __future__ import annotations

from tokapp import places


def is_built_in(name: str) -> bool:
    """Whether a model of that name ships with tokapp."""
    return "/" not in name and (places.data() / "models" / name / "config.json").is_file()
