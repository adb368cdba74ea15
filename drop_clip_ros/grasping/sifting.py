"""From closed jaws to grasps: what slips or collides is left out and counted, the rest is scored."""

from __future__ import annotations

import numpy as np

from drop_clip_ros.grasping.antipodal_config import AntipodalConfig
from drop_clip_ros.grasping.closing import Closed
from drop_clip_ros.grasping.collision import lowest_heights, points_hit, points_inside
from drop_clip_ros.grasping.hypotheses import Hypotheses
from drop_clip_ros.grasping.observation import Observation
from drop_clip_ros.grasping.scoring import Measures, scores

_SWEPT = 0.05  # metres behind the palm that have to be free, for the way that the gripper came


def sift(
    hypotheses: Hypotheses, closed: Closed, observation: Observation, config: AntipodalConfig, counts: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Test hypotheses, each reason to rule one out in turn.

    Args:
        hypotheses, closed: tip frames, and what their jaws hold.
        observation: the object and its surroundings.
        config: of the search.
        counts: is given how many each reason ruled out.

    Returns:
        Poses (k, 4, 4), widths and scores (k,) of those that every test lets pass.
    """
    gripper = config.gripper

    def rule_out(reason: str, left: np.ndarray, bad: np.ndarray) -> np.ndarray:
        counts[reason] = int(bad.sum())
        return left[~bad]

    left = rule_out("empty", np.arange(len(hypotheses)), closed.empty)
    left = rule_out("wide", left, closed.wide[left])
    left = rule_out("slip", left, closed.slipping[left])
    width = closed.width[left]
    axes = hypotheses.axes[left]
    tip = hypotheses.tip[left] + closed.ends[left].mean(axis=1)[:, None] * axes[:, :, 0]
    boxes = gripper.boxes(np.minimum(width + 2 * config.clearance, gripper.opening), swept=_SWEPT)
    passed = np.arange(len(left))
    if observation.support is not None:
        heights = lowest_heights(axes, tip, boxes, observation.support)
        passed = rule_out("table", passed, heights < 0.9 * config.table_clearance)
    own = boxes[passed] + np.array([1.0, -1.0])[:, None] * config.tolerance
    hits = points_inside(axes[passed], tip[passed], own, observation.surface.xyz)
    passed = rule_out("target", passed, hits > 1)
    # A neighbour between the fingers would be squeezed: to the surroundings, the fingers and their gap are one box.
    hull = boxes[passed][:, 1:].copy()
    hull[:, 0, 0, 0] = boxes[passed, 0, 0, 0]
    hits, room = points_hit(axes[passed], tip[passed], hull, observation.obstacles)
    free = hits == 0
    passed = rule_out("scene", passed, ~free)
    poses = np.tile(np.eye(4), (len(passed), 1, 1))
    poses[:, :3, :3] = _orthonormal(axes[passed])
    poses[:, :3, 3] = tip[passed]
    measures = _measures(closed, left[passed], poses, boxes[passed], room[free], observation, config)
    return poses, width[passed], scores(measures)


def _measures(
    closed: Closed,
    index: np.ndarray,
    poses: np.ndarray,
    boxes: np.ndarray,
    room: np.ndarray,
    observation: Observation,
    config: AntipodalConfig,
) -> Measures:
    """What the score is made of, of the grasps at `index`."""
    gripper = config.gripper
    slope = np.arccos(np.clip(closed.cosine[index].min(axis=1), -1, 1))
    # The middle of what is held lies half its height behind the tip.
    middle = poses[:, :3, 3] - poses[:, :3, 2] * (closed.held[index] / 2)[:, None]
    size = float(np.sqrt(np.var(observation.surface.xyz, axis=0).sum()))
    return Measures(
        friction=1 - slope / np.arctan(config.friction),
        centring=np.exp(-np.linalg.norm(middle - observation.centre, axis=1) / (0.02 + size)),
        area=closed.touched[index].min(axis=1) / (gripper.finger_width * 0.01),
        hold=closed.held[index] / (0.6 * gripper.pad_length),
        room=room / 0.02,
        seen=1 - observation.unseen(_finger_points(poses, boxes)).mean(axis=1),
        known=1 - closed.assumed[index],
    )


def _finger_points(poses: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(k, 18, 3) points inside the fingers."""
    share = np.linspace(0.1, 0.9, 3)
    grid = np.stack(np.meshgrid(share[1:2], share, share, indexing="ij"), axis=-1).reshape(-1, 3)
    low, high = boxes[:, :2, None, 0], boxes[:, :2, None, 1]
    local = (low + (high - low) * grid).reshape(len(poses), 2 * len(grid), 3)
    return (np.einsum("kdx,kpx->kpd", poses[:, :3, :3], local) + poses[:, None, :3, 3]).astype(np.float32)


def _orthonormal(axes: np.ndarray) -> np.ndarray:
    """(k, 3, 3) float64 rotations nearest to float32 axes that are orthonormal but for rounding."""
    z = axes[:, :, 2].astype(np.float64)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    x = axes[:, :, 0] - np.einsum("kd,kd->k", axes[:, :, 0], z)[:, None] * z
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=2)
