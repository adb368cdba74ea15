"""An encoded scene: the student has run once, and any number of queries may follow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.tabletop import TabletopCloud
from drop_clip_ros.grounding.evidence import ConceptBank, centred, gather_evidence
from drop_clip_ros.grounding.instances import InstanceConfig, find_instances, members_of, pool
from drop_clip_ros.grounding.second_look import SecondLook
from drop_clip_ros.grounding.segmentation import Candidate, Instance, Segmentation
from drop_clip_ros.grounding.similarity import query_probabilities, semantic_labels
from drop_clip_ros.grounding.verdict import VerdictModel
from drop_clip_ros.language.phrases import clean_phrase
from drop_clip_ros.language.space import TextSpace
from drop_clip_ros.student.student import EncodedCloud


@dataclass(frozen=True)
class Grounding:
    """What turns texts into answers, shared by all scenes of a model.

    Args:
        model: name of the bundle.
        space: the bundle's text space.
        mean: (c,) mean target of the training.
        concepts: concepts of the training, centred.
        verdict: calibrated.
        instances: how voxels are gathered.
        second_look: an image tower that looks at the found instances too, or None.
    """

    model: str
    space: TextSpace
    mean: np.ndarray
    concepts: ConceptBank
    verdict: VerdictModel
    instances: InstanceConfig = field(default_factory=InstanceConfig)
    second_look: SecondLook | None = None

    def texts(self, phrases: Sequence[str]) -> np.ndarray:
        """(n, c) unit rows of phrases in the student's space."""
        return centred(self.space.encode([clean_phrase(phrase) for phrase in phrases]), self.mean)


@dataclass(frozen=True)
class EncodedScene:
    """A frame after the student ran.

    Args:
        tabletop: the points above the table.
        cloud: their features.
        grounding: the model's language side.
        timings_ms: milliseconds of the stages so far.
        color: (h, w, 3) uint8 RGB, the frame's, for the second look; None goes without it.
    """

    tabletop: TabletopCloud
    cloud: EncodedCloud
    grounding: Grounding
    timings_ms: dict[str, float]
    color: np.ndarray | None = None

    @cached_property
    def voxel_instances(self) -> np.ndarray:
        """(m,) instance of each voxel, -1 for specks."""
        started = time.perf_counter()
        cloud = self.cloud
        groups = find_instances(
            cloud.voxels.xyz, cloud.compact, cloud.offsets, self.grounding.instances, cloud.embedding
        )
        self.timings_ms["instances"] = 1000 * (time.perf_counter() - started)
        return groups

    @cached_property
    def student_features(self) -> np.ndarray:
        """(k, c) unit features of the instances by the student alone."""
        return self.cloud.expand(pool(self.cloud.compact, self.voxel_instances))

    @cached_property
    def seen_features(self) -> np.ndarray | None:
        """(k, c) unit features of the instances by the second look, or None without one."""
        look = self.grounding.second_look
        if look is None or self.color is None or not len(self.student_features):
            return None
        started = time.perf_counter()
        seen = look.features(self.color, [instance.pixel_index for instance in self._instances], self.grounding.mean)
        self.timings_ms["second look"] = 1000 * (time.perf_counter() - started)
        return seen

    @cached_property
    def pooled(self) -> np.ndarray:
        """(k, c) unit features of the instances: the student's, and the second look's where there is one."""
        look, seen = self.grounding.second_look, self.seen_features
        return self.student_features if look is None or seen is None else look.join(self.student_features, seen)

    @cached_property
    def _concept_cosines(self) -> np.ndarray:
        """(k, m) cosines of the instances and the concepts."""
        return self.pooled @ self.grounding.concepts.vectors.T

    @cached_property
    def _posterior(self) -> np.ndarray:
        return self.grounding.concepts.posterior(self.pooled)

    @cached_property
    def instance_voxels(self) -> np.ndarray:
        """(k,) voxels of each instance."""
        groups = self.voxel_instances
        return np.bincount(groups[groups >= 0], minlength=len(self.pooled))

    def evidence(self, query: str) -> np.ndarray:
        """(k, 7) evidence of each instance for a query (see `gather_evidence`)."""
        return self._evidence(self.grounding.texts([query])[0])

    def _evidence(self, vector: np.ndarray) -> np.ndarray:
        concepts = self.grounding.concepts
        return gather_evidence(
            self.pooled, self.instance_voxels, self._posterior, concepts, vector, self._concept_cosines
        )

    def heat(self, query: str) -> np.ndarray:
        """(n,) float32 cosine of each point above the table to a query, for pictures."""
        vector = self.cloud.project(self.grounding.texts([query]))[0]
        return (self.cloud.compact @ vector)[self.cloud.voxels.inverse]

    def semantic(self, names: Sequence[str]) -> np.ndarray:
        """(n,) index into `names` of the class of each point above the table (DROP-CLIP 3.4)."""
        if not names:
            raise ConfigError("0 class names, wanted at least 1")
        vectors = self.cloud.project(self.grounding.texts(names))
        return semantic_labels(self.cloud.compact, vectors)[self.cloud.voxels.inverse]

    def segment(
        self, query: str, negatives: Sequence[str] = (), threshold: float | None = None, temperature: float = 0.1
    ) -> Segmentation:
        """Answer a query.

        Args:
            query: a phrase ("red mug").
            negatives: phrases of what is not meant; an instance likelier one of them loses its score in proportion.
            threshold: match probability from which an instance is an answer; the bundle's calibrated one when absent.
            temperature: of the softmax over query and negatives.

        Raises:
            LanguageError: a phrase that cannot be encoded.
            ConfigError: a threshold outside 0 to 1.
        """
        if threshold is not None and not 0.0 <= threshold <= 1.0:
            raise ConfigError(f"threshold is {threshold}, wanted a probability from 0 to 1")
        started = time.perf_counter()
        vectors = self.grounding.texts([query, *negatives])
        scores = self.grounding.verdict.probabilities(self._evidence(vectors[0]))
        if negatives:
            positive, negative = query_probabilities(self.pooled, vectors[0], vectors[1:], temperature)
            scores = scores * positive / np.maximum(positive, negative.max(axis=1))
        status = self.grounding.verdict.decide(scores, threshold)
        candidates = tuple(self._candidate(int(k), float(scores[k])) for k in np.argsort(-scores, kind="stable"))
        spent = 1000 * (time.perf_counter() - started)
        size = self.tabletop.frame_size
        timings = dict(self.timings_ms) | {"query": spent}
        return Segmentation(query, status, candidates, timings, self.grounding.model, size)

    @cached_property
    def _instances(self) -> tuple[Instance, ...]:
        """The instances, picked once for all queries."""
        members = members_of(self.voxel_instances, self.cloud.voxels.inverse)
        return tuple(Instance(self.tabletop, mine) for mine in members)

    def _candidate(self, number: int, score: float) -> Candidate:
        concepts = self.grounding.concepts
        label = concepts.names[int(self._posterior[number].argmax())] if len(concepts.names) else ""
        return Candidate(number, score, label, self._instances[number])
