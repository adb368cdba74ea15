"""Training with several processes: gradients are averaged, the first process decides when to stop and writes files.

Started by torchrun, or alone: then nothing here costs anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import torch
from torch import distributed
from torch.nn import Parameter


def join_processes() -> int:
    """Join the processes that torchrun started; returns this one's rank, 0 when alone."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        # Gradients on GPUs go by NCCL, numbers on the CPU (`agree`) by Gloo.
        distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return rank()


def rank() -> int:
    """This process's number, 0 when alone."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def processes() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_first() -> bool:
    """Whether this process logs, validates and writes files."""
    return rank() == 0


def average_gradients(parameters: Iterable[Parameter], dtype: torch.dtype = torch.float32) -> None:
    """Replace every gradient by its mean over the processes, in one message of `dtype`."""
    if not distributed.is_initialized():
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients]).to(dtype)
    distributed.all_reduce(flat)
    flat = flat.float() / distributed.get_world_size()
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()


def mean_over_all(values: Sequence[float], counts: Sequence[int]) -> tuple[list[float], list[float]]:
    """Means over the things of all processes, of values that are each a process's mean over `counts` things.

    Returns:
        The means, and the factor of each of this process's values in a sum whose average over the processes is that
        mean (1 where all processes count alike).
    """
    if not distributed.is_initialized():
        return list(values), [1.0] * len(values)
    mine = torch.tensor([[v * n for v, n in zip(values, counts, strict=True)], counts], dtype=torch.float64)
    total = mine.clone()
    distributed.all_reduce(total)
    sums, numbers = total[0], total[1].clamp(min=1.0)
    return (sums / numbers).tolist(), (mine[1] * distributed.get_world_size() / numbers).tolist()


def agree(value: float) -> float:
    """The first process's value, in all of them."""
    if not distributed.is_initialized():
        return value
    shared = torch.tensor([value], dtype=torch.float64)
    distributed.broadcast(shared, src=0)
    return float(shared)


def meet() -> None:
    """Wait until every process has come here."""
    if distributed.is_initialized():
        distributed.barrier()
