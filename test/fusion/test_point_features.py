"""Point-wise fusion against the formula, point by point."""

import numpy as np
import pytest
import torch

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.fusion.fuse import fuse_points
from drop_clip_ros.fusion.point_features import (
    PointFusion,
    PointTexts,
    PointWeighting,
    fuse_point_features,
    sample_bicubic,
)
from drop_clip_ros.fusion.scene_points import ScenePoints

SIZE = (30, 40)
LABELS = np.array([4, 4, 7, 7, 9])


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def upsampled(patches):
    """Torch's own bicubic map of every view, (V, H, W, C), unit rows."""
    maps = torch.tensor(patches).permute(0, 3, 1, 2)
    maps = torch.nn.functional.interpolate(maps, SIZE, mode="bicubic", align_corners=False)
    return unit(maps.permute(0, 2, 3, 1).numpy())


@pytest.fixture
def case():
    """Five points of three objects in three views, some hidden, some outside the picture."""
    rng = np.random.default_rng(0)
    pixel = rng.uniform(0, 29, (3, 5, 2)).astype(np.float32)
    pixel[0, 1], pixel[2, 3], pixel[1, 1] = (-3, 5), np.nan, pixel[1, 0]
    visible = np.array([[1, 0, 1, 1, 0], [1, 1, 0, 1, 0], [0, 1, 1, 0, 0]], bool)
    points = ScenePoints(np.zeros((5, 3), np.float32), np.zeros((5, 3), np.float32), LABELS, visible, pixel)
    patches = rng.normal(size=(3, 3, 4, 6)).astype(np.float32)
    prompts = rng.normal(size=(3, 6)).astype(np.float32)
    return points, patches, PointTexts(np.array([4, 7, 9]), prompts)


def by_hand(points, patches, texts, weighting):
    """Eq. 2 with loops, from torch's maps."""
    maps, prompts = upsampled(patches), unit(texts.prompts)
    features, weights = np.zeros((3, 5, 6)), np.zeros((3, 5))
    for v in range(3):
        for i, (x, y) in enumerate(points.pixel[v]):
            if not (0 <= x < 40 and 0 <= y < 30) or (weighting.visibility and not points.visible[v, i]):
                continue
            z = maps[v, int(np.floor(y + 0.5)), int(np.floor(x + 0.5))]
            own = list(texts.ids).index(LABELS[i])
            others = [z @ q for k, q in enumerate(prompts) if k != own]
            features[v, i] = z
            weights[v, i] = max(z @ prompts[own] - max(others), 0) if weighting.informativeness else 1
    return fuse_points(features, weights)


@pytest.mark.parametrize("visibility", [True, False])
@pytest.mark.parametrize("informativeness", [True, False])
def test_points_are_weighted_means_of_eq_2(case, visibility, informativeness):
    points, patches, texts = case
    weighting = PointWeighting(visibility, informativeness)
    ((found, seen),) = fuse_point_features(points, patches, SIZE, unit, [weighting], texts)
    wanted, wanted_seen = by_hand(points, patches, texts, weighting)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert seen.tolist() == wanted_seen.tolist()


def test_several_weightings_at_once_and_views_one_by_one_give_the_same(case):
    points, patches, texts = case
    ways = [PointWeighting(True, False), PointWeighting(False, True), PointWeighting(True, True)]
    alone = [fuse_point_features(points, patches, SIZE, unit, [way], texts)[0][0] for way in ways]
    stepwise = PointFusion(points, patches, SIZE, unit, ways, texts)
    for view in (2, 0, 1):
        stepwise.add([view])
    for (found, _), wanted in zip(stepwise.features(), alone, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_sampling_is_torchs_bicubic_upsampling():
    coarse = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    maps = torch.tensor(coarse).permute(2, 0, 1)[None]
    fine = torch.nn.functional.interpolate(maps, SIZE, mode="bicubic", align_corners=False)[0].permute(1, 2, 0)
    v, u = np.mgrid[: SIZE[0], : SIZE[1]]
    places = np.random.default_rng(1).permutation(np.stack([u.ravel(), v.ravel()], axis=1))[:500]
    found = sample_bicubic(coarse, places, SIZE)
    np.testing.assert_allclose(found, fine.numpy()[places[:, 1], places[:, 0]], atol=1e-5)


def test_informativeness_without_prompts_is_refused(case):
    points, patches, _ = case
    with pytest.raises(ConfigError, match="needs prompts"):
        fuse_point_features(points, patches, SIZE, unit, [PointWeighting(True, True)])
    with pytest.raises(ConfigError, match="for 3 views"):
        fuse_point_features(points, patches[:2], SIZE, unit, [PointWeighting()])
