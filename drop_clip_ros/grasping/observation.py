"""What one view tells of an object and its surroundings, in a frame whose origin is the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from drop_clip_ros.errors import CloudError
from drop_clip_ros.geometry.outliers import statistical_inliers
from drop_clip_ros.grasping.antipodal_config import AntipodalConfig
from drop_clip_ros.grasping.surface import Surface, thin, thin_to, visible_surface
from drop_clip_ros.grasping.surroundings import Support, ViewMap, find_support

_FARTHEST = 100.0
_NEAREST = 0.05  # metres between camera and target; a viewpoint nearer than that is a mistake
_ON_TABLE = 0.008  # metres off the plane that a table's noise explains
_BEHIND = 0.012  # metres; what the camera saw so much nearer hides what lies behind


@dataclass(frozen=True)
class Observation:
    """An object among its surroundings.

    Args:
        surface: what is seen of the object.
        centre: (3,) metres, mean of its points without outliers.
        support: the plane that it stands on, where there is one.
        obstacles: (m, 3) float32 metres, thinned: what a gripper must not touch, without that plane and the object.
        seen: what the camera saw in each direction, the object left out; seen_of_target: the object alone.
    """

    surface: Surface
    centre: np.ndarray
    support: Support | None
    obstacles: np.ndarray
    seen: ViewMap
    seen_of_target: ViewMap

    def unseen(self, points: np.ndarray) -> np.ndarray:
        """(...,) bool: points (..., 3) where no camera has looked, behind the object or a neighbour."""
        uv, distance = self.seen.project(points)
        return distance > np.minimum(self.seen.seen(uv), self.seen_of_target.seen(uv)) + 0.01


def observe(target: np.ndarray, scene: np.ndarray, config: AntipodalConfig, rng: np.random.Generator) -> Observation:
    """What the clouds tell.

    Args:
        target: (n, 3), scene: (m, 3) float64 metres, the camera at the origin.
        config: of the search.
        rng: source of chance.

    Raises:
        CloudError: too few points, or a camera inside the target.
    """
    solid = thin(target, 0.002)
    solid = solid[statistical_inliers(solid, exact_up_to=len(solid))]
    centre = solid.mean(axis=0)
    away = float(np.linalg.norm(centre))
    if away > _FARTHEST:
        raise CloudError(
            f"the viewpoint is {away:.3g} m from the target's centre, wanted at most {_FARTHEST:g} m: is it in metres, "
            "in the clouds' frame?"
        )
    if away < _NEAREST:
        raise CloudError(
            f"the viewpoint is {100 * away:.1f} cm from the target's centre, wanted the camera's place in the clouds' "
            f"frame, at least {100 * _NEAREST:g} cm away"
        )
    low, high = solid.min(axis=0) - config.reach, solid.max(axis=0) + config.reach
    near = scene[((scene > low) & (scene < high)).all(axis=1)].astype(np.float32)
    coarse = thin_to(near, config.scene_points, finest=0.004)[0]
    support = find_support(thin(solid, 0.005), coarse, rng)
    surface = visible_surface(solid, config.target_points)
    cell = 2.0 * surface.spacing / away
    seen, own = ViewMap(near, centre / away, cell), ViewMap(surface.xyz, centre / away, cell)
    surface = without_hidden_rims(surface, seen)
    return Observation(surface, centre, support, _obstacles(coarse, surface, support, config.attached), seen, own)


def _obstacles(scene: np.ndarray, surface: Surface, support: Support | None, attached: float) -> np.ndarray:
    if support is not None:
        scene = scene[np.abs(support.heights(scene)) > _ON_TABLE]
    if len(scene) == 0:
        return scene
    distance, _ = cKDTree(surface.xyz).query(scene, distance_upper_bound=attached)
    return scene[~np.isfinite(distance)]


def without_hidden_rims(surface: Surface, view: ViewMap) -> Surface:
    """Rims where the object ends, not where something in front of it hides the rest."""
    rims = np.flatnonzero(surface.bend > 0)
    if len(rims) == 0:
        return surface
    uv, distance = view.project(surface.xyz[rims])
    # Just outside the rim, in the picture; at a limb the outward tangent points away, and its projection is short.
    outside, _ = view.project(surface.xyz[rims] + 0.005 * surface.outward[rims])
    step = outside - uv
    step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    hidden = np.zeros(len(rims), dtype=bool)
    for cells in (1.0, 2.0, 3.0):
        hidden |= view.seen(uv + cells * view.cell * step) < distance - _BEHIND
    bend = surface.bend.copy()
    bend[rims[hidden]] = 0
    outward = surface.outward.copy()
    outward[rims[hidden]] = 0
    return Surface(surface.xyz, surface.normals, outward, bend, surface.spacing)
