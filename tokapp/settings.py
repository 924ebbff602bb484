"""Settings: one frozen object, read once from the environment and passed down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tokapp.errors import BadInput

_DEVICES = ("auto", "cuda", "mps", "cpu")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things live and what they run on; `threads` 0 means: measure and choose."""

    home: Path
    database_url: str
    device: str = "auto"
    threads: int = 0

    @property
    def models(self) -> Path:
        """Folder of the trained model versions."""
        return self.home / "models"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the `TOKAPP_...` variables; raises BadInput naming the one that is wrong."""
        home = Path(environment.get("TOKAPP_HOME") or "~/.tokapp").expanduser().resolve()
        device = environment.get("TOKAPP_DEVICE", "auto").lower() or "auto"
        if device.split(":")[0] not in _DEVICES:
            raise BadInput(f"TOKAPP_DEVICE is {device!r}; use one of {', '.join(_DEVICES)}")
        threads = environment.get("TOKAPP_THREADS", "0") or "0"
        if not threads.isdecimal():
            raise BadInput(f"TOKAPP_THREADS is {threads!r}; use a whole number, 0 chooses by itself")
        url = environment.get("TOKAPP_DATABASE_URL") or f"sqlite:///{home / 'tokapp.db'}"
        return cls(home=home, database_url=url, device=device, threads=int(threads))
