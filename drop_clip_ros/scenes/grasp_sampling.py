"""Antipodal grasps on an object's mesh: two opposite contacts inside their friction cones, and a hand that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from drop_clip_ros.errors import ConfigError, MissingDependencyError
from drop_clip_ros.grasping.collision import points_inside
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.scenes.catalogue.model import TexturedPart
from drop_clip_ros.scenes.grasps import ObjectGrasps

# Of a grasp's score: how deep the worse contact lies in its friction cone, how near the held axis passes to the
# surface's centroid, how much of the pads is behind the contacts.
WEIGHTS = {"friction": 0.5, "centring": 0.35, "hold": 0.15}
_BATCH = 1024
_BATCHES = 12
_OUTSIDE = 1e-5  # metres that rays start off the surface


@dataclass(frozen=True)
class GraspSamplingConfig:
    """How an object's grasps are sampled.

    Args:
        count: grasps wanted; an object that is hard to hold gets fewer.
        gripper: its geometry; the default is about a Robotiq 2F-85's.
        friction: coefficient between finger and object; its arc tangent is the friction cone's half angle.
        clearance: metres that each finger stays off the object while the hand is open.
        depth: least and greatest metres that the contacts lie behind the finger tips; drawn shallow more often, since
            what lies flat on a table can be held only near the tips.
        points: on the surface, against which the hand is tested.
        seed: of the sampling.

    Raises:
        ConfigError: a value outside its range.
    """

    count: int = 200
    gripper: Gripper = field(default_factory=Gripper)
    friction: float = 0.5
    clearance: float = 0.005
    depth: tuple[float, float] = (0.001, 0.032)
    points: int = 4000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 10_000:
            raise ConfigError(f"grasps an object: {self.count}, wanted 1 to 10000")
        if not 0.01 <= self.friction <= 2.0:
            raise ConfigError(f"friction is {self.friction}, wanted 0.01 to 2")
        if not 0 <= self.depth[0] <= self.depth[1] <= self.gripper.pad_length:
            raise ConfigError(
                f"depth is {self.depth}, wanted metres, rising, at most the pads' {self.gripper.pad_length}"
            )

    def recipe(self) -> dict:
        """What the grasps follow from, in plain values."""
        return {**asdict(self), "depth": list(self.depth)}


def sample_grasps(
    parts: Sequence[TexturedPart], config: GraspSamplingConfig, rng: np.random.Generator
) -> tuple[ObjectGrasps, np.ndarray]:
    """Grasps of a thing that is the union of closed surfaces.

    A point on the outside is drawn by area and by the side it looks to, a closing direction in its friction cone, and
    one of the places where a line along it leaves the thing. That is a pair of contacts if the line lies in the
    friction cone there too (Nguyen, "Constructing force-closure grasps", 1988: enough for two contacts with friction).
    The approach is drawn perpendicular to it, half of the time along one of the thing's own axes, one of which is up
    when it lies flat; then the depth along the pads. The open hand may not touch the thing.

    Args:
        parts: surfaces in the object's frame, metres; config: how; rng: source of chance.

    Returns:
        At most `config.count`, best first, and about `config.points` points (m, 3) of the outside; object's frame.

    Raises:
        MissingDependencyError: without open3d.
    """
    mesh = _Mesh(parts)
    cloud = mesh.cloud(config.points, rng)
    found: list[tuple[np.ndarray, ...]] = []
    total = 0
    for _batch in range(_BATCHES):
        pose, width, score = _batch_of_grasps(mesh, cloud, config, rng)
        found.append((pose, width, score))
        total += len(width)
        if total >= config.count:
            break
    pose, width, score = (np.concatenate(columns)[: config.count] for columns in zip(*found, strict=True))
    order = np.argsort(-score, kind="stable")
    return ObjectGrasps(pose[order], width[order], score[order]), cloud


def _batch_of_grasps(
    mesh: _Mesh, cloud: np.ndarray, config: GraspSamplingConfig, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gripper, cone = config.gripper, np.arctan(config.friction)
    point, normal = mesh.sample(_BATCH, rng, mesh.all_sides)
    outer = mesh.outside(point, normal)
    point, normal = point[outer], normal[outer]
    axis = _in_cone(-normal, cone, rng)
    width, far_normal = mesh.exits(point, axis, rng)
    first = np.arccos(np.clip((-axis * normal).sum(1), -1, 1))
    second = np.arccos(np.clip((axis * far_normal).sum(1), -1, 1))
    held = (width < gripper.opening - 2e-3) & (width > 1e-3) & (np.maximum(first, second) <= cone)
    point, axis, width = point[held], axis[held], width[held]
    worse = np.maximum(first, second)[held]
    approach = _approaches(axis, rng)
    depth = config.depth[0] + (config.depth[1] - config.depth[0]) * rng.random(len(axis)) ** 2
    middle = point + 0.5 * width[:, None] * axis
    pose = np.tile(np.eye(4), (len(axis), 1, 1))
    pose[:, :3, :3] = np.stack([axis, np.cross(approach, axis), approach], axis=2)
    pose[:, :3, 3] = middle + depth[:, None] * approach
    # Open as far as the clearance asks and the jaws allow.
    boxes = gripper.boxes(np.minimum(width + 2 * config.clearance, gripper.opening))
    free = points_inside(_axes(pose), pose[:, :3, 3].astype(np.float32), boxes, cloud.astype(np.float32)) == 0
    reach = np.linalg.norm(np.cross(middle - mesh.centroid, axis), axis=1) / mesh.size
    score = (
        WEIGHTS["friction"] * (1 - worse / cone)
        + WEIGHTS["centring"] * np.exp(-2 * reach)
        + WEIGHTS["hold"] * np.clip(depth / (0.6 * gripper.pad_length), 0, 1)
    )
    return pose[free], width[free], np.clip(score, 0, 1)[free]


def _approaches(closing: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors at right angles to closing directions (n, 3): evenly about them, or near an axis of the frame."""
    count = len(closing)
    even = _perpendicular(closing, rng.uniform(0, 2 * np.pi, count))
    wanted = np.eye(3)[rng.integers(3, size=count)] * rng.choice([-1.0, 1.0], (count, 1))
    flat = wanted - (wanted * closing).sum(1, keepdims=True) * closing
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    along = (length[:, 0] > 0.9) & (rng.random(count) < 0.5)
    return np.where(along[:, None], flat / np.maximum(length, 1e-9), even)


