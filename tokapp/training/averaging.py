"""Averages of weights: of the epochs of a run, and of runs that share a head.

Schmidt, Vulić and Glavaš 2023, Free Lunch: Robust Cross-Lingual Transfer via Model Checkpoint Averaging. Theirs is the
mean of all checkpoints, and of runs whose bodies learnt under one frozen head. What is ours: low-rank adapters are
averaged as what they add to the weights, since a mean of products is not the product of means.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tokapp.errors import TrainingError
from tokapp.training.weights import Weights

_FIRST, _SECOND = "lora_A", "lora_B"


def average(weights: Sequence[Weights]) -> dict[str, Tensor]:
    """The mean of several sets of the same weights, summed in float64; what is not floating is that of the first.

    Of a low-rank adapter, whose two factors add their product to a weight, it is the mean product cut back to the rank:
    no other adapter of that rank is nearer to the mean of the merged weights. Raises TrainingError where names, shapes
    or types differ.
    """
    _check_alike(weights)
    found = {name: _mean([some[name] for some in weights]) for name in weights[0]}
    for name in found:
        second = name.replace(_FIRST, _SECOND)
        if _FIRST in name and second in found and _differ(weights, name) and _differ(weights, second):
            found[name], found[second] = _mean_product([(some[name], some[second]) for some in weights])
    return found


def check_one_head(weights: Sequence[Weights]) -> None:
    """Raise TrainingError unless all runs have the same head, bit for bit.

    Heads that began from different draws, or that know other labels, stand in other bases: the mean of two networks
    that do the same with hidden units in another order does something else.
    """
    heads = [{name: tensor for name, tensor in some.items() if is_head(name)} for some in weights]
    for other in heads[1:]:
        if heads[0].keys() != other.keys() or any(not torch.equal(heads[0][name], other[name]) for name in other):
            raise TrainingError(
                "runs with different heads cannot be averaged: heads of another start or of other labels stand in "
                "other bases. Let the runs share the head that the first one learns (share: head)"
            )


def is_head(name: str) -> bool:
    """Whether a weight belongs to what is new, not to the backbone."""
    return not name.startswith("encoder.")


def _check_alike(weights: Sequence[Weights]) -> None:
    for other in weights[1:]:
        for name in sorted(weights[0].keys() ^ other.keys()):
            raise TrainingError(f"weights of different networks cannot be averaged: {name} is on one side only")
        for name, tensor in other.items():
            one = weights[0][name]
            if (one.dtype, one.shape) != (tensor.dtype, tensor.shape):
                raise TrainingError(
                    f"weights of different networks cannot be averaged: {name} has another shape or type"
                )


def _mean(tensors: Sequence[Tensor]) -> Tensor:
    first = tensors[0]
    if not first.is_floating_point():
        return first.clone()
    # Sorted, so that the order of the sets changes no bit.
    return torch.stack([one.double() for one in tensors]).sort(dim=0).values.mean(dim=0).to(first.dtype)


def _differ(weights: Sequence[Weights], name: str) -> bool:
    return any(not torch.equal(weights[0][name], other[name]) for other in weights[1:])


def _mean_product(factors: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Factors [rank, in] and [out, rank] whose product is nearest to the mean of the products second @ first.

    By the singular values of the mean product (Eckart and Young 1936), which small matrices give: it is [out, n rank]
    times [n rank, in].
    """
    first, second = factors[0]
    left, core_left = torch.linalg.qr(torch.cat([b.double() for _, b in factors], dim=1) / len(factors))
    right, core_right = torch.linalg.qr(torch.cat([a.double() for a, _ in factors], dim=0).T)
    outer, values, inner = torch.linalg.svd(core_left @ core_right.T, full_matrices=False)
    rank = min(first.shape[0], len(values))
    root = values[:rank].sqrt()
    new_first, new_second = torch.zeros_like(first), torch.zeros_like(second)
    new_first[:rank] = ((right @ inner[:rank].T) * root).T.to(first.dtype)
    new_second[:, :rank] = ((left @ outer[:, :rank]) * root).to(second.dtype)
    return new_first, new_second
