"""Antipodal grasps on the partial cloud that one view gives of an object."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from drop_clip_ros.errors import CloudError, ConfigError
from drop_clip_ros.geometry.outliers import statistical_inliers
from drop_clip_ros.grasping.closing import Closed, close_jaws
from drop_clip_ros.grasping.collision import lowest_heights, points_hit, points_inside
from drop_clip_ros.grasping.grasp import Grasp
from drop_clip_ros.grasping.gripper import Gripper
from drop_clip_ros.grasping.hypotheses import Hypotheses, sample_hypotheses
from drop_clip_ros.grasping.scoring import Measures, scores
from drop_clip_ros.grasping.selection import distinct_poses
from drop_clip_ros.grasping.surface import Surface, thin, thin_to, visible_surface
from drop_clip_ros.grasping.surroundings import Support, ViewMap, find_support

MOST_POINTS = 2_000_000


@dataclass(frozen=True)
class AntipodalConfig:
    """How grasps are searched.

    Args:
        gripper: its geometry.
        hypotheses: how many gripper poses are tried.
        friction: coefficient between finger and object; its arc tangent is the friction cone's half angle.
        max_grasps: how many are returned at most.
        seed: of the random sampling; the same seed and clouds give the same grasps.
        approach_angle: degrees between the approach and the line of sight; straight down is allowed beyond it.
        clearance: metres that each finger stays off the object while it approaches: the jaws come opened to the grasp's
            width and twice this, as far as they open.
        table_clearance: metres that the gripper stays off the plane under the object.
        tolerance: metres of the target's own points inside the fingers that the camera's noise explains.
        attached: metres; what is so close to the target's points counts as its own, as a mask's frayed edge does.
        target_points, scene_points: clouds are thinned to about so many.
        reach: metres around the target beyond which the scene is of no concern.

    Raises:
        ConfigError: a value outside its range.
    """

    gripper: Gripper = field(default_factory=Gripper)
    hypotheses: int = 2000
    friction: float = 0.5
    max_grasps: int = 20
    seed: int = 0
    approach_angle: float = 75.0
    clearance: float = 0.01
    table_clearance: float = 0.003
    tolerance: float = 0.002
    attached: float = 0.005
    target_points: int = 1000
    scene_points: int = 3000
    reach: float = 0.25

    def __post_init__(self) -> None:
        for name in ("hypotheses", "max_grasps", "target_points", "scene_points"):
            _check(name, getattr(self, name), 1, 100_000)
        _check("seed", self.seed, 0, 2**32 - 1)
        _check("friction", self.friction, 0.05, 2.0)
        _check("approach_angle", self.approach_angle, 5.0, 90.0)
        _check("reach", self.reach, 0.05, 2.0)
        for name in ("clearance", "table_clearance", "tolerance", "attached"):
            _check(name, getattr(self, name), 0.0, 0.05)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (np.isfinite(value) and low <= value <= high):
        raise ConfigError(f"{name} is {value}, wanted {low} to {high}")


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
    search = _Search(
        checked_cloud("target", target, 10) - viewpoint, checked_cloud("scene", scene, 0) - viewpoint, config
    )
    clock.stage("prepare")
    hypotheses = search.sample()
    clock.stage("sample")
    closed = close_jaws(search.surface, hypotheses, config.gripper, config.clearance, config.friction)
    clock.stage("close")
    poses, width, score = search.sift(hypotheses, closed)
    clock.stage("collide")
    order = np.argsort(-score, kind="stable")
    poses[:, :3, 3] += viewpoint
    kept = order[distinct_poses(poses[order], config.max_grasps)]
    grasps = tuple(Grasp(poses[k], float(width[k]), float(score[k])) for k in kept)
    clock.stage("select")
    return GraspAnswer(grasps, search.counts, clock.timings, _message(len(grasps), search.counts, config))


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


class _Clock:
    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._last = time.perf_counter()

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        self.timings[name] = 1000 * (now - self._last)
        self._last = now


class _Search:
    """One search, in a frame whose origin is the camera."""

    def __init__(self, target: np.ndarray, scene: np.ndarray, config: AntipodalConfig) -> None:
        self.config = config
        self.counts: dict[str, int] = {}
        self.rng = np.random.default_rng(config.seed)
        solid = thin(target, 0.002)
        solid = solid[statistical_inliers(solid)]
        self.centre = solid.mean(axis=0)
        low, high = solid.min(axis=0) - config.reach, solid.max(axis=0) + config.reach
        scene = scene[((scene > low) & (scene < high)).all(axis=1)].astype(np.float32)
        coarse = thin_to(scene, config.scene_points, finest=0.004)[0]
        self.support: Support | None = find_support(thin(solid, 0.005), coarse, self.rng)
        surface = visible_surface(solid, config.target_points)
        axis = self.centre / np.linalg.norm(self.centre)
        cell = 2.0 * surface.spacing / float(np.linalg.norm(self.centre))
        self.view = ViewMap(scene, axis, cell)
        self.surface = _without_hidden_rims(surface, self.view)
        self.obstacles = self._obstacles(coarse)

    def _obstacles(self, scene: np.ndarray) -> np.ndarray:
        """(m, 3) what the gripper must not touch; the plane under the object has its own test."""
        from scipy.spatial import cKDTree

        if self.support is not None:
            scene = scene[np.abs(self.support.heights(scene)) > 0.008]
        if len(scene) == 0:
            return scene
        distance, _ = cKDTree(self.surface.xyz).query(scene, distance_upper_bound=self.config.attached)
        return scene[~np.isfinite(distance)]

    def sample(self) -> Hypotheses:
        """Tip frames, drawn back where the fingers would go into the table."""
        config = self.config
        found = sample_hypotheses(
            self.surface,
            self.support,
            config.hypotheses,
            config.gripper.pad_length,
            np.radians(config.approach_angle),
            self.rng,
        )
        self.counts["hypotheses"] = config.hypotheses
        self.counts["side"] = config.hypotheses - len(found)
        if self.support is None:
            return found
        boxes = np.broadcast_to(config.gripper.boxes(0.0)[:2], (len(found), 2, 2, 3))
        missing = config.table_clearance - lowest_heights(found.axes, found.tip, boxes, self.support)
        down = -(found.axes[:, :, 2] @ self.support.up.astype(np.float32))
        back = np.where((missing > 0) & (down > 0.3), missing / np.maximum(down, 0.3), 0).astype(np.float32)
        return Hypotheses(found.axes, found.tip - back[:, None] * found.axes[:, :, 2], found.inward, found.whole)

    def sift(self, hypotheses: Hypotheses, closed: Closed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Poses (k, 4, 4), widths and scores (k,) of the hypotheses that every test lets pass."""
        config, gripper = self.config, self.config.gripper
        left = self._rule_out("empty", np.arange(len(hypotheses)), closed.empty)
        left = self._rule_out("wide", left, closed.wide[left])
        left = self._rule_out("slip", left, closed.slipping[left])
        width = closed.width[left]
        middle = closed.ends[left].mean(axis=1)
        axes = hypotheses.axes[left]
        tip = hypotheses.tip[left] + middle[:, None] * axes[:, :, 0]
        gap = np.minimum(width + 2 * config.clearance, gripper.opening)
        boxes = gripper.boxes(gap, swept=0.05)
        passed = np.arange(len(left))
        if self.support is not None:
            heights = lowest_heights(axes, tip, boxes, self.support)
            passed = self._rule_out("table", passed, heights < 0.9 * config.table_clearance)
        own = _shrunk(boxes[passed], config.tolerance)
        hits = points_inside(axes[passed], tip[passed], own, self.surface.xyz)
        passed = self._rule_out("target", passed, hits > 1)
        # A neighbour between the fingers would be squeezed: to the surroundings, the fingers and their gap are one box.
        hull = boxes[passed][:, 1:].copy()
        hull[:, 0, 0, 0] = boxes[passed, 0, 0, 0]
        hits, room = points_hit(axes[passed], tip[passed], hull, self.obstacles)
        free = hits == 0
        passed = self._rule_out("scene", passed, ~free)
        measures = self._measures(closed, left[passed], axes[passed], tip[passed], boxes[passed], room[free])
        poses = np.tile(np.eye(4), (len(passed), 1, 1))
        poses[:, :3, :3] = _orthonormal(axes[passed])
        poses[:, :3, 3] = tip[passed]
        return poses, width[passed], scores(measures)

    def _rule_out(self, reason: str, left: np.ndarray, bad: np.ndarray) -> np.ndarray:
        self.counts[reason] = int(bad.sum())
        return left[~bad]

    def _measures(
        self,
        closed: Closed,
        index: np.ndarray,
        axes: np.ndarray,
        tip: np.ndarray,
        boxes: np.ndarray,
        room: np.ndarray,
    ) -> Measures:
        """What the score is made of, of the grasps at `index`."""
        config, gripper = self.config, self.config.gripper
        cone = np.arctan(config.friction)
        slope = np.arccos(np.clip(closed.cosine[index].min(axis=1), -1, 1))
        # The middle of what is held lies half its height behind the tip.
        middle = tip - axes[:, :, 2] * (closed.held[index] / 2)[:, None]
        size = float(np.sqrt(np.var(self.surface.xyz, axis=0).sum()))
        return Measures(
            friction=1 - slope / cone,
            centring=np.exp(-np.linalg.norm(middle - self.centre, axis=1) / (0.02 + size)),
            area=closed.touched[index].min(axis=1) / (gripper.finger_width * 0.01),
            hold=closed.held[index] / (0.6 * gripper.pad_length),
            room=room / 0.02,
            seen=1 - self._unseen(axes, tip, boxes),
            known=1 - closed.assumed[index],
        )

    def _unseen(self, axes: np.ndarray, tip: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """(k,) share of the fingers that goes where no camera has looked: behind the object or a neighbour."""
        share = np.linspace(0.1, 0.9, 3)
        grid = np.stack(np.meshgrid(share[1:2], share, share, indexing="ij"), axis=-1).reshape(-1, 3)
        low, high = boxes[:, :2, None, 0], boxes[:, :2, None, 1]
        local = (low + (high - low) * grid).reshape(len(tip), 2 * len(grid), 3).astype(np.float32)
        points = np.einsum("kdx,kpx->kpd", axes, local) + tip[:, None]
        uv, distance = self.view.project(points)
        nearest = np.minimum(self.view.seen(uv), self.own_view.seen(uv))
        return (distance > nearest + 0.01).mean(axis=1)

    @property
    def own_view(self) -> ViewMap:
        """The directions in which the camera saw the target itself."""
        if not hasattr(self, "_own_view"):
            axis = self.centre / np.linalg.norm(self.centre)
            self._own_view = ViewMap(self.surface.xyz, axis, self.view.cell)
        return self._own_view


def _without_hidden_rims(surface: Surface, view: ViewMap) -> Surface:
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
        hidden |= view.seen(uv + cells * view.cell * step) < distance - 0.012
    bend = surface.bend.copy()
    bend[rims[hidden]] = 0
    outward = surface.outward.copy()
    outward[rims[hidden]] = 0
    return Surface(surface.xyz, surface.normals, outward, bend, surface.spacing)


def _shrunk(boxes: np.ndarray, margin: float) -> np.ndarray:
    shrunk = boxes.copy()
    shrunk[:, :, 0] += margin
    shrunk[:, :, 1] -= margin
    return shrunk


def _orthonormal(axes: np.ndarray) -> np.ndarray:
    """(k, 3, 3) float64 rotations nearest to float32 axes that are orthonormal but for rounding."""
    z = axes[:, :, 2].astype(np.float64)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    x = axes[:, :, 0] - np.einsum("kd,kd->k", axes[:, :, 0], z)[:, None] * z
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=2)


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
