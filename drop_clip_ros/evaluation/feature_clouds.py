"""Clouds with features in a text space, ready for read-outs: the student's, or fused ones of known objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drop_clip_ros.evaluation.labelled_clouds import LabelledCloud
from drop_clip_ros.grounding.evidence import gather_evidence
from drop_clip_ros.grounding.instances import find_instances, pool
from drop_clip_ros.grounding.scene import Grounding
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.student.student import EncodedCloud
from drop_clip_ros.student.voxels import VoxelCloud


@dataclass(frozen=True)
class FeatureCloud:
    """Cells with one feature each: voxels of a student, or whole objects of the teacher.

    IoUs are of points: a cell that is chosen brings all its points, of whatever object they are.

    Args:
        features: (m, c) unit rows.
        counts: (m, k + 1) points of each cell that belong to each instance, column 0 to none.
        sizes: (k + 1,) points that each instance has in all; [0] is 0.
    """

    features: np.ndarray
    counts: np.ndarray
    sizes: np.ndarray

    def ious(self, chosen: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """(q,) IoU of the points of chosen cells (q, m) with the instances `ids` (q,)."""
        inside = chosen.astype(np.float64) @ self.counts
        shared = inside[np.arange(len(ids)), ids]
        return shared / np.maximum(inside.sum(axis=1) + self.sizes[ids] - shared, 1.0)

    def confusion(self, chosen: np.ndarray, class_of: np.ndarray, classes: int) -> np.ndarray:
        """(classes, classes + 1) points by true and predicted class; points that were lost have no prediction.

        Args:
            chosen: (m,) class of each cell, negative = none.
            class_of: (k + 1,) class of each instance, negative = does not count.
            classes: how many there are.
        """
        column = np.where(chosen < 0, classes, chosen)
        by_instance = np.zeros((len(class_of), classes + 1))
        np.add.at(by_instance.T, column, self.counts)
        by_instance[:, classes] += np.maximum(self.sizes - self.counts.sum(axis=0), 0)
        matrix = np.zeros((classes, classes + 1))
        known = class_of >= 0
        np.add.at(matrix, class_of[known], by_instance[known])
        return matrix


@dataclass(frozen=True)
class StudentCloud(FeatureCloud):
    """What the student made of a labelled cloud.

    Args:
        encoded: voxels, features and offsets.
        grounding: the model's language side.
        cloud: what went in.
    """

    encoded: EncodedCloud
    grounding: Grounding
    cloud: LabelledCloud

    @cached_property
    def groups(self) -> np.ndarray:
        """(m,) instance of each voxel by clustering, -1 for none."""
        voxels = self.encoded.voxels
        return find_instances(
            voxels.xyz, self.features, self.encoded.offsets, self.grounding.instances, self.encoded.embedding
        )

    @cached_property
    def true_groups(self) -> np.ndarray:
        """(m,) true instance of most points of each voxel as 0, 1, ..., -1 for surroundings."""
        return self.counts.argmax(axis=1) - 1 if len(self.counts) else np.zeros(0, np.int64)

    def outlines(self, true: bool = False) -> Outlines:
        """The instances: found by clustering, or the true ones."""
        return Outlines(self, self.true_groups if true else self.groups)


@dataclass(frozen=True)
class Outlines:
    """Instances of a student's cloud and what the bundle's read-out makes of them.

    Args:
        cloud: the student's.
        groups: (m,) instance of each voxel, -1 for none.
    """

    cloud: StudentCloud
    groups: np.ndarray

    @cached_property
    def pooled(self) -> np.ndarray:
        """(k, c) unit features of the instances."""
        return pool(self.cloud.features, self.groups)

    @cached_property
    def voxels(self) -> np.ndarray:
        """(k,) size of the instances."""
        return np.bincount(self.groups[self.groups >= 0], minlength=len(self.pooled))

    @cached_property
    def _posterior(self) -> np.ndarray:
        return self.cloud.grounding.concepts.posterior(self.pooled)

    def match(self, query: np.ndarray) -> np.ndarray:
        """(k,) match probability of each instance for a query's vector, by the bundle's calibrated evidence."""
        grounding = self.cloud.grounding
        evidence = gather_evidence(self.pooled, self.voxels, self._posterior, grounding.concepts, query)
        return np.where(self.voxels > 0, grounding.verdict.probabilities(evidence), 0.0)

    def best(self, query: np.ndarray) -> np.ndarray:
        """(m,) bool: voxels of the instance that matches a query best, whatever the verdict (forced)."""
        if len(self.pooled) == 0:
            return np.zeros(len(self.groups), bool)
        return self.groups == int(self.match(query).argmax())

    def semantic(self, classes: np.ndarray) -> np.ndarray:
        """(m,) class of each voxel: the one that its instance matches best among (n, c) unit rows; -1 outside."""
        if len(self.pooled) == 0:
            return np.full(len(self.groups), -1)
        labels = np.stack([self.match(row) for row in classes]).argmax(axis=0)
        return np.where(self.groups >= 0, labels[self.groups], -1)


def encode_cloud(segmenter: Segmenter, cloud: LabelledCloud) -> StudentCloud:
    """Run the student on a labelled cloud; one without points gives one without voxels."""
    if len(cloud.xyz) == 0:
        return student_cloud(_nothing(len(segmenter.grounding.mean)), segmenter.grounding, cloud)
    return student_cloud(segmenter.student.encode(cloud.xyz, cloud.rgb), segmenter.grounding, cloud)


def _nothing(dim: int) -> EncodedCloud:
    none, whole = np.zeros((0, 3)), np.zeros(0, np.int64)
    return EncodedCloud(VoxelCloud(none.astype(np.int64), none, none, whole, whole), np.zeros((0, dim)), none)


def student_cloud(encoded: EncodedCloud, grounding: Grounding, cloud: LabelledCloud) -> StudentCloud:
    """The student's features with the true points of each voxel counted."""
    cells, ids = len(encoded.features), len(cloud.sizes)
    flat = np.bincount(encoded.voxels.inverse * ids + cloud.label, minlength=cells * ids)
    counts = flat.reshape(cells, ids).astype(np.float64)
    return StudentCloud(encoded.features, counts, cloud.sizes.astype(np.float64), encoded, grounding, cloud)


def object_cloud(features: dict[int, np.ndarray], cloud: LabelledCloud) -> FeatureCloud:
    """Upper bound: every point has its true object's fused feature (DROP-CLIP 3.2); objects without one have none.

    Args:
        features: instance id to (c,) unit feature.
        cloud: whose points are counted.
    """
    ids = sorted(set(features) & set(range(1, len(cloud.sizes))))
    counts = np.zeros((len(ids), len(cloud.sizes)))
    counts[np.arange(len(ids)), ids] = np.bincount(cloud.label, minlength=len(cloud.sizes))[ids]
    rows = np.stack([features[number] for number in ids]) if ids else np.zeros((0, 1))
    return FeatureCloud(rows, counts, cloud.sizes.astype(np.float64))
