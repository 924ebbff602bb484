"""Averages of weights: what they keep, what they refuse, and what becomes of adapters."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tokapp.errors import TrainingError
from tokapp.training.averaging import average, check_one_head

FIRST, SECOND = "encoder.q.lora_A.default.weight", "encoder.q.lora_B.default.weight"


def drawn(seed: int, **shapes: tuple[int, ...]) -> dict[str, Tensor]:
    draws = torch.Generator().manual_seed(seed)
    return {name: torch.randn(*shape, generator=draws) for name, shape in shapes.items()}


def adapter(seed: int, *, rank: int = 3) -> dict[str, Tensor]:
    some = drawn(seed, first=(rank, 7), second=(9, rank))
    return {FIRST: some["first"], SECOND: some["second"]}


def merged(weights: dict[str, Tensor]) -> Tensor:
    return weights[SECOND].double() @ weights[FIRST].double()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_the_mean_of_copies_is_the_copy_bit_for_bit(count: int) -> None:
    weights = {**drawn(1, body=(5, 4)), **adapter(2)}
    found = average([weights] * count)
    assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_a_linear_model_with_mean_weights_says_the_mean() -> None:
    nets, x = [drawn(n, w=(3, 5), b=(3,)) for n in range(4)], torch.randn(2, 5, dtype=torch.float64)
    mean = average(nets)

    def said(net: dict[str, Tensor]) -> Tensor:
        return x @ net["w"].double().T + net["b"].double()

    assert torch.allclose(said(mean), torch.stack([said(net) for net in nets]).mean(dim=0), atol=1e-6)


def test_the_order_of_the_sets_changes_nothing() -> None:
    nets = [{**drawn(n, body=(5, 4)), **adapter(n)} for n in range(3)]
    one, other = average(nets), average(nets[::-1])
    assert torch.equal(one["body"], other["body"])
    assert torch.allclose(merged(one), merged(other), atol=1e-6)


def test_whole_numbers_are_those_of_the_first() -> None:
    found = average([{"count": torch.tensor([1, 2])}, {"count": torch.tensor([5, 6])}])
    assert found["count"].tolist() == [1, 2] and found["count"].dtype == torch.int64


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"b": torch.zeros(2)}, "on one side only"),
        ({"a": torch.zeros(2, dtype=torch.float64)}, "another shape or type"),
        ({"a": torch.zeros(3)}, "another shape or type"),
    ],
)
def test_weights_of_another_network_are_refused(other: dict[str, Tensor], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        average([{"a": torch.zeros(2)}, other])


def test_hidden_units_in_another_order_do_the_same_and_their_mean_does_not() -> None:
    """Why runs need one head: the same function in another basis."""
    net, x = drawn(0, first=(6, 4), second=(2, 6)), torch.randn(3, 4)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    other = {"first": net["first"][order], "second": net["second"][:, order]}

    def said(some: dict[str, Tensor]) -> Tensor:
        return torch.relu(x @ some["first"].T) @ some["second"].T

    assert torch.allclose(said(net), said(other), atol=1e-6)
    assert not torch.allclose(said(net), said(average([net, other])), atol=0.1)
    runs = [{"encoder.w": net["first"], "tokens.1.weight": some["second"]} for some in (net, other)]
    with pytest.raises(TrainingError, match="different heads cannot be averaged"):
        check_one_head(runs)
    check_one_head([runs[0], {**runs[1], "tokens.1.weight": net["second"]}])


def test_heads_of_other_labels_are_refused() -> None:
    with pytest.raises(TrainingError, match="different heads"):
        check_one_head([{"tokens.1.weight": torch.zeros(3, 4)}, {"tokens.1.weight": torch.zeros(5, 4)}])


def test_adapters_are_averaged_as_what_they_add() -> None:
    """Exactly where the mean has the rank, and else nearer to it than means of the factors come."""
    base = adapter(0)
    turned = {FIRST: base[FIRST][[2, 0, 1]] * 4, SECOND: base[SECOND][:, [2, 0, 1]] / 2}
    mean = (merged(base) + merged(turned)) / 2
    assert torch.allclose(merged(average([base, turned])), mean, atol=1e-5)
    runs = [adapter(n) for n in range(4)]
    mean = torch.stack([merged(run) for run in runs]).mean(dim=0)
    apart = {name: torch.stack([run[name] for run in runs]).mean(dim=0) for name in base}
    lost = torch.linalg.svdvals(mean)[3:].square().sum().sqrt()
    assert (merged(average(runs)) - mean).norm() == pytest.approx(float(lost), rel=1e-5)
    assert lost < 0.9 * (merged(apart) - mean).norm()


def test_an_adapter_wider_than_its_weight_is_averaged_too() -> None:
    runs = [adapter(n, rank=12) for n in range(2)]
    found = average(runs)
    assert [found[name].shape for name in (FIRST, SECOND)] == [(12, 7), (9, 12)]
    assert torch.allclose(merged(found), (merged(runs[0]) + merged(runs[1])) / 2, atol=1e-5)
