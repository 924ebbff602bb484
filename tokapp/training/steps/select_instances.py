"""Instance selection: later steps learn from a share of the documents that has every label still in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class SelectInstances(Settings):
    """Settings of instance selection; `share` 1 is neutral.

    Motger et al. 2024, T-FREX, as their script does it: labelled training documents are gone through from the least
    typical one on (lowest mean cosine to the others), and one is kept as long as any of its groups has less than
    `share` of its documents. `order` "most typical" goes the other way. `groups` are "labels", or "surfaces": a label
    with the lower-cased words of its span, which is the nearest to T-FREX's features (lemmas). Other than theirs, the
    mean state of a text leaves padding out and is this model's, and documents without any label are a group of their
    own, of which a share of `label_free` is kept (None: `share`); the script keeps none of them. Texts that nobody
    labelled stay as they are.
    """

    step: Literal["select_instances"] = "select_instances"
    share: float = Field(default=0.5, gt=0, le=1)
    order: Literal["least typical", "most typical"] = "least typical"
    groups: Literal["labels", "surfaces"] = "surfaces"
    label_free: float | None = Field(default=None, ge=0, le=1)


NEUTRAL = SelectInstances(share=1.0)


def run(settings: SelectInstances, state: TrainingState) -> None:
    """Leave the rest of the training documents out of the state; how many were kept goes into the metrics."""
    if settings.share < 1 or settings.label_free not in (None, 1):
        from tokapp.training.selection import select_instances

        select_instances(state, settings)
