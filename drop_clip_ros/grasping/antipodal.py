"""Antipodal grasps on the partial cloud that one view gives of an object."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import CloudError
from drop_clip_ros.grasping.antipodal_config import AntipodalConfig
from drop_clip_ros.grasping.closing import close_jaws
from drop_clip_ros.grasping.collision import lowest_heights
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.hypotheses import Hypotheses, sample_hypotheses
from drop_clip_ros.grasping.observation import Observation, observe
from drop_clip_ros.grasping.selection import distinct_poses
from drop_clip_ros.grasping.sifting import sift

MOST_POINTS = 2_000_000


@dataclass(frozen=True)
class GraspAnswer:
    """What a search for grasps gave.

    Args:
        grasps: best first, near-duplicates once.
        counts: "hypotheses", how many were tried, and how many each reason ruled out, in the order of the tests.
        timings_ms: milliseconds by stage.
        message: one sentence for a person.
    """

    grasps: tuple[Grasp, ...]
    counts: dict[str, int]
    timings_ms: dict[str, float]
    message: str


def detect_grasps(
    target: np.ndarray, scene: np.ndarray, viewpoint: np.ndarray, config: AntipodalConfig | None = None
) -> GraspAnswer:
    """Grasps of an object among its surroundings.

    Args:
        target: (n, 3) metres, points of the object.
        scene: (m, 3) metres, all else near it, table included; may be empty.
        viewpoint: (3,) metres, where the camera stood, in the clouds' frame.
        config: see there.

    Raises:
        CloudError: clouds of a wrong shape, not finite, or a target of too few points.
    """
    config = config or AntipodalConfig()
    viewpoint = checked_cloud("viewpoint", np.reshape(viewpoint, (-1, 3)), 1)[0]
    clock = _Clock()
    target, scene = checked_cloud("target", target, 10), checked_cloud("scene", scene, 0)
    rng = np.random.default_rng(config.seed)
    observation = observe(target - viewpoint, scene - viewpoint, config, rng)
    clock.stage("prepare")
    hypotheses = _sample(observation, config, rng)
    counts = {"hypotheses": config.hypotheses, "side": config.hypotheses - len(hypotheses)}
    clock.stage("sample")
    closed = close_jaws(observation.surface, hypotheses, config.gripper, config.clearance, config.friction)
    clock.stage("close")
    poses, width, score = sift(hypotheses, closed, observation, config, counts)
    clock.stage("collide")
    order = np.argsort(-score, kind="stable")
    poses[:, :3, 3] += viewpoint
    kept = order[distinct_poses(poses[order], config.max_grasps)]
    grasps = tuple(Grasp(poses[k], float(width[k]), float(score[k])) for k in kept)
    clock.stage("select")
    return GraspAnswer(grasps, counts, clock.timings, _message(len(grasps), counts, config))


def checked_cloud(name: str, xyz: np.ndarray, fewest: int) -> np.ndarray:
    """A cloud (n, 3) as float64.

    Raises:
        CloudError: a wrong shape, too few or too many points, or numbers that are not finite.
    """
    xyz = np.asarray(xyz)
    if xyz.ndim != 2 or xyz.shape[1] != 3:
        raise CloudError(f"the {name} has shape {xyz.shape}, wanted (n, 3)")
    if not fewest <= len(xyz) <= MOST_POINTS:
        raise CloudError(f"the {name} has {len(xyz)} points, wanted {fewest} to {MOST_POINTS}")
    xyz = xyz.astype(np.float64)
    bad = int((~np.isfinite(xyz)).any(axis=1).sum())
    if bad:
        raise CloudError(f"{bad} of the {name}'s {len(xyz)} points are not finite, wanted metres")
    return xyz


def _sample(observation: Observation, config: AntipodalConfig, rng: np.random.Generator) -> Hypotheses:
    """Tip frames, drawn back where the fingers would go into the table."""
    gripper, support = config.gripper, observation.support
    angle = np.radians(config.approach_angle)
    found = sample_hypotheses(observation.surface, support, config.hypotheses, gripper.pad_length, angle, rng)
    if support is None:
        return found
    boxes = np.broadcast_to(gripper.boxes(0.0)[:2], (len(found), 2, 2, 3))
    missing = config.table_clearance - lowest_heights(found.axes, found.tip, boxes, support)
    down = -(found.axes[:, :, 2] @ support.up.astype(np.float32))
    back = np.where((missing > 0) & (down > 0.3), missing / np.maximum(down, 0.3), 0).astype(np.float32)
    return Hypotheses(found.axes, found.tip - back[:, None] * found.axes[:, :, 2], found.inward, found.whole)


class _Clock:
    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._last = time.perf_counter()

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self.timings[name] = 1000 * (now - self._last)
        self._last = now


def _message(found: int, counts: dict[str, int], config: AntipodalConfig) -> str:
    """One sentence about the outcome."""
    tried = counts["hypotheses"]
    if found:
        return f"{found} grasp{'s' if found > 1 else ''} from {tried:,} hypotheses"
    reasons = {
        "side": "would have come from below or from the far side",
        "empty": "closed on nothing",
        "wide": f"were wider than the jaws' {1000 * config.gripper.opening:g} mm",
        "slip": f"would slip (friction {config.friction:g})",
        "table": "hit the table",
        "target": "hit the object itself",
        "scene": "hit its surroundings",
    }
    worst = sorted((name for name in reasons if counts.get(name)), key=lambda name: -counts[name])
    listed = [f"{counts[name]:,} {reasons[name]}" for name in worst]
    return f"no grasp fits: of {tried:,} hypotheses " + ", ".join(listed)