def _axes(pose: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pose[:, :3, :3], dtype=np.float32)


def _in_cone(axis: np.ndarray, half_angle: float, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors spread evenly over the caps of half angle about the axes (n, 3)."""
    cosine = rng.uniform(np.cos(half_angle), 1.0, len(axis))
    sine = np.sqrt(1 - cosine**2)
    sideways = _perpendicular(axis, rng.uniform(0, 2 * np.pi, len(axis)))
    return cosine[:, None] * axis + sine[:, None] * sideways


def _perpendicular(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Unit vectors at right angles to unit axes (n, 3), turned about them by angles (n,)."""
    helper = np.eye(3)[np.abs(axis).argmin(axis=1)]
    first = np.cross(axis, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axis, first)
    return np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second


class _Mesh:
    """All parts of a thing as one set of triangles that rays are cast against."""

    def __init__(self, parts: Sequence[TexturedPart]) -> None:
        try:
            import open3d
        except ImportError as error:
            raise MissingDependencyError("sampling grasps needs open3d: pip install open3d-cpu") from error
        counts = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
        vertices = np.concatenate([part.vertices for part in parts]).astype(np.float64)
        faces = np.concatenate([part.faces + shift for part, shift in zip(parts, counts, strict=True)])
        corners = vertices[faces]
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(crossed, axis=1) / 2
        self._corners = corners
        self._normals = crossed / np.maximum(2 * area, 1e-20)[:, None]
        self._by_area = area / area.sum()
        # A thin thing's narrow sides are where it is held when it lies flat: each of six sides gets its part.
        side = 2 * np.abs(self._normals).argmax(axis=1)
        side += np.take_along_axis(self._normals, side[:, None] // 2, axis=1)[:, 0] > 0
        part = area / np.maximum(np.bincount(side, area, 6)[side], 1e-20)
        self.all_sides = 0.5 * self._by_area + 0.5 * part / part.sum()
        self.centroid = (corners.mean(axis=1) * area[:, None]).sum(axis=0) / area.sum()
        self.size = float(np.linalg.norm(np.ptp(vertices, axis=0))) / 2
        self._open3d: Any = open3d
        self._scene = open3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(self._tensor(vertices), self._tensor(faces, np.uint32))

    def sample(
        self, count: int, rng: np.random.Generator, share: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(count, 3) points on the triangles, by area or by shares (f,), and (count, 3) their outward normals."""
        face = rng.choice(len(self._by_area), count, p=self._by_area if share is None else share)
        u, v = rng.random((2, count))
        u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
        a, b, c = (self._corners[face, corner] for corner in range(3))
        return a + u[:, None] * (b - a) + v[:, None] * (c - a), self._normals[face]

    def cloud(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """About `count` points (m, 3) that can be touched."""
        points, normals = self.sample(count, rng)
        return points[self.outside(points, normals)]

    def outside(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) whether points of the surface can be touched: not inside another part, whose back is seen from there."""
        rays = np.concatenate([points + _OUTSIDE * normals, normals], axis=1)
        hits = self._scene.cast_rays(self._tensor(rays), nthreads=1)
        seen = np.isfinite(hits["t_hit"].numpy())
        back = (hits["primitive_normals"].numpy() * normals).sum(1) > 0
        return ~(seen & back)

    def exits(self, points: np.ndarray, axis: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Where lines from surface points into the thing come out of it: one of the places, by chance.

        Returns:
            (n,) metres from the point, infinity for none, and (n, 3) the outward normal there.
        """
        rays = np.concatenate([points + _OUTSIDE * axis, axis], axis=1)
        found = self._scene.list_intersections(self._tensor(rays), nthreads=1)
        ray, far = found["ray_ids"].numpy().astype(np.int64), found["t_hit"].numpy().astype(np.float64)
        normal = self._normals[found["primitive_ids"].numpy().astype(np.int64)]
        order = np.lexsort((far, ray))
        ray, far, normal = ray[order], far[order], normal[order]
        step = np.where((normal * axis[ray]).sum(1) > 0, -1, 1)
        # How many parts the line is inside of, from one at its start; it leaves their union where none is left.
        total = np.cumsum(step)
        before = np.concatenate([[0], total])[np.searchsorted(ray, np.arange(len(points)))]
        leaves = np.flatnonzero((1 + total - before[ray] == 0) & (step < 0))
        lottery = rng.random(len(leaves))
        chosen = leaves[np.lexsort((lottery, ray[leaves]))]
        width, out = np.full(len(points), np.inf), np.zeros((len(points), 3))
        width[ray[chosen]], out[ray[chosen]] = far[chosen] + _OUTSIDE, normal[chosen]
        return width, out

    def _tensor(self, values: np.ndarray, dtype: type = np.float32) -> Any:
        return self._open3d.core.Tensor(np.ascontiguousarray(values, dtype=dtype))
