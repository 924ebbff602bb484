"""Rows in which players can be hidden: their tokens become mask tokens where they stand.

Hiding happens in the id array, so the length of a row and the position of every token and span never change: nothing
is tokenised again, and no batch needs padding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.models.encoding import Batch, Encoding


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A row with the player of each of its tokens [tokens], -1 for tokens that are always shown."""

    row: Encoding
    player_of: NDArray[np.int32]

    @property
    def has_gradients(self) -> bool:
        """Whether all that the model sees changes smoothly with its embeddings and features."""
        return True

    def masked(self, shown: NDArray[np.bool_], *, mask: int) -> Batch:
        """Copies of the row for coalitions [rows, players]; what belongs to hidden words (ids, features) is blanked."""
        row, shape = self.row, (len(shown), len(self.row))
        is_shown = np.concatenate([shown, np.ones((len(shown), 1), np.bool_)], axis=1)[:, self.player_of]
        return Batch(
            input_ids=np.where(is_shown, row.input_ids, mask),
            attention_mask=np.ones(shape, np.int64),
            type_ids=np.tile(row.type_ids, (len(shown), 1)),
            part=np.tile(row.part, (len(shown), 1)),
            features=self.features(shown, is_shown),
            sentences=None if row.sentences is None else np.tile(row.sentences, (len(shown), 1)),
        )

    def features(self, shown: NDArray[np.bool_], is_shown: NDArray[np.bool_]) -> NDArray[np.float32] | None:
        """Features beside the tokens [rows, tokens, k] for coalitions, of which `is_shown` [rows, tokens] is shown."""
        known = self.row.token_features()
        return None if known is None else np.where(is_shown[:, :, None], known, np.float32(0))
