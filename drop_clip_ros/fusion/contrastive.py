"""The loss of locked-text tuning: each crop against all phrases, each phrase against the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def contrastive_loss(logits: torch.Tensor, positive: torch.Tensor, ignored: torch.Tensor) -> torch.Tensor:
    """Cross-entropy over phrases and over crops, with several true phrases to a crop and several crops to a phrase.

    Each true pair is compared with the false ones of its row (all phrases for this crop) and of its column (all crops
    for this phrase); other true pairs do not compete, nor do pairs to be ignored.

    Args:
        logits: (b, T) cosines over temperature.
        positive: (b, T) weights of the true phrases, each row summing to 1.
        ignored: (b, T) bool, pairs that are neither true nor false.

    Returns:
        The mean over crops of the two cross-entropies' mean.
    """
    true = positive > 0
    false = logits.masked_fill(true | ignored, float("-inf"))
    by_row = _against(logits, false.logsumexp(dim=1, keepdim=True), positive, true)
    by_column = _against(logits, false.logsumexp(dim=0, keepdim=True), positive, true)
    return (by_row + by_column) / 2


def _against(
    logits: torch.Tensor, competition: torch.Tensor, positive: torch.Tensor, true: torch.Tensor
) -> torch.Tensor:
    """Mean over crops of the true pairs' weight times -log(e^l / (e^l + e^rivals)) = softplus(rivals - l)."""
    from torch.nn import functional

    crops, phrases = true.nonzero(as_tuple=True)
    rivals = competition.expand_as(logits)[crops, phrases]
    return (positive[crops, phrases] * functional.softplus(rivals - logits[crops, phrases])).sum() / len(logits)
