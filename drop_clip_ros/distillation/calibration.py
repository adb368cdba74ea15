"""Calibrating the verdict on held-out generated scenes: how likely is an instance what a query means?

Every held-out view is seen through a sensor model and goes the whole way (table, student, instances). Queries are the
scene's own expressions, and phrases of objects that are not there. Each pair of query and instance gives one example of
evidence, true or not; a logistic regression over them is the verdict's model, and the threshold is set where a wanted
share of absent queries is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drop_clip_ros.errors import SceneError, SupportError
from drop_clip_ros.geometry.frame import RGBDFrame
from drop_clip_ros.grounding.evidence import EVIDENCE_NAMES
from drop_clip_ros.grounding.scene import EncodedScene
from drop_clip_ros.grounding.similarity import unit
from drop_clip_ros.grounding.verdict import AMBIGUOUS, FOUND, NOT_FOUND, VerdictModel
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.scenes.sensor import SensorModel
from drop_clip_ros.scenes.storage import Scene, SceneDataset, View

ABSENT_PER_VIEW = 4
PRESENT_PER_TYPE = 3
ABSENT_COSINE = 0.6  # a phrase nearer than this to anything said of the scene's objects may be true of one
RIVAL_RATIOS = (0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.35)
TYPES = ("class", "attribute", "affordance", "open")


@dataclass(frozen=True)
class QueryExample:
    """One query on one view.

    Args:
        kind: query type, or "absent".
        evidence: (k, e) of the view's instances.
        correct: (k,) bool: which instances the query means.
    """

    kind: str
    evidence: np.ndarray
    correct: np.ndarray

    @property
    def present(self) -> bool:
        """Whether the query's object is among the instances."""
        return bool(self.correct.any())

    @property
    def several(self) -> bool:
        """Whether the query means several of the instances."""
        return int(self.correct.sum()) > 1


def sensed_frame(view: View, rng: np.random.Generator) -> RGBDFrame:
    """A stored view as a sensor would deliver it."""
    color, depth = SensorModel.sample(rng).apply(view.load_color(), view.load_depth(), rng)
    return RGBDFrame(color, depth, view.camera, frame_id=view.name)


def instance_owners(scene: EncodedScene, mask: np.ndarray) -> np.ndarray:
    """(k,) true instance id that most points of each found instance belong to; 0 = none."""
    labels = mask.reshape(-1)[scene.tabletop.points.pixel_index].astype(np.int64)
    groups = scene.voxel_instances[scene.cloud.voxels.inverse]
    votes = np.zeros((len(scene.pooled), 256), np.int64)
    kept = groups >= 0
    np.add.at(votes, (groups[kept], labels[kept]), 1)
    return votes.argmax(axis=1)


class QuerySource:
    """Queries for views: what is said of a scene's objects, and what is not there.

    Args:
        segmenter: its text space tells which phrases are near each other.
        dataset: absent phrases are class and attribute expressions of its other scenes.
    """

    def __init__(self, segmenter: Segmenter, dataset: SceneDataset) -> None:
        self._space = segmenter.grounding.space
        texts = {e.text for scene in dataset for e in scene.expressions if e.query_type in ("class", "attribute")}
        self._pool = sorted(texts)
        self._vectors = self._space.encode(self._pool)

    def present(self, scene: Scene, rng: np.random.Generator) -> list[tuple[str, str, tuple[int, ...]]]:
        """Up to three (kind, phrase, true ids) of each type."""
        chosen = []
        for kind in TYPES:
            expressions = [e for e in scene.expressions if e.query_type == kind]
            for k in rng.permutation(len(expressions))[:PRESENT_PER_TYPE]:
                chosen.append((kind, expressions[k].text, expressions[k].ids))
        return chosen

    def absent(self, scene: Scene, rng: np.random.Generator) -> list[str]:
        """Phrases that are true of no object of the scene."""
        said = unit(self._space.encode(sorted({e.text for e in scene.expressions})))
        nearest = (self._vectors @ said.T).max(axis=1)
        free = np.flatnonzero(nearest < ABSENT_COSINE)
        return [self._pool[k] for k in rng.permutation(free)[:ABSENT_PER_VIEW]]


def collect_examples(
    segmenter: Segmenter,
    dataset: SceneDataset,
    views_per_scene: int = 3,
    max_views: int = 200,
    seed: int = 0,
    weights: Sequence[float] = (0.0,),
    progress: Callable[[int, int], None] | None = None,
) -> dict[float, list[QueryExample]]:
    """Evidence of queries over the views of a dataset, for each weight of the second look.

    Args:
        weights: to try; 0 is the student alone, which is all there is without a second look.
    """
    source = QuerySource(segmenter, dataset)
    rng = np.random.default_rng(seed)
    examples: dict[float, list[QueryExample]] = {weight: [] for weight in weights}
    jobs = [(scene, view) for scene in dataset for view in scene.views[-views_per_scene:]][:max_views]
    for done, (scene, view) in enumerate(jobs, start=1):
        try:
            encoded = segmenter.encode(sensed_frame(view, rng))
        except SupportError:
            continue
        owners = instance_owners(encoded, view.load_mask())
        queries = [*source.present(scene, rng), *(("absent", text, ()) for text in source.absent(scene, rng))]
        for weight, found in examples.items():
            weighed = reweighed(encoded, weight)
            for kind, text, ids in queries:
                found.append(QueryExample(kind, weighed.evidence(text), np.isin(owners, ids)))
        if progress:
            progress(done, len(jobs))
    return examples


