"""What a step minimises: the recipe's losses over a random part of a batch's voxels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.losses import (
    contrastive_loss,
    cosine_loss,
    offset_loss,
    pair_loss,
    phrase_loss,
    pool_objects,
    supervised_contrastive_loss,
    triplet_loss,
)
from drop_clip_ros.distillation.recipe import Recipe
from drop_clip_ros.distillation.targets import TargetTable
from drop_clip_ros.student.voxels import SCALE

PHRASES_PER_OBJECT = 6
RANDOM_PHRASES = 192
UNKNOWN_COSINE = 0.75  # phrases nearer than this to a true one, and of no other colour, may be true as well


class Term(NamedTuple):
    """One weighted loss, and over how many things it is a mean: by that several processes weigh theirs."""

    value: Tensor
    over: int


class Objective:
    """The losses of one recipe.

    Args:
        recipe: weights and constants.
        table: targets of all objects that batches may hold.
        device: of the features.
    """

    def __init__(self, recipe: Recipe, table: TargetTable, device: torch.device) -> None:
        self.recipe, self.table, self.device = recipe, table, device
        prepare = table.centered if recipe.center_targets else (lambda rows: rows)
        put = lambda rows: torch.tensor(prepare(rows), dtype=torch.float32, device=device)  # noqa: E731
        self._targets, self._concepts, self._phrases = put(table.targets), put(table.concepts), put(table.embeddings)

    def draw_rows(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """(k,) voxels of a batch that enter the losses, drawn by its weights."""
        weights = torch.as_tensor(batch.weights)
        count = min(self.recipe.loss_voxels, len(weights))
        return torch.multinomial(weights, count, generator=generator).to(self.device)

    def terms(
        self,
        found: Tensor,
        offsets: Tensor | None,
        embedding: Tensor | None,
        rows: Tensor,
        batch: Batch,
        phrase_scale: Tensor,
        phrase_bias: Tensor,
        rng: np.random.Generator,
    ) -> dict[str, Term]:
        """The weighted losses by name.

        Args:
            found: (k, c) features of the drawn voxels.
            offsets: (k, 3) predicted offsets in scaled units, or None.
            embedding: (n, d) of all voxels, or None.
            rows: (k,) which voxels of the batch they are.
            batch: labels and true offsets.
            phrase_scale, phrase_bias: learned scalars of the phrase loss.
            rng: draws phrases.
        """
        recipe = self.recipe
        labels = torch.as_tensor(batch.labels, device=self.device)[rows]
        # The background is the last target of the batch.
        catalogue_rows = [self.table.row(i) for i in batch.object_ids] + [len(self.table.object_ids)]
        own = self._targets[torch.tensor(catalogue_rows, device=self.device)]
        index = torch.where(labels >= 0, labels, len(batch.object_ids))
        choice = (recipe.temperature, recipe.duplicate_cosine)
        terms: dict[str, Term] = {}

        def add(name: str, weight: float, loss: Tensor, count: int) -> None:
            terms[name] = Term(weight * loss, count)

        if recipe.cosine_weight:
            add("cosine", recipe.cosine_weight, cosine_loss(found, own[index]), len(rows))
        if recipe.contrastive_weight:
            few = slice(0, recipe.contrastive_voxels)  # the rows were drawn at random: any few are as good
            loss = contrastive_loss(found[few], own, self._concepts, index[few], *choice)
            add("contrastive", recipe.contrastive_weight, loss, len(index[few]))
        if recipe.object_weight or recipe.phrase_weight:
            pooled, seen = pool_objects(functional.normalize(found, dim=1), labels, len(batch.object_ids))
            objects = seen.nonzero(as_tuple=True)[0]
            if not len(objects):  # the drawn voxels are all background
                nothing = (found.sum() + phrase_scale + phrase_bias) * 0.0
                weights = {"object": recipe.object_weight, "phrase": recipe.phrase_weight}
                terms |= {name: Term(nothing, 0) for name, weight in weights.items() if weight}
            if recipe.object_weight and len(objects):
                loss = contrastive_loss(pooled[objects], own, self._concepts, objects, *choice)
                add("object", recipe.object_weight, loss, len(objects))
            if recipe.phrase_weight and len(objects):
                mine = [catalogue_rows[int(k)] for k in objects]
                loss = self._phrase_loss(pooled[objects], mine, phrase_scale, phrase_bias, rng)
                add("phrase", recipe.phrase_weight, loss, 1)
        if offsets is not None:
            truth = torch.as_tensor(batch.offsets, device=self.device)[rows] * SCALE
            foreground = labels >= 0
            loss = offset_loss(offsets, truth, foreground)
            add("offset", recipe.offset_weight, loss, int(foreground.sum()))
        if embedding is not None:
            pairs = torch.as_tensor(batch.pairs, device=self.device)
            voxel_labels = torch.as_tensor(batch.labels, device=self.device)
            loss = pair_loss(embedding, pairs, voxel_labels)
            add("embedding", recipe.embedding_weight, loss, len(pairs))
        if recipe.supervised_contrastive_weight or recipe.triplet_weight:
            few_rows = (labels >= 0).nonzero(as_tuple=True)[0][: recipe.auxiliary_voxels]
            # An object that stands in two clouds is one.
            same = torch.tensor(catalogue_rows, device=self.device)[labels[few_rows]]
            if recipe.supervised_contrastive_weight:
                loss = supervised_contrastive_loss(found[few_rows], same, recipe.temperature)
                add("supervised_contrastive", recipe.supervised_contrastive_weight, loss, len(same))
            if recipe.triplet_weight:
                loss = triplet_loss(found[few_rows], same, recipe.triplet_margin)
                add("triplet", recipe.triplet_weight, loss, len(same))
        return terms

    def _phrase_loss(
        self, pooled: Tensor, mine: list[int], scale: Tensor, bias: Tensor, rng: np.random.Generator
    ) -> Tensor:
        table = self.table
        drawn = [rng.choice(table.phrase_rows[row], PHRASES_PER_OBJECT) for row in mine]
        drawn.append(rng.integers(0, len(table.phrases), RANDOM_PHRASES))
        chosen = np.unique(np.concatenate(drawn))
        truth = np.stack([phrase_truth(table, row, chosen) for row in mine])
        phrases = self._phrases[torch.as_tensor(chosen, device=self.device)]
        return phrase_loss(pooled, phrases, torch.as_tensor(truth, device=self.device), scale, bias)


def phrase_truth(table: TargetTable, row: int, chosen: np.ndarray) -> np.ndarray:
    """Which of the chosen phrases are true of an object: 1 true, 0 false, -1 unknown; (len(chosen),) int64.

    A phrase is true if the object's annotation holds it. A phrase that means nearly the same may be true as well and is
    unknown, unless it names a colour that the object does not have: then it is false.
    """
    true_rows = table.phrase_rows[row]
    truth = np.isin(chosen, true_rows).astype(np.int64)
    near = (table.embeddings[chosen] @ table.embeddings[true_rows].T).max(axis=1) > UNKNOWN_COSINE
    colors = table.colors[row]
    fits = np.array([table.phrase_colors[p] <= colors for p in chosen])
    truth[(truth == 0) & near & fits] = -1
    return truth
