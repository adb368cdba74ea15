"""Grasp detectors that others wrote, called in this process: loaded by name, their output checked and sifted."""

from __future__ import annotations

import importlib
import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drop_clip_ros.errors import ConfigError, DropClipError, MissingDependencyError
from drop_clip_ros.grasping.antipodal import GraspAnswer, checked_cloud
from drop_clip_ros.grasping.collision import points_inside
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.graspnet_rows import grasps_from_rows
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.grasping.selection import distinct_poses
from drop_clip_ros.grasping.surface import thin


class DetectorError(DropClipError):
    """An outside detector that fails, or returns what is no grasps."""


Detector = Callable[[np.ndarray, np.ndarray, "np.ndarray | None", np.ndarray], "np.ndarray | Sequence[Grasp]"]


def load_detector(name: str) -> Detector:
    """A callable `detect(target, scene, colors, viewpoint)` by its name.

    It is given target (n, 3) and scene (m, 3) float32 metres, colors (n + m, 3) uint8 of the target's points and then
    the scene's, or None where the clouds have none, and the camera's place (3,). It returns rows (k, 17) as graspnetAPI
    has them, or a list of Grasp, in the frame of the clouds.

    Args:
        name: "package.module:function"; a class is made once without arguments, and what it made is called.

    Raises:
        ConfigError: the name cannot be read, or there is no such callable.
        MissingDependencyError: the module, or what it imports, is not installed.
    """
    module_name, colon, attribute = name.partition(":")
    if not colon or not module_name or not attribute:
        raise ConfigError(f"detector is {name!r}, wanted 'package.module:function'")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise MissingDependencyError(
            f"detector {name!r} cannot be imported ({error}): install it into this environment, "
            "or put its folder on PYTHONPATH"
        ) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        raise ConfigError(f"detector {name!r}: {module_name} has no function or class {attribute!r}")
    detector: Any = found() if inspect.isclass(found) else found
    return detector


@dataclass(frozen=True)
class SiftConfig:
    """What of a detector's output is kept.

    Args:
        at_target: metres; a grasp counts as the target's when a point of the target is so near to its tip.
        check_collisions: leave out grasps whose fingers or palm touch the scene.
        clearance: metres that each finger is opened beyond the width while it approaches, for that check.
        max_grasps: how many are returned at most.
        gripper: for that check.
    """

    at_target: float = 0.03
    check_collisions: bool = True
    clearance: float = 0.01
    max_grasps: int = 20
    gripper: Gripper = field(default_factory=Gripper)


def run_detector(
    detector: Detector,
    target: np.ndarray,
    scene: np.ndarray,
    colors: np.ndarray | None,
    viewpoint: np.ndarray,
    config: SiftConfig | None = None,
) -> GraspAnswer:
    """Call a detector, and keep the grasps of the target that fit, best first.

    Args:
        detector: see `load_detector`.
        target: (n, 3), scene: (m, 3), viewpoint: (3,) metres; colors: (n + m, 3) uint8 or None.
        config: what is kept.

    Raises:
        CloudError: clouds that cannot be used.
        DetectorError: an output that cannot.
    """
    config = config or SiftConfig()
    checked_cloud("viewpoint", np.reshape(viewpoint, (-1, 3)), 1)
    target = checked_cloud("target", target, 1).astype(np.float32)
    scene = checked_cloud("scene", scene, 0).astype(np.float32)
    started = time.perf_counter()
    try:
        grasps = grasps_of(detector(target, scene, colors, np.asarray(viewpoint, dtype=np.float64)))
    except DropClipError as error:
        raise DetectorError(f"the detector's answer cannot be used: {error}") from error
    called = time.perf_counter()
    counts = {"returned": len(grasps)}
    grasps = _at(grasps, target, config, counts)
    grasps = _free(grasps, scene, config, counts)
    grasps = sorted(grasps, key=lambda grasp: -grasp.score)
    if grasps:
        kept = distinct_poses(np.array([grasp.pose for grasp in grasps]), config.max_grasps)
        grasps = [grasps[k] for k in kept]
    timings = {"detector": 1000 * (called - started), "sift": 1000 * (time.perf_counter() - called)}
    return GraspAnswer(tuple(grasps), counts, timings, _message(len(grasps), counts, config))


def grasps_of(output: Any) -> list[Grasp]:
    """A detector's output as grasps.

    Raises:
        DropClipError: neither a list of Grasp nor rows (k, 17).
    """
    if isinstance(output, (list, tuple)) and all(isinstance(item, Grasp) for item in output):
        return list(output)
    if hasattr(output, "grasp_group_array"):  # graspnetAPI's GraspGroup
        output = output.grasp_group_array
    try:
        rows = np.asarray(output, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DetectorError(
            f"the detector returned {type(output).__name__}, wanted an array (k, 17) or a list of Grasp"
        ) from error
    return list(grasps_from_rows(rows))


def _at(grasps: list[Grasp], target: np.ndarray, config: SiftConfig, counts: dict[str, int]) -> list[Grasp]:
    """The grasps whose tips lie at the target."""
    from scipy.spatial import cKDTree

    if not grasps:
        return []
    distance, _ = cKDTree(target).query([grasp.tip for grasp in grasps])
    counts["elsewhere"] = int((distance > config.at_target).sum())
    return [grasp for grasp, away in zip(grasps, distance, strict=True) if away <= config.at_target]


def _free(grasps: list[Grasp], scene: np.ndarray, config: SiftConfig, counts: dict[str, int]) -> list[Grasp]:
    """The grasps whose gripper touches nothing of the scene."""
    if not grasps or not config.check_collisions:
        return grasps
    poses = np.array([grasp.pose for grasp in grasps], dtype=np.float32)
    gap = np.minimum([grasp.width + 2 * config.clearance for grasp in grasps], config.gripper.opening)
    hits = points_inside(poses[:, :3, :3], poses[:, :3, 3], config.gripper.boxes(gap), thin(scene, 0.005))
    counts["scene"] = int((hits > 1).sum())
    return [grasp for grasp, count in zip(grasps, hits, strict=True) if count <= 1]


def _message(found: int, counts: dict[str, int], config: SiftConfig) -> str:
    """One sentence about the outcome."""
    if found:
        return f"{found} grasp{'s' if found > 1 else ''} of the detector's {counts['returned']:,}"
    if not counts["returned"]:
        return "the detector returned no grasp"
    away = f"{counts.get('elsewhere', 0):,} were more than {100 * config.at_target:g} cm off the target"
    return f"no grasp fits: of the detector's {counts['returned']:,} {away}, {counts.get('scene', 0):,} hit the scene"
