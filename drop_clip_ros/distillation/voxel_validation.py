"""How well a student segments held-out views, without outlines: each voxel goes to the phrase it is nearest to.

Cheaper than the grounding of answers and without its thresholds, but of the same order; it chooses the best checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from drop_clip_ros.distillation.batches import Batch
from drop_clip_ros.distillation.targets import TargetTable, concept_name
from drop_clip_ros.grounding.similarity import unit
from drop_clip_ros.scenes.annotation import ObjectAnnotation
from drop_clip_ros.sparse.tensor import CoordinatePyramid, SparseTensor

BACKGROUND = 0


@dataclass(frozen=True)
class PhraseMap:
    """Voxels of one view by phrase.

    Args:
        phrases: what each number means; the first is the background.
        predicted, true: (n,) numbers of the voxels.
    """

    phrases: tuple[str, ...]
    predicted: np.ndarray
    true: np.ndarray

    def ious(self) -> dict[str, float]:
        """Intersection over union of each phrase that is true of a voxel, but for the background."""
        found = {}
        for number, phrase in enumerate(self.phrases[1:], start=1):
            predicted, true = self.predicted == number, self.true == number
            if true.any():
                found[phrase] = float((predicted & true).sum() / (predicted | true).sum())
        return found


class VoxelValidation:
    """Segmentation of fixed views.

    Args:
        clouds: the views, one cloud each.
        table: phrases and targets of the training catalogue.
        annotations: of the views' objects.
        center: whether targets are centred.
        device: of the network.
    """

    def __init__(
        self,
        clouds: Sequence[Batch],
        table: TargetTable,
        annotations: dict[str, ObjectAnnotation],
        center: bool,
        device: torch.device,
    ) -> None:
        self.clouds, self._device = clouds, device
        self._annotations = annotations
        self._prepare = table.centered if center else unit
        self._rows = {phrase: table.embeddings[row] for row, phrase in enumerate(table.phrases)}
        self._background = table.targets[-1]
        self._classes = sorted({annotations[i].names[0] for i in table.object_ids})

    @torch.inference_mode()
    def features(self, network: torch.nn.Module, cloud: Batch) -> np.ndarray:
        """(n, c) unit features of a view's voxels."""
        network.eval()
        pyramid = CoordinatePyramid(torch.as_tensor(cloud.coordinates, device=self._device))
        found = network(SparseTensor(torch.as_tensor(cloud.features, device=self._device), pyramid))[0]
        return unit(found.float().cpu().numpy())

    def referring(self, features: np.ndarray, cloud: Batch) -> PhraseMap:
        """Voxels by the phrases of what stands in the view: colour and class, or class where that was never trained."""
        names = [self._phrase(object_id) for object_id in cloud.object_ids]
        return self._map(features, cloud, names, tuple(dict.fromkeys(name for name in names if name)))

    def semantic(self, features: np.ndarray, cloud: Batch) -> PhraseMap:
        """Voxels by all classes of the catalogue."""
        names = [self._annotations[object_id].names[0] for object_id in cloud.object_ids]
        return self._map(features, cloud, names, tuple(self._classes))

    def figures(self, network: torch.nn.Module) -> dict[str, float]:
        """Mean IoU by view and phrase ("referring_miou"), and by class over all views ("semantic_miou"; NaN: none)."""
        referring: list[float] = []
        inside, either = dict.fromkeys(self._classes, 0), dict.fromkeys(self._classes, 0)
        seen: set[str] = set()
        for cloud in self.clouds:
            features = self.features(network, cloud)
            referring += self.referring(features, cloud).ious().values()
            classes = self.semantic(features, cloud)
            for number, name in enumerate(classes.phrases[1:], start=1):
                predicted, true = classes.predicted == number, classes.true == number
                inside[name] += int((predicted & true).sum())
                either[name] += int((predicted | true).sum())
                seen |= {name} if true.any() else set()
        semantic = [inside[name] / either[name] for name in sorted(seen)]
        mean = lambda values: float(np.mean(values)) if values else float("nan")  # noqa: E731
        return {"referring_miou": mean(referring), "semantic_miou": mean(semantic)}

    def _phrase(self, object_id: str) -> str:
        annotation = self._annotations[object_id]
        choices = (concept_name(annotation), *annotation.names)
        return next((phrase for phrase in choices if phrase in self._rows), "")

    def _map(self, features: np.ndarray, cloud: Batch, names: list[str], phrases: tuple[str, ...]) -> PhraseMap:
        vectors = self._prepare(np.stack([self._background, *(self._rows[phrase] for phrase in phrases)]))
        number = {phrase: k for k, phrase in enumerate(phrases, start=1)}
        # An object that no phrase names is nobody's: it counts neither for nor against any.
        of_object = np.array([number.get(name, -1) for name in names] + [BACKGROUND])
        true = of_object[cloud.labels]
        predicted = np.where(true < 0, -1, (features @ vectors.T).argmax(axis=1))
        return PhraseMap(("", *phrases), predicted, true)
