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


PAIR_MARGIN = 4.0


def pair_loss(embedding: Tensor, pairs: Tensor, labels: Tensor) -> Tensor:
    """Logistic loss over pairs of voxels: one object or two, told by the squared distance of their embeddings.

    The logit of "one object" is `PAIR_MARGIN` less the squared distance; pairs of either kind make half of the loss.

    Args:
        embedding: (n, d); pairs: (p, 2) indices into it.
        labels: (n,) object of each voxel, -1 for the background, which counts as one object.
    """
    first, second = pairs[:, 0], pairs[:, 1]
    logits = PAIR_MARGIN - (embedding[first] - embedding[second]).square().sum(dim=1)
    same = labels[first] == labels[second]
    loss = functional.softplus(torch.where(same, -logits, logits))
    parts = [loss[kind].mean() for kind in (same, ~same) if kind.any()]
    return sum(parts, embedding.sum() * 0.0) / max(len(parts), 1)


def pool_objects(features: Tensor, labels: Tensor, objects: int) -> tuple[Tensor, Tensor]:
    """Mean feature of each object (objects, c), and (objects,) bool of those with a point; label -1 belongs to none."""
    mine = labels >= 0
    sums = features.new_zeros(objects, features.shape[1]).index_add(0, labels[mine], features[mine])
    counts = torch.bincount(labels[mine], minlength=objects)
    return sums / counts.clamp(min=1)[:, None], counts > 0


def supervised_contrastive_loss(features: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss (Khosla et al., 2020, eq. 2): each feature against all others of the batch.

    Args:
        features: (n, c), not normalised.
        labels: (n,) which features belong together; a feature whose label is alone is no anchor.
        temperature: of the softmax.
    """
    unit = functional.normalize(features, dim=1)
    logits = unit @ unit.t() / temperature
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = (labels[:, None] == labels[None]) & ~itself
    log_share = logits - torch.logsumexp(logits.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
    count = positive.sum(dim=1)
    anchors = count > 0
    if not anchors.any():
        return features.sum() * 0.0
    return -(log_share.masked_fill(~positive, 0.0).sum(dim=1)[anchors] / count[anchors]).mean()


def triplet_loss(features: Tensor, labels: Tensor, margin: float) -> Tensor:
    """Triplet loss in cosine distance, with the hardest positive and negative of each anchor (Hermans et al., 2017).

    Args:
        features: (n, c), not normalised.
        labels: (n,) which features belong together; a feature without a positive or a negative is no anchor.
        margin: by which a positive should be nearer than every negative.
    """
    unit = functional.normalize(features, dim=1)
    distance = 1.0 - unit @ unit.t()
    same = labels[:, None] == labels[None]
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    anchors = positive.any(dim=1) & (~same).any(dim=1)
    if not anchors.any():
        return features.sum() * 0.0
    farthest = distance.masked_fill(~positive, -torch.inf).amax(dim=1)[anchors]
    nearest = distance.masked_fill(same, torch.inf).amin(dim=1)[anchors]
    return functional.relu(margin + farthest - nearest).mean()