def reweighed(scene: EncodedScene, weight: float) -> EncodedScene:
    """The same scene with another weight of its second look."""
    look = scene.grounding.second_look
    if look is None:
        return scene
    other = replace(scene, grounding=replace(scene.grounding, second_look=replace(look, weight=weight)))
    # What does not depend on the weight is not computed again.
    for name in ("voxel_instances", "student_features", "seen_features"):
        other.__dict__[name] = getattr(scene, name)
    return other


def best_look(examples: dict[float, list[QueryExample]], refuse: float = 0.8) -> float:
    """The weight of the second look with which most queries whose object is there get the right best candidate."""

    def forced(weight: float) -> float:
        _, figures = fit_verdict(examples[weight], refuse)
        return float(np.mean([value for name, value in figures.items() if name.endswith("_forced")]))

    return max(examples, key=forced)


def fit_verdict(examples: list[QueryExample], refuse: float = 0.8) -> tuple[VerdictModel, dict[str, float]]:
    """Fit the match probability and choose the threshold.

    Args:
        examples: of held-out views.
        refuse: share of absent queries that the threshold refuses on these examples.

    Returns:
        The model, and figures reached on the examples: forced and verdict accuracy by type, share refused.

    Raises:
        SceneError: no examples, or none with the object present.
    """
    from sklearn.linear_model import LogisticRegression

    if not any(e.present for e in examples) or not any(e.kind == "absent" for e in examples):
        raise SceneError(
            f"{len(examples)} examples, wanted some with the object there and some with it absent: more scenes"
        )
    evidence = np.concatenate([e.evidence for e in examples])
    truth = np.concatenate([e.correct for e in examples])
    # Each query counts the same, and its right and wrong instances half each.
    weights = np.concatenate([_weights(e) for e in examples])
    spread = evidence.std(axis=0) + 1e-6
    model = LogisticRegression(C=1.0, max_iter=1000).fit(evidence / spread, truth, sample_weight=weights)
    fitted = dict(zip(EVIDENCE_NAMES, (model.coef_[0] / spread).tolist(), strict=True))
    verdict = VerdictModel(fitted, float(model.intercept_[0]))
    best_absent = [float(verdict.probabilities(e.evidence).max()) for e in examples if e.kind == "absent"]
    threshold = float(np.clip(np.quantile(best_absent, refuse), 0.05, 0.95))
    verdict = replace(verdict, threshold=round(threshold, 4))
    verdict = replace(verdict, rival_ratio=choose_rival_ratio(examples, verdict))
    return verdict, verdict_figures(examples, verdict)


def choose_rival_ratio(examples: list[QueryExample], verdict: VerdictModel) -> float:
    """The ratio at which most queries whose object is there get the right status: found for one, ambiguous for several.

    Only queries whose best instance is right count; for the others no status is.
    """
    scored = [(e, verdict.probabilities(e.evidence)) for e in examples if e.present]
    settled = [(e.several, scores) for e, scores in scored if e.correct[scores.argmax()]]

    def right(ratio: float) -> float:
        tried = replace(verdict, rival_ratio=ratio)
        return float(
            np.mean([tried.decide(scores) == (AMBIGUOUS if several else FOUND) for several, scores in settled])
        )

    return max(RIVAL_RATIOS, key=right) if settled else verdict.rival_ratio


def _weights(example: QueryExample) -> np.ndarray:
    right = example.correct
    weights = np.where(right, 0.5 / max(right.sum(), 1), (0.5 if right.any() else 1.0) / max((~right).sum(), 1))
    return weights


def verdict_figures(examples: list[QueryExample], verdict: VerdictModel) -> dict[str, float]:
    """What the verdict makes of the examples.

    Returns:
        By type, the share of queries for one instance answered right, forced and with the verdict; the share of absent
        queries refused, and of queries that mean several instances called ambiguous.
    """
    figures: dict[str, float] = {}
    for kind in TYPES:
        mine = [e for e in examples if e.kind == kind and not e.several]
        if not mine:
            continue
        scores = [verdict.probabilities(e.evidence) for e in mine]
        right = [bool(e.correct[s.argmax()]) for e, s in zip(mine, scores, strict=True)]
        given = [verdict.decide(s) == FOUND for s in scores]
        figures[f"{kind}_forced"] = float(np.mean(right))
        figures[f"{kind}_grounded"] = float(np.mean([r and g for r, g in zip(right, given, strict=True)]))
    absent = [verdict.decide(verdict.probabilities(e.evidence)) == NOT_FOUND for e in examples if e.kind == "absent"]
    figures["absent_refused"] = float(np.mean(absent))
    several = [verdict.decide(verdict.probabilities(e.evidence)) == AMBIGUOUS for e in examples if e.several]
    if several:
        figures["several_ambiguous"] = float(np.mean(several))
    return {name: round(value, 4) for name, value in figures.items()}
