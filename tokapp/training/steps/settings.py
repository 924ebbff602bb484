"""What the settings of every step have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of a step: frozen, and a misspelt name is an error. `step` is what recipes call it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    step: str

    @property
    def unlabelled(self) -> int:
        """How many texts that nobody labelled the step can learn from."""
        return 0

    @property
    def learns(self) -> bool:
        """Whether the step goes through epochs, its own or those of the learning in it."""
        return bool(getattr(getattr(self, "learn", self), "epochs", 0))
