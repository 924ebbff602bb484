"""Several processes that train one model together, as `accelerate launch` starts them; alone, nothing of it matters.

Every process goes through the same batches and takes its share of their rows. The first one, the main one, alone
judges, tells and writes.
"""

from __future__ import annotations

import os

import torch
from torch import distributed


def launched() -> int:
    """How many processes were started together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def place() -> int:
    """Which of them this one is, from 0."""
    return int(os.environ.get("RANK", "0")) if launched() > 1 else 0


def is_main() -> bool:
    """Whether this is the process that judges, tells and writes."""
    return place() == 0


def own_device(device: torch.device) -> torch.device:
    """The device of this process where each has one of its own."""
    if launched() == 1 or device.type != "cuda" or device.index is not None:
        return device
    own = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(own)
    return own


def from_main(value: float, device: torch.device) -> float:
    """The main process's value, in every process."""
    if not _are_joined():
        return value
    told = torch.tensor([value], dtype=torch.float64, device=device)
    distributed.broadcast(told, 0)
    return float(told)


def wait() -> None:
    """Go on when every process is here."""
    if _are_joined():
        distributed.barrier()


def _are_joined() -> bool:
    return launched() > 1 and distributed.is_available() and distributed.is_initialized()
