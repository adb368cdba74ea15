"""Fitting which pieces of over-segmented clouds belong together, on held-out generated scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from drop_clip_ros.distillation.calibration import sensed_frame
from drop_clip_ros.errors import SceneError, SupportError
from drop_clip_ros.grounding.instances import find_instances
from drop_clip_ros.grounding.merging import MERGE_EVIDENCE, MergeModel, Pieces
from drop_clip_ros.grounding.scene import EncodedScene
from drop_clip_ros.pipeline import Segmenter
from drop_clip_ros.scenes.storage import SceneDataset

# Joining two objects costs more than leaving one in two: with 0 the shipped student answered .734 of the held-out class
# queries right, with 0.5 .750.
THRESHOLD = 0.5


def pair_examples(scene: EncodedScene, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of near pieces of a view: (p, 8) evidence, and (p,) bool, whether most of both is one and the same thing.

    Args:
        scene: of a student with offsets and an embedding.
        mask: (h, w) true instance ids.
    """
    cloud = scene.cloud
    assert cloud.offsets is not None
    assert cloud.embedding is not None
    strict = replace(scene.grounding.instances, merge=None)
    groups = find_instances(cloud.voxels.xyz, cloud.features, cloud.offsets, strict, cloud.embedding)
    pieces = Pieces(cloud.voxels.xyz, cloud.features, cloud.offsets, cloud.embedding, groups)
    labels = mask.reshape(-1)[scene.tabletop.points.pixel_index].astype(np.int64)
    piece = groups[cloud.voxels.inverse]
    votes = np.zeros((pieces.count, 256), np.int64)
    np.add.at(votes, (piece[piece >= 0], labels[piece >= 0]), 1)
    owner = votes.argmax(axis=1)
    return pieces.evidence(), owner[pieces.first] == owner[pieces.second]


def fit_merging(
    segmenter: Segmenter,
    dataset: SceneDataset,
    max_views: int = 100,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[MergeModel, dict[str, float]]:
    """Fit the merging of a student with an embedding.

    Args:
        segmenter: of the student; dataset: held-out scenes; max_views: views to use, spread over the scenes.
        seed: of the sensor model.
        progress: called with views done and views in all.

    Returns:
        The model, and "pairs", "merge_accuracy" on these pairs.

    Raises:
        SceneError: the views hold no pair of pieces of one object, or none of two.
    """
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    jobs = [(scene, view) for scene in dataset for view in scene.views]
    jobs = [jobs[k] for k in np.sort(rng.permutation(len(jobs))[:max_views])]
    evidence, truth = [np.zeros((0, len(MERGE_EVIDENCE)))], [np.zeros(0, bool)]
    for done, (_, view) in enumerate(jobs, start=1):
        try:
            scene = segmenter.encode(sensed_frame(view, rng))
        except SupportError:
            continue
        found, same = pair_examples(scene, view.load_mask())
        evidence.append(found)
        truth.append(same)
        if progress:
            progress(done, len(jobs))
    rows, same = np.concatenate(evidence), np.concatenate(truth)
    if same.all() or not same.any():
        raise SceneError(
            f"{len(same)} pairs of pieces in {len(jobs)} views, {int(same.sum())} of one object; wanted both kinds: "
            "more scenes"
        )
    spread = rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=1.0, max_iter=3000).fit(rows / spread, same)
    weights = dict(zip(MERGE_EVIDENCE, (model.coef_[0] / spread).tolist(), strict=True))
    accuracy = float(model.score(rows / spread, same))
    figures = {"pairs": float(len(same)), "merge_accuracy": round(accuracy, 4)}
    return MergeModel(weights, float(model.intercept_[0]), THRESHOLD), figures
