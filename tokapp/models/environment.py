"""What a version was made with, so that it can be made again."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("tokapp", "torch", "transformers", "tokenizers", "peft", "accelerate", "safetensors", "numpy")


def environment() -> dict[str, str]:
    """Versions of Python, of the system and of every library that decides what a training makes, by name."""
    known = {"python": platform.python_version(), "platform": platform.platform()}
    return known | {name: found for name in _PACKAGES if (found := _version(name))}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
