"""Where a scene is looked at from: straight down and all over the upper hemisphere (DROP-CLIP, appendix A.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drop_clip_ros.errors import ConfigError
from drop_clip_ros.geometry.camera import PinholeCamera

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class ViewpointConfig:
    """How viewpoints are drawn.

    Args:
        width, height: image size in pixels.
        elevation: least and greatest angle above the table, degrees.
        distance: least and greatest distance to the point looked at, metres.
        focal: least and greatest focal length, in image widths.
        roll: standard deviation of the roll, degrees.
        look_at_jitter: standard deviation of the point looked at, metres.
        top_view: make the first view the one straight down, where there are at least three.
    """

    width: int = 640
    height: int = 480
    elevation: tuple[float, float] = (20.0, 75.0)
    distance: tuple[float, float] = (0.5, 1.4)
    focal: tuple[float, float] = (0.8, 1.05)
    roll: float = 3.0
    look_at_jitter: float = 0.05
    top_view: bool = True

    def __post_init__(self) -> None:
        for name in ("elevation", "distance", "focal"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ConfigError(f"viewpoints: {name} is ({low}, {high}), wanted 0 < least <= greatest")
        if self.elevation[1] > 90:
            raise ConfigError(f"viewpoints: greatest elevation is {self.elevation[1]} degrees, wanted at most 90")


@dataclass(frozen=True)
class DomeConfig(ViewpointConfig):
    """The paper's viewpoints: one straight down, the others uniform over the upper hemisphere, radii jittered.

    A class of its own, so that the recipes of datasets made with a band of elevations stay as they were written.

    Args:
        elevation: from just above the table, so that no camera stands on it or below, to the pole.
        distance: the radius and its jitter, metres; the paper gives neither.
        pattern: its name in a recipe.
    """

    elevation: tuple[float, float] = (4.0, 90.0)
    distance: tuple[float, float] = (0.7, 1.0)
    look_at_jitter: float = 0.02
    pattern: str = "dome"


@dataclass(frozen=True)
class Viewpoint:
    """A camera and where it stands.

    Args:
        camera: intrinsics.
        world_from_camera: (4, 4) float64 pose of the optical frame (x right, y down, z forward) in the world.
    """

    camera: PinholeCamera
    world_from_camera: np.ndarray


def look_at(eye: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """The optical frame at `eye` looking at `target`, the world's z axis up in the image.

    Args:
        eye, target: (3,) world metres, not the same point.
        roll: radians about the optical axis.

    Returns:
        (4, 4) float64 world_from_camera.
    """
    forward = np.asarray(target, dtype=np.float64) - eye
    forward /= np.linalg.norm(forward)
    side = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, side)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = np.cos(roll), np.sin(roll)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([cos * right + sin * down, cos * down - sin * right, forward], axis=1)
    pose[:3, 3] = eye
    return pose


def sample_viewpoints(
    count: int, rng: np.random.Generator, config: ViewpointConfig | None = None, centre: np.ndarray | None = None
) -> list[Viewpoint]:
    """Viewpoints spread quasi-uniformly over the sphere's band of elevations, or over the paper's dome.

    Args:
        count: how many; rng: source of chance.
        config: ranges, those of a `DomeConfig` for the dome.
        centre: (3,) what is looked at, by default 4 cm above the table's centre.
    """
    config = config or ViewpointConfig()
    centre = np.array([0.0, 0.0, 0.04]) if centre is None else np.asarray(centre, dtype=np.float64)
    views = []
    from_above = int(config.top_view and count >= 3)
    if from_above:
        distance = rng.uniform(max(config.distance[0], 0.6), config.distance[1])
        eye = centre + np.array([0.0, 0.0, distance])
        views.append(Viewpoint(_camera(rng, config), look_at(eye, centre, rng.uniform(0, 2 * np.pi))))
    low, high = np.sin(np.radians(config.elevation))
    rest = count - from_above
    turn = rng.uniform(0, 2 * np.pi)
    if isinstance(config, DomeConfig):
        directions = _lattice(rest, low, high, turn, rng)
        return views + [_looking_in(direction, centre, rng, config) for direction in directions]
    # Equal steps of height are equal areas of a sphere; shuffled, so that any few views differ much.
    heights = low + (high - low) * (rng.permutation(rest) + rng.uniform(0, 1, rest)) / max(rest, 1)
    for number in range(rest):
        elevation = np.arcsin(heights[number])
        azimuth = turn + GOLDEN_ANGLE * number + rng.normal(0, 0.1)
        direction = np.array(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        )
        views.append(_looking_in(direction, centre, rng, config))
    return views


def _lattice(count: int, low: float, high: float, turn: float, rng: np.random.Generator) -> np.ndarray:
    """(count, 3) unit vectors of a Fibonacci lattice between two heights, in a random order."""
    numbers = rng.permutation(count)
    heights = low + (high - low) * (numbers + rng.uniform()) / max(count, 1)
    azimuth, level = turn + GOLDEN_ANGLE * numbers, np.sqrt(1 - heights**2)
    return np.stack([level * np.cos(azimuth), level * np.sin(azimuth), heights], axis=1)


def _looking_in(
    direction: np.ndarray, centre: np.ndarray, rng: np.random.Generator, config: ViewpointConfig
) -> Viewpoint:
    """The viewpoint in a direction from about the centre, which it looks at."""
    target = centre + np.append(rng.normal(0, config.look_at_jitter, 2), 0.0)
    eye = target + rng.uniform(*config.distance) * direction
    roll = np.radians(config.roll) * rng.standard_normal()
    return Viewpoint(_camera(rng, config), look_at(eye, target, roll))


def _camera(rng: np.random.Generator, config: ViewpointConfig) -> PinholeCamera:
    focal = config.width * rng.uniform(*config.focal)
    cx = (config.width - 1) / 2 + rng.normal(0, 0.008) * config.width
    cy = (config.height - 1) / 2 + rng.normal(0, 0.008) * config.height
    return PinholeCamera(
        float(focal), float(focal * rng.normal(1, 0.002)), float(cx), float(cy), config.width, config.height
    )
