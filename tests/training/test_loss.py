"""The loss on probabilities of a teacher is the loss on classes where the teacher is certain."""

from __future__ import annotations

import pytest
import torch

from tokapp.models.config import NetworkConfig
from tokapp.models.network import Outputs
from tokapp.training.examples import IGNORED
from tokapp.training.loss import Loss
from tokapp.training.steps.fine_tune import FineTune

CONFIG = NetworkConfig(classes=("O", "B-feature", "I-feature"))
NO_DOCUMENTS = torch.full((2,), IGNORED)


def loss_of(logits: torch.Tensor, targets: torch.Tensor, likely: torch.Tensor | None, **settings: object) -> float:
    criterion = Loss(FineTune.model_validate(settings), CONFIG)
    totals = criterion.totals(targets, NO_DOCUMENTS, likely)
    return float(criterion(Outputs(logits), targets, NO_DOCUMENTS, totals, likely))


@pytest.mark.parametrize("weights", [{}, {"B-feature": 3.0}])
def test_certain_probabilities_cost_what_classes_cost(weights: dict[str, float]) -> None:
    logits = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, IGNORED], [2, IGNORED, IGNORED]])
    likely = torch.nn.functional.one_hot(targets.clamp_min(0), 3) * (targets != IGNORED).unsqueeze(-1).float()
    plain = loss_of(logits, targets, None, class_weights=weights)
    assert loss_of(logits, targets, likely, class_weights=weights) == pytest.approx(plain)


def test_the_least_cost_is_at_the_teachers_own_probabilities() -> None:
    likely = torch.tensor([[[0.5, 0.3, 0.2]]])
    at_home = loss_of(likely.log(), torch.full((1, 1), IGNORED), likely)
    assert at_home == pytest.approx(float(-(likely * likely.log()).sum()))
    assert loss_of(torch.tensor([[[3.0, 0.0, 0.0]]]), torch.full((1, 1), IGNORED), likely) > at_home


def test_windows_share_the_weight_of_their_documents_label() -> None:
    """Two windows that say the same weigh as one row of another document; alone, parts of a row change nothing."""
    config = CONFIG.model_copy(update={"labels": ("ham", "spam")})
    criterion, none = Loss(FineTune(span_weight=0), config), torch.full((3, 1), IGNORED)
    logits, targets = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 0, 0])
    parts = torch.tensor([0.5, 0.5, 1.0])

    def loss(rows: list[int], weighed: bool) -> float:
        known = (none[rows], targets[rows])
        some = parts[rows] if weighed else None
        outputs = Outputs(torch.zeros(len(rows), 1, 3), logits[rows])
        return float(criterion(outputs, *known, criterion.totals(*known, None, some), None, some))

    assert loss([0, 1, 2], True) == pytest.approx(loss([0, 2], False))
    assert loss([0, 1], True) == pytest.approx(loss([0], False))
    assert loss([0, 1, 2], True) != pytest.approx(loss([0, 1, 2], False))
