"""Scores of a student's read-outs on labelled clouds: referring and semantic segmentation, and why answers fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.evaluation.feature_clouds import FeatureCloud, Outlines, StudentCloud
from drop_clip_ros.evaluation.read_outs import NegativeTexts, ReadOut
from drop_clip_ros.evaluation.scene_queries import SceneQuery, TextVectors
from drop_clip_ros.evaluation.segmentation_metrics import ReferringScore, semantic_figures_of
from drop_clip_ros.scenes.storage import Scene

INSTANCES, OUTLINES = "instances", "true outlines"
POINT_READ_OUTS = {way.label: way for way in (ReadOut(threshold=None), ReadOut(), ReadOut(released=True))}
BY_POINT = "by point"  # semantic classes do not depend on how masks are read out
# Below this IoU an answer counts as failed, above the other an instance as found.
FAILED, FOUND = 0.25, 0.5
TINY = 100  # voxels of 5 mm; a cube of 2 cm shows about 50


@dataclass(frozen=True)
class Answer:
    """The default read-out's answer to one query.

    Args:
        cloud: name of the cloud; query: what was asked.
        iou: of the answer's points with the object's.
        failure: empty where the IoU exceeds 0.25; else "recognition" (the object was found as an instance, another one
            was chosen), "merged" (its instance holds another object too), "in pieces", or "lost" (hardly any of it was
            found).
        voxels: of the object in the student's grid.
        pixel: pixels of the answer in its view; none for a full cloud.
    """

    cloud: str
    query: SceneQuery
    iou: float
    failure: str
    voxels: int
    pixel: np.ndarray


@dataclass
class StudentScores:
    """Everything that was measured on one kind of clouds.

    Args:
        names: classes of semantic segmentation.
        referring: IoUs by read-out, and by "read-out/group" for query types and seen or unseen categories.
        confusions: by the same names, all read-outs of points together, one matrix a cloud.
        answers: of the default read-out.
    """

    names: tuple[str, ...]
    texts: TextVectors
    referring: ReferringScore = field(default_factory=ReferringScore)
    confusions: dict[str, list[np.ndarray]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    clouds: int = 0
    objects: int = 0

    def add(self, student: StudentCloud, scene: Scene, queries: Sequence[SceneQuery]) -> None:
        """Ask all queries of a cloud, and label its points."""
        self.clouds += 1
        self.objects += len(student.cloud.shown)
        found, true = student.outlines(), student.outlines(true=True)
        negatives = NegativeTexts(self.names)
        self.texts([*self.names, *(query.text for query in queries)])  # all in one go, which is faster
        for query in queries:
            vector = self.texts([query.text])[0]
            chosen = {INSTANCES: found.best(vector), OUTLINES: true.best(vector)}
            for name, read_out in POINT_READ_OUTS.items():
                texts = negatives.of(read_out.negatives, scene, query.target, student.cloud.shown)
                chosen[name] = read_out.choose(student.features, vector, self.texts(texts))
            ious = student.ious(np.stack(list(chosen.values())), np.full(len(chosen), query.target))
            for name, iou in zip(chosen, ious, strict=True):
                for group in ("", f"/{query.kind}", "/unseen" if query.unseen else "/seen"):
                    self.referring.add(name + group, float(iou))
            self.answers.append(_answer(student, found, query, chosen[INSTANCES], float(ious[0])))
        self._label(student, scene, {INSTANCES: found, OUTLINES: true})

    def _label(self, student: StudentCloud, scene: Scene, outlines: Mapping[str, Outlines]) -> None:
        classes = self.texts(self.names)
        labels = {name: item.semantic(classes) for name, item in outlines.items()}
        labels[BY_POINT] = (student.features @ classes.T).argmax(axis=1)
        groups = {"": scene.instances}
        groups["/seen"] = tuple(item for item in scene.instances if not item.unseen_category)
        groups["/unseen"] = tuple(item for item in scene.instances if item.unseen_category)
        for suffix, instances in groups.items():
            class_of = self.class_of(student, scene, [item.id for item in instances])
            for name, label in labels.items():
                matrix = student.confusion(label, class_of, len(self.names))
                self.confusions.setdefault(name + suffix, []).append(matrix.astype(np.int32))

    def class_of(self, cloud: FeatureCloud, scene: Scene, ids: Sequence[int]) -> np.ndarray:
        """(k + 1,) class of each instance, -1 for those that do not count."""
        classes = np.full(len(cloud.sizes), -1)
        for number in ids:
            if number < len(classes):
                classes[number] = self.names.index(scene.instance(number).annotation.names[0])
        return classes

    def figures(self, name: str) -> dict[str, float]:
        """Referring and semantic figures of a read-out, the latter as "semantic_miou" and so on."""
        read_out, *group = name.split("/")
        labelled = "/".join([BY_POINT if read_out in POINT_READ_OUTS else read_out, *group])
        semantic = semantic_figures_of(self.confusions.get(labelled, []), len(self.names))
        return {**self.referring.figures(name), **{f"semantic_{key}": value for key, value in semantic.items()}}

    def failures(self) -> dict[str, int]:
        """How many answers of the default read-out failed for what reason, and how many of them on tiny objects."""
        failed = [answer for answer in self.answers if answer.failure]
        reasons = Counter(answer.failure for answer in failed)
        tiny = sum(answer.voxels < TINY for answer in failed)
        return {"failed": len(failed), **dict(reasons.most_common()), "on tiny objects": tiny}


def _answer(student: StudentCloud, found: Outlines, query: SceneQuery, chosen: np.ndarray, iou: float) -> Answer:
    voxels = student.encoded.voxels
    pixel = student.cloud.pixel
    pixel = np.zeros(0, np.int64) if pixel is None else pixel[chosen[voxels.inverse]]
    mine = student.counts[:, query.target] > 0
    failure = "" if iou > FAILED else _failure(student, found, query.target)
    return Answer(student.cloud.name, query, iou, failure, int(mine.sum()), pixel)


def _failure(student: StudentCloud, found: Outlines, target: int) -> str:
    count = len(found.pooled)
    points = np.zeros((count, len(student.sizes)))
    inside = found.groups >= 0
    np.add.at(points, found.groups[inside], student.counts[inside])
    if count == 0 or points[:, target].max() < 0.1 * student.sizes[target]:
        return "lost"
    union = points.sum(axis=1) + student.sizes[target] - points[:, target]
    best = int((points[:, target] / np.maximum(union, 1)).argmax())
    if points[best, target] / max(union[best], 1) > FOUND:
        return "recognition"
    others = np.delete(points[best], target)
    return "merged" if others.max(initial=0) > 0.5 * points[best, target] else "in pieces"
