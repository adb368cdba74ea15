"""The losses of distillation, one function each."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def cosine_loss(features: Tensor, targets: Tensor) -> Tensor:
    """Mean cosine distance (DROP-CLIP eq. 6): features (n, c), targets (n, c)."""
    return (1.0 - functional.cosine_similarity(features, targets, dim=1)).mean()


def contrastive_loss(
    features: Tensor, own: Tensor, others: Tensor, index: Tensor, temperature: float, duplicate_cosine: float
) -> Tensor:
    """Cross-entropy of picking one's own target among the scene's and the catalogue's.

    Args:
        features: (n, c), not normalised.
        own: (k, c) unit targets of the batch; `index` (n,) says which is each feature's.
        others: (m, c) unit targets of the catalogue.
        temperature: of the softmax.
        duplicate_cosine: targets nearer than this to the own one are left out: they are no negatives.
    """
    candidates = torch.cat([own, others])
    logits = functional.normalize(features, dim=1) @ candidates.t() / temperature
    near = (own @ candidates.t()) > duplicate_cosine
    near[torch.arange(len(own)), torch.arange(len(own))] = False
    return functional.cross_entropy(logits.masked_fill(near[index], -1e4), index)


def phrase_loss(features: Tensor, phrases: Tensor, truth: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Sigmoid loss over pairs of object and phrase (Zhai et al., 2023): which phrases are true of which object.

    Args:
        features: (k, c) object features, not normalised.
        phrases: (p, c) unit vectors.
        truth: (k, p) 1 = true, 0 = false, negative = unknown, left out.
        scale, bias: learned scalars.
    """
    logits = functional.normalize(features, dim=1) @ phrases.t() * scale.exp() + bias
    known = truth >= 0
    positive = truth == 1
    loss = functional.binary_cross_entropy_with_logits(logits, positive.float(), reduction="none")
    # True pairs are few: half of the loss is theirs.
    first = loss[positive].mean() if positive.any() else loss.new_zeros(())
    negatives = known & ~positive
    second = loss[negatives].mean() if negatives.any() else loss.new_zeros(())
    return 0.5 * (first + second)


def offset_loss(offsets: Tensor, true_offsets: Tensor, foreground: Tensor) -> Tensor:
    """Mean L1 distance of predicted to true offsets over the foreground (n,): both (n, 3) in scaled units."""
    if not foreground.any():
        return offsets.sum() * 0.0
    return (offsets - true_offsets)[foreground].abs().sum(dim=1).mean()


def pool_objects(features: Tensor, labels: Tensor, objects: int) -> tuple[Tensor, Tensor]:
    """Mean feature of each object (objects, c), and (objects,) bool of those with a point; label -1 belongs to none."""
    mine = labels >= 0
    sums = features.new_zeros(objects, features.shape[1]).index_add(0, labels[mine], features[mine])
    counts = torch.bincount(labels[mine], minlength=objects)
    return sums / counts.clamp(min=1)[:, None], counts > 0
