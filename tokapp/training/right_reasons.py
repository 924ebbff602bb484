"""The penalty of Ross, Hughes and Doshi-Velez 2017, Right for the Right Reasons, eq. 1, on a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from tokapp.models.network import Network, Outputs


@contextmanager
def watched_embeddings(network: Network, batch: Mapping[str, Tensor]) -> Iterator[list[Tensor]]:
    """A list that gets the input embeddings of the forward pass within, if some words of the batch are no evidence.

    The pass can then be differentiated twice: fused attention cannot, and is computed from plain operations.
    """
    seen: list[Tensor] = []
    if "wrong" not in batch:
        yield seen
        return

    def keep(module: nn.Module, arguments: Any, output: Tensor) -> Tensor:
        seen.append(output if output.requires_grad else output.detach().requires_grad_())
        return seen[-1]

    encoder: Any = network.encoder
    handle = encoder.get_input_embeddings().register_forward_hook(keep)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield seen
    finally:
        handle.remove()


def penalty(outputs: Outputs, embeddings: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Sum over the decisions of a batch of the squared gradients of sum_k log p_k at the tokens that are no evidence.

    `embeddings` [rows, tokens, width]; `batch` has what `guards.padded` gives. Rows do not see each other, so that one
    gradient serves a decision of each.
    """
    total = torch.zeros((), device=embeddings.device)
    for turn in range(batch["wrong"].shape[1]):
        said = _log_probabilities(outputs, batch["decided"][:, turn], batch["is_whole"][:, turn])
        (gradient,) = torch.autograd.grad(said, embeddings, create_graph=True)
        total = total + (gradient.float().square().sum(dim=-1) * batch["wrong"][:, turn]).sum()
    return total


def _log_probabilities(outputs: Outputs, decided: Tensor, is_whole: Tensor) -> Tensor:
    said = torch.zeros((), device=decided.device)
    if outputs.token_logits is not None:
        said = said + (outputs.token_logits.log_softmax(dim=-1).sum(dim=-1) * decided).sum()
    if outputs.document_logits is not None:
        said = said + (outputs.document_logits.log_softmax(dim=-1).sum(dim=-1) * is_whole).sum()
    return said
